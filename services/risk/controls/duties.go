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
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
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
	units := positions.UnitIDs(on.Schemes)
	for _, unit := range slices.Sorted(maps.Keys(on.Schemes)) {
		scheme := on.Schemes[unit]
		for _, duty := range scheme.GetLeaderDuties() {
			owing, asked, err := on.Owing(days, scheme, duty.GetEvery(), duty.GetLimit())
			if asked {
				o := opening{Server: s, Owing: owing, days: days, day: on.Day, scheme: scheme, duty: duty, units: units}
				err = positions.Walk(ctx, s.positions, OpenJob, o.next, o.open)
			}
			failed = append(failed, err)
		}
	}
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
	units  []string // that have a scheme
}

// next finds positions that owe the duty and have none of this time.
func (o *opening) next(ctx context.Context, tx *record.Tx, after positions.Place) ([]positions.Place, error) {
	asked := o.duty.GetPositions()
	rows, err := db.New(tx).PositionsWithDuty(ctx, db.PositionsWithDutyParams{
		AfterRegion: after.Region, AfterKey: after.Key,
		Ranks: asked.GetRanks(), Tiers: asked.GetTiers(), Grades: asked.GetGrades(),
		Day: o.day, DayText: o.day.String(), Duty: o.duty.GetId(), PeriodFrom: o.From,
		SchemeUnits: o.units, SchemeUnit: resource.ID(o.scheme.GetUnit()), Page: positions.WalkSize,
	})
	return positions.Places(rows), err
}

// open opens the duty of a position.
func (o *opening) open(ctx context.Context, tx *record.Tx, position *collection.Change[*riskv1.Position]) error {
	owner := positions.IncumbentOn(position.Record, o.day)
	_, err := o.controls.CreateIn(ctx, tx, position.Unit(), &riskv1.Control{
		Duty: o.duty.GetId(), DutyTitle: o.duty.GetTitle(), DutyText: o.duty.GetText(), SchemeVersion: schemes.Version(o.scheme),
		PeriodFrom: o.From.String(), PeriodUntil: o.Until.String(), DueOn: o.Due,
		OwnerPosition: position.Record.GetName(), Owner: owner,
	}, o.owed.Plan(o.days), func(_ context.Context, c *change) error {
		says := words.InboxControlOpened(owner.GetTitle(), o.Due, title(c.Record))
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
	})
}
