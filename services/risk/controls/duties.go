package controls

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// OpenDuties opens the duties of leaders that the schemes ask for today.
func (s *Server) OpenDuties(ctx context.Context) error {
	days, err := s.calendar(ctx)
	if err != nil {
		return err
	}
	today := clock.Today(s.controls.Store.Clock)
	all, err := schemes.EffectiveByUnit[*riskv1.Scheme](ctx, s.controls.Store, today)
	if err != nil {
		return err
	}
	var failed []error
	units := positions.UnitIDs(all)
	for _, unit := range slices.Sorted(maps.Keys(all)) {
		for _, duty := range all[unit].GetLeaderDuties() {
			o := opening{Server: s, days: days, today: today, scheme: all[unit], duty: duty, units: units}
			o.from, o.until = owed.Span(duty.GetEvery(), today)
			limit, err := calendarpb.Due(days, o.from, duty.GetLimit())
			if o.due = limit.GetDue(); err == nil && o.due >= today.String() { // nobody is asked for what is over
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

	days               *calendar.Calendar
	today, from, until calendar.Date
	due                string
	scheme             *riskv1.Scheme
	duty               *riskv1.LeaderDuty
	units              []string // that have a scheme
}

// next finds positions that owe the duty and have none of this time.
func (o *opening) next(ctx context.Context, tx *record.Tx, after positions.Place) ([]positions.Place, error) {
	asked := o.duty.GetPositions()
	rows, err := db.New(tx).PositionsWithDuty(ctx, db.PositionsWithDutyParams{
		AfterRegion: after.Region, AfterKey: after.Key,
		Ranks: asked.GetRanks(), Tiers: asked.GetTiers(), Grades: asked.GetGrades(),
		Day: o.today, DayText: o.today.String(), Duty: o.duty.GetId(), PeriodFrom: o.from,
		SchemeUnits: o.units, SchemeUnit: resource.ID(o.scheme.GetUnit()), Page: positions.WalkSize,
	})
	return positions.Places(rows), err
}

// open opens the duty of a position.
func (o *opening) open(ctx context.Context, tx *record.Tx, position *collection.Change[*riskv1.Position]) error {
	owner := positions.IncumbentOn(position.Record, o.today)
	_, err := o.controls.CreateIn(ctx, tx, position.Unit(), &riskv1.Control{
		Duty: o.duty.GetId(), DutyTitle: o.duty.GetTitle(), DutyText: o.duty.GetText(), SchemeVersion: schemes.Version(o.scheme),
		PeriodFrom: o.from.String(), PeriodUntil: o.until.String(), DueOn: o.due,
		OwnerPosition: position.Record.GetName(), Owner: owner,
	}, o.owed.Plan(o.days), func(_ context.Context, c *change) error {
		c.Tell(c.Record.GetUnit(), words.InboxControlOpened(owner.GetTitle(), o.due, title(c.Record)))
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
