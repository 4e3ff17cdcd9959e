package commitments

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/reviews"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// gone finds the commitments that bind nobody on a day, given as its text: their year is over, or somebody else holds the
// position.
const gone = `state <> 'COMMITMENT_STATE_LAPSED'
	AND (year < left($1, 4)::integer OR person IS DISTINCT FROM holder_of(position, $1))`

// Open lets commitments lapse that bind nobody any more, and opens those of the year that the schemes ask for.
func (s *Server) Open(ctx context.Context) error {
	days, err := s.calendar(ctx)
	if err != nil {
		return err
	}
	today := clock.Today(s.commitments.Store.Clock)
	failed := []error{s.commitments.Sweep(ctx, OpenJob, gone, today.String(), lapse)}
	all, err := schemes.EffectiveByUnit[*riskv1.Scheme](ctx, s.commitments.Store, today)
	if err != nil {
		return err
	}
	units := make([]string, 0, len(all))
	for unit := range all {
		units = append(units, resource.ID(unit))
	}
	for _, unit := range slices.Sorted(maps.Keys(all)) {
		for _, rule := range all[unit].GetCommitments() {
			if int32(today.Month()) >= rule.GetOpenMonth() {
				o := opening{Server: s, days: days, today: today, scheme: all[unit], rule: rule, units: units}
				failed = append(failed, o.run(ctx))
			}
		}
	}
	return errors.Join(failed...)
}

// lapse ends a commitment.
func lapse(_ context.Context, c *change) error {
	c.Record.LapseCause = riskv1.LapseCause_LAPSE_CAUSE_YEAR_ENDED
	if int(c.Record.GetContent().GetYear()) == c.Today().Year() {
		c.Record.LapseCause = riskv1.LapseCause_LAPSE_CAUSE_HOLDER_CHANGED
		tell(c, c.Record.GetUnit(), words.InboxCommitmentLapsed(post(c.Record), title(c.Record)))
	}
	c.Record.State, c.Record.LapsedOn = lapsed, c.Today().String()
	owed.Stop(c.Record)
	return nil
}

// pageSize is how many commitments a transaction opens at most.
const pageSize = 100

// opening opens the commitments of one rule.
type opening struct {
	*Server

	days   *calendar.Calendar
	today  calendar.Date
	scheme *riskv1.Scheme
	rule   *riskv1.CommitmentRule
	units  []string // that have a scheme
}

// run goes through the positions by key. What fails keeps no other back, and is tried again the next time.
func (o *opening) run(ctx context.Context) error {
	var failed []error
	last := db.PositionsToCommitRow{}
	for {
		var rows []db.PositionsToCommitRow
		var here []error
		err := record.System(ctx, o.commitments.Store, OpenJob, func(ctx context.Context, tx *record.Tx) (err error) {
			here = nil
			if rows, err = o.next(ctx, tx, last); err != nil {
				return err
			}
			for _, row := range rows {
				err := tx.Try(ctx, func(ctx context.Context, part *record.Tx) error { return o.open(ctx, part, row) })
				if err != nil {
					here = append(here, fmt.Errorf("%s-%s: %w", row.Region, row.Key, err))
				}
			}
			return nil
		})
		failed = append(append(failed, here...), err)
		if err != nil || len(rows) < pageSize {
			return errors.Join(failed...)
		}
		last = rows[len(rows)-1]
	}
}

func (o *opening) next(ctx context.Context, tx *record.Tx, last db.PositionsToCommitRow) ([]db.PositionsToCommitRow, error) {
	asked := o.rule.GetPositions()
	return db.New(tx).PositionsToCommit(ctx, db.PositionsToCommitParams{
		AfterRegion: last.Region, AfterKey: last.Key, Ranks: asked.GetRanks(), Tiers: asked.GetTiers(), Grades: asked.GetGrades(),
		Day: o.today, DayText: o.today.String(), Rule: o.rule.GetId(), Year: int32(o.today.Year()),
		SchemeUnits: o.units, SchemeUnit: resource.ID(o.scheme.GetUnit()), Page: pageSize,
	})
}

// open opens the commitment of a position.
func (o *opening) open(ctx context.Context, tx *record.Tx, row db.PositionsToCommitRow) error {
	units := strings.Split(row.UnitPath, ".")
	position, err := o.positions.Ancestor(ctx, tx, resource.Sharded(resource.Positions, row.Region, row.Key), units)
	if err != nil {
		return err
	}
	due, err := calendarpb.Due(o.days, o.today, o.rule.GetLimit())
	if err != nil {
		return err
	}
	asked := &riskv1.Commitment{
		Position: position.Record.GetName(), Rule: o.rule.GetId(), SchemeVersion: schemes.Version(o.scheme), DueOn: due.GetDue(),
		Content: &riskv1.CommitmentContent{
			Title: o.rule.GetTitle(), Year: int32(o.today.Year()), Maker: positions.IncumbentOn(position.Record, o.today),
			CounterpartRanks: o.rule.GetCounterpartRanks(), Text: o.rule.GetText(), CounterText: o.rule.GetCounterText(),
		},
	}
	if asked.ContentSha256, err = reviews.Hash(asked.GetContent()); err != nil {
		return err
	}
	_, err = o.commitments.CreateIn(ctx, tx, unitOf(position), asked, o.owed.Plan(o.days), tellOpened)
	return err
}

func tellOpened(_ context.Context, c *change) error {
	tell(c, c.Record.GetUnit(), words.InboxCommitmentOpened(post(c.Record), c.Record.GetDueOn(), title(c.Record)))
	return nil
}

// unitOf is the unit of a position as far as a new record of it asks.
func unitOf(position *collection.Change[*riskv1.Position]) *networkv1.Unit {
	unit := &networkv1.Unit{Name: position.Record.GetUnit(), Region: position.Region}
	above := position.Units()
	for _, id := range above[:len(above)-1] {
		unit.Ancestors = append(unit.Ancestors, resource.Name(resource.Units, id))
	}
	return unit
}
