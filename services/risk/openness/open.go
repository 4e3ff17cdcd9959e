package openness

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// unitsAtOnce is how many units a transaction looks at.
const unitsAtOnce = 500

// Open enters what units must open in the time that today lies in, and in those that fell into an outage.
func (s *Server) Open(ctx context.Context) error {
	return owed.Each(ctx, s.items.Store, OpenJob, s.openOn)
}

func (s *Server) openOn(ctx context.Context, on *owed.Opening) error {
	days, err := s.calendar(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, unit := range slices.Sorted(maps.Keys(on.Schemes)) {
		scheme := on.Schemes[unit]
		for _, rule := range scheme.GetOpenness() {
			if rule.GetEvery() == nil {
				continue
			}
			owing, asked, err := on.Owing(days, scheme, rule.GetEvery(), rule.GetLimit())
			if asked {
				o := opening{Server: s, Opening: on, Owing: owing, days: days, scheme: scheme, rule: rule}
				err = o.walk(ctx)
			}
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// opening enters the items of one rule for one time.
type opening struct {
	*Server
	*owed.Opening
	owed.Owing

	days   *calendar.Calendar
	scheme *riskv1.Scheme
	rule   *riskv1.OpennessRule
}

// walk enters an item for every unit that the rule asks and that has none.
func (o *opening) walk(ctx context.Context) error {
	req := &networkv1.ListUnitsRequest{
		Unit: o.scheme.GetUnit(), Levels: o.rule.GetLevels(), Kinds: o.rule.GetUnitKinds(), Sorts: o.rule.GetUnitSorts(),
		AsOf: o.Day.String(), PageSize: unitsAtOnce,
	}
	for {
		answer, err := o.units.ListUnits(ctx, req)
		if err != nil {
			return err
		}
		asked := slices.DeleteFunc(answer.GetUnits(), func(unit *networkv1.Unit) bool { return !o.holdsFor(unit) })
		if asked, err = o.standing(ctx, asked); err != nil {
			return err
		}
		if err := o.enter(ctx, asked); err != nil {
			return err
		}
		if req.PageToken = answer.GetNextPageToken(); req.GetPageToken() == "" {
			return nil
		}
	}
}

// standing are those of some units that are left of the day, as they are today.
func (o *opening) standing(ctx context.Context, units []*networkv1.Unit) ([]*networkv1.Unit, error) {
	if !o.Past() || len(units) == 0 {
		return units, nil
	}
	names := make([]string, len(units))
	for i, unit := range units {
		names[i] = unit.GetName()
	}
	answer, err := o.units.BatchGetUnits(ctx, &networkv1.BatchGetUnitsRequest{Names: names, AsOf: o.Today().String()})
	return answer.GetUnits(), err
}

// holdsFor tells whether the scheme is that of the nearest unit at or above a unit that has one.
func (o *opening) holdsFor(unit *networkv1.Unit) bool {
	for _, id := range slices.Backward(access.PathIDs(unit)) {
		if nearest, ok := o.Schemes[resource.Name(resource.Units, id)]; ok {
			return nearest == o.scheme
		}
	}
	return false
}

// enter enters an item for those of some units that have none.
func (o *opening) enter(ctx context.Context, units []*networkv1.Unit) error {
	if len(units) == 0 {
		return nil
	}
	ids := make([]string, len(units))
	for i, unit := range units {
		ids[i] = resource.ID(unit.GetName())
	}
	var failed []error
	err := record.System(ctx, o.items.Store, OpenJob, func(ctx context.Context, tx *record.Tx) error {
		failed = nil
		has, err := db.New(tx).UnitsWithItem(ctx, db.UnitsWithItemParams{Units: ids, Rule: o.rule.GetId(), PeriodFrom: o.From})
		if err != nil {
			return err
		}
		for i, unit := range units {
			if slices.Contains(has, ids[i]) {
				continue
			}
			add := func(ctx context.Context, part *record.Tx) error { return o.add(ctx, part, unit) }
			if err := tx.Try(ctx, add); err != nil {
				failed = append(failed, fmt.Errorf("%s: %w", unit.GetName(), err))
			}
		}
		return nil
	})
	return errors.Join(errors.Join(failed...), err)
}

func (o *opening) add(ctx context.Context, tx *record.Tx, unit *networkv1.Unit) error {
	item := &riskv1.OpennessItem{PeriodFrom: o.From.String(), PeriodUntil: o.Until.String(), DueOn: o.Due}
	fill(item, o.scheme, o.rule)
	_, err := o.items.CreateIn(ctx, tx, unit, item, o.owed.Plan(o.days), func(_ context.Context, c *change) error {
		says := words.InboxOpennessAsked(c.Record.GetDueOn(), title(c.Record))
		if c.Record.GetDueOn() < c.Today().String() {
			says = o.owed.Overdue(c.Record)
		}
		c.Tell(c.Record.GetUnit(), says)
		return nil
	})
	return err
}
