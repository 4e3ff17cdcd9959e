package decisions

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// What is decided about a candidate ends with their appointment (T15).

// CarryOut has a decision about a candidate be carried out, who comes into the position by it.
func CarryOut(
	ctx context.Context, tx *record.Tx, decisions *collection.Collection[*riskv1.Decision], days *calendar.Calendar, name string,
) error {
	awaited, at := judging(decisions), &riskv1.Decision{Name: name}
	_, err := decisions.ActIn(ctx, tx, at, completeAct, nil, carriedOut, awaited.Await(days), tellCarriedOut)
	return err
}

// Fall has what is decided about a candidate, or prepared, fall with their appointment: nothing of it is owed any more.
func Fall(
	ctx context.Context, tx *record.Tx, decisions *collection.Collection[*riskv1.Decision], appointment string,
) error {
	return fallAbout(ctx, tx, decisions, appointment, words.InboxDecisionFallen, preparing, adopted)
}

// FallNeedless has what else is prepared or decided about a candidate fall once they are appointed.
func FallNeedless(
	ctx context.Context, tx *record.Tx, decisions *collection.Collection[*riskv1.Decision], appointment string,
) error {
	return fallAbout(ctx, tx, decisions, appointment, words.InboxDecisionNeedless, preparing, adopted)
}

// fallAbout has the decisions about an appointment fall that are in some states, and says so.
func fallAbout(
	ctx context.Context, tx *record.Tx, decisions *collection.Collection[*riskv1.Decision], appointment string,
	says func(title string) words.Sentence, in ...riskv1.DecisionState,
) error {
	rows, err := db.New(tx).DecisionsAbout(ctx, db.DecisionsAboutParams{
		Appointment: appointment, Open: document.EnumNames(in),
	})
	if err != nil {
		return err
	}
	for _, row := range rows {
		at := &riskv1.Decision{Name: resource.Sharded(resource.Decisions, row.Region, row.Key)}
		if _, err := decisions.ActIn(ctx, tx, at, fallAct, nil, fallenAs(says)); err != nil {
			return err
		}
	}
	return nil
}

// fallenAs is the rule by which a decision falls, with what is said of it.
func fallenAs(says func(title string) words.Sentence) collection.Rule[*riskv1.Decision] {
	return func(_ context.Context, c *change) error {
		c.Record.DecideRemindOn = ""
		owed.Stop(c.Record)
		owed.NoFiling(c.Record)
		c.Tell(c.Record.GetUnit(), says(c.Record.GetTitle()))
		if c.Before.GetState() == adopted {
			tellExecutor(c, says(c.Record.GetTitle()))
		}
		return nil
	}
}

// over tells whether a candidate is not appointed any more.
func over(a *riskv1.Appointment) bool {
	return a.GetState() == riskv1.AppointmentState_APPOINTMENT_STATE_REJECTED ||
		a.GetState() == riskv1.AppointmentState_APPOINTMENT_STATE_LAPSED
}

// judging is that what was carried out is checked by the unit above.
func judging(decisions *collection.Collection[*riskv1.Decision]) owed.Kind[*riskv1.Decision] {
	k := owed.Judging(decisions, title, owed.Above[*riskv1.Decision])
	k.Ask = owed.AskIn(saysExecuted)
	return k
}
