package decisions

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
)

// preparation is what a unit owes that prepares a matter: to decide it by a day (T11).
func preparation(decisions *collection.Collection[*riskv1.Decision]) owed.Kind[*riskv1.Decision] {
	return owed.Kind[*riskv1.Decision]{
		Records: decisions, Owed: "state = 'DECISION_STATE_PREPARING'", DueField: "decide_by", RemindField: "decide_remind_on",
		Reminders: (*riskv1.Scheme).GetPreparationReminders,
		Due: func(d *riskv1.Decision) words.Sentence {
			return words.InboxDecisionToDecide(d.GetDecideBy(), d.GetTitle())
		},
		Overdue: func(d *riskv1.Decision) words.Sentence {
			return words.InboxDecisionUndecided(d.GetTitle(), d.GetDecideBy())
		},
		OverdueBelow: func(d *riskv1.Decision) words.Sentence {
			return words.InboxDecisionUndecidedBelow(d.GetUnit(), d.GetTitle(), d.GetDecideBy())
		},
		OverdueSum: words.InboxDecisionUndecidedSum,
		Matters:    owed.Several("应当集体决定的事项", "matters to be decided jointly"), Called: title,
	}
}

// toDecide is the rule that sets the day by which a matter is to be decided: one that the unit names, or the last one that the
// scheme and the day for carrying it out leave.
func (s *Server) toDecide(days *calendar.Calendar) collection.Rule[*riskv1.Decision] {
	return func(ctx context.Context, c *change) error {
		latest, err := latestMeeting(ctx, c, days)
		if err != nil {
			return err
		}
		was, asked := c.Before.GetDecideBy(), c.Record.GetDecideBy()
		switch {
		case asked == "" || asked == was && asked > latest:
			c.Record.DecideBy = latest
		case asked != was:
			var faults fault.Fields
			faults.ParseComingDay("decision.decide_by", asked, c.Today())
			if asked > latest {
				faults.Add("decision.decide_by", words.PutOff(latest))
			}
			if err := faults.Err(); err != nil {
				return err
			}
		}
		return s.preparation.Plan(days)(ctx, c)
	}
}

// latestMeeting is the last day on which a matter may be decided in time.
func latestMeeting(ctx context.Context, c *change, days *calendar.Calendar) (string, error) {
	scheme, err := schemeOf(ctx, c)
	if err != nil || scheme.GetPreparationLimit() == nil {
		return c.Record.GetDueOn(), err
	}
	entered := c.Today()
	if made := c.Before.GetCreateTime(); made != nil {
		entered = calendar.DateOf(made.AsTime(), calendar.Shanghai)
	}
	last, err := calendarpb.Due(days, entered, scheme.GetPreparationLimit())
	return min(last.GetDue(), c.Record.GetDueOn()), err
}
