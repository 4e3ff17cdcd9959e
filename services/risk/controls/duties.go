package controls

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// OpenDuties opens the duties of leaders that the schemes ask for today, and those of an outage.
func (s *Server) OpenDuties(ctx context.Context) error {
	return owed.Each(ctx, s.controls.Store, OpenJob, s.openDutiesOn)
}

func (s *Server) openDutiesOn(ctx context.Context, on *owed.Opening) error {
	days, err := s.calendar(ctx)
	if err != nil {
		return err
	}
	var failed []error
	asked := positions.Ask[opening](on.Schemes)
	for _, unit := range slices.Sorted(maps.Keys(on.Schemes)) {
		scheme := on.Schemes[unit]
		for _, duty := range scheme.GetLeaderDuties() {
			owing, opens, err := on.Owing(days, scheme, duty.GetEvery(), duty.GetLimit())
			failed = append(failed, err)
			if opens {
				rule := positions.RuleOf(duty)
				rule.From = owing.From.String()
				asked.Add(scheme, rule, opening{Server: s, Owing: owing, days: days, day: on.Day, scheme: scheme, duty: duty})
			}
		}
	}
	next := func(ctx context.Context, tx *record.Tx, rules []byte, after positions.Place) ([]positions.Place, error) {
		rows, err := db.New(tx).PositionsWithDuty(ctx, db.PositionsWithDutyParams{
			Rules: rules, AfterRegion: after.Region, AfterKey: after.Key, AfterRule: after.Rule,
			Day: on.Day, DayText: on.Day.String(), Page: positions.WalkSize,
		})
		return positions.Places(rows), err
	}
	failed = append(failed, positions.Walk(ctx, s.positions, OpenJob, asked, next, openFor))
	return errors.Join(failed...)
}

// opening opens one duty for the time it is owed for.
type opening struct {
	*Server
	owed.Owing

	days   *calendar.Calendar
	day    calendar.Date // whose holders owe it
	scheme *riskv1.Scheme
	duty   *riskv1.LeaderDuty
}

// openFor opens the duty of a position.
func openFor(ctx context.Context, tx *record.Tx, position *collection.Change[*riskv1.Position], o opening) error {
	owner := positions.IncumbentOn(position.Record, o.day)
	_, err := o.controls.CreateIn(ctx, tx, position.Unit(), &riskv1.Control{
		Duty: o.duty.GetId(), DutyTitle: o.duty.GetTitle(), DutyText: o.duty.GetText(), SchemeVersion: schemes.Version(o.scheme),
		PeriodFrom: o.From.String(), PeriodUntil: o.Until.String(), DueOn: o.Due,
		OwnerPosition: position.Record.GetName(), Owner: owner,
	}, o.owed.Plan(o.days), func(_ context.Context, c *change) error {
		says := words.InboxControlOpened(owner.GetTitle(), o.Due, schemes.TitleOf(o.duty.GetId(), o.duty.GetTitle()))
		if o.Due < c.Today().String() {
			says = o.owed.Overdue(c.Record)
		}
		c.Tell(c.Record.GetUnit(), says)
		return nil
	})
	return err
}

// refuseDuty keeps who owes a duty from changing it.
func refuseDuty(_ context.Context, c *change) error {
	if c.Before.GetDuty() != "" {
		return fault.Precondition(words.DutyStands())
	}
	return nil
}

// CancelDuty has a unit above take back a duty that was opened by mistake.
func (s *Server) CancelDuty(ctx context.Context, req *riskv1.CancelDutyRequest) (*riskv1.Control, error) {
	return s.controls.Act(ctx, req, cancelDutyAct, func(_ context.Context, c *change) error {
		if c.Record.GetDuty() == "" {
			return fault.Precondition(words.NoDuty())
		}
		c.Record.CancelReason = req.GetReason()
		c.Tell(c.Record.GetUnit(), words.InboxControlDutyCancelled(title(c.Record), req.GetReason()))
		owed.Stop(c.Record)
		return nil
	}, s.owner.Dropped)
}
