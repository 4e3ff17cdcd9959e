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
		o := opening{Server: s, Opening: on, days: days, scheme: on.Schemes[unit]}
		for _, rule := range o.scheme.GetOpenness() {
			if rule.GetEvery() == nil {
				continue
			}
			owing, asked, err := on.Owing(days, o.scheme, rule.GetEvery(), rule.GetLimit())
			failed = append(failed, err)
			if asked {
				o.rules = append(o.rules, asking{owing, rule})
			}
		}
		if len(o.rules) > 0 {
			failed = append(failed, o.walk(ctx))
		}
	}
	return errors.Join(failed...)
}

// opening enters the items of a scheme.
type opening struct {
	*Server
	*owed.Opening

	days   *calendar.Calendar
	scheme *riskv1.Scheme
	rules  []asking
}

// asking is a rule that asks units for something for one time.
type asking struct {
	owed.Owing

	rule *riskv1.OpennessRule
}

// asks tells whether the rule asks a unit.
func (a asking) asks(unit *networkv1.Unit) bool {
	return has(a.rule.GetLevels(), unit.GetLevel()) && has(a.rule.GetUnitKinds(), unit.GetKind()) &&
		has(a.rule.GetUnitSorts(), unit.GetSort())
}

// has tells whether a list, where any is given, has something.
func has[T comparable](list []T, of T) bool { return len(list) == 0 || slices.Contains(list, of) }

// anyOf are all that the rules list of something; none where a rule lists none, and so asks all.
func anyOf[T comparable](rules []asking, listed func(*riskv1.OpennessRule) []T) (all []T) {
	for _, a := range rules {
		if len(listed(a.rule)) == 0 {
			return nil
		}
		for _, one := range listed(a.rule) {
			if !slices.Contains(all, one) {
				all = append(all, one)
			}
		}
	}
	return all
}

// walk enters an item for every unit that a rule asks and that has none. It reads the units once for all rules.
func (o *opening) walk(ctx context.Context) error {
	req := &networkv1.ListUnitsRequest{
		Unit: o.scheme.GetUnit(), Levels: anyOf(o.rules, (*riskv1.OpennessRule).GetLevels),
		Kinds: anyOf(o.rules, (*riskv1.OpennessRule).GetUnitKinds),
		AsOf:  o.Day.String(), PageSize: unitsAtOnce,
	}
	for {
		answer, err := o.units.ListUnits(ctx, req)
		if err != nil {
			return err
		}
		held := slices.DeleteFunc(answer.GetUnits(), func(unit *networkv1.Unit) bool { return !o.holdsFor(unit) })
		for _, a := range o.rules {
			asked := slices.DeleteFunc(slices.Clone(held), func(unit *networkv1.Unit) bool { return !a.asks(unit) })
			if asked, err = o.standing(ctx, asked); err != nil {
				return err
			}
			if err := o.enter(ctx, a, asked); err != nil {
				return err
			}
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

// enter enters an item by a rule for those of some units that have none.
func (o *opening) enter(ctx context.Context, a asking, units []*networkv1.Unit) error {
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
		has, err := db.New(tx).UnitsWithItem(ctx, db.UnitsWithItemParams{Units: ids, Rule: a.rule.GetId(), PeriodFrom: a.From})
		if err != nil {
			return err
		}
		for i, unit := range units {
			if slices.Contains(has, ids[i]) {
				continue
			}
			add := func(ctx context.Context, part *record.Tx) error { return o.add(ctx, part, a, unit) }
			if err := tx.Try(ctx, add); err != nil {
				failed = append(failed, fmt.Errorf("%s: %w", unit.GetName(), err))
			}
		}
		return nil
	})
	return errors.Join(errors.Join(failed...), err)
}

func (o *opening) add(ctx context.Context, tx *record.Tx, a asking, unit *networkv1.Unit) error {
	item := &riskv1.OpennessItem{PeriodFrom: a.From.String(), PeriodUntil: a.Until.String(), DueOn: a.Due}
	fill(item, o.scheme, a.rule)
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
