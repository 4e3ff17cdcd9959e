package rotations

import (
	"context"
	"slices"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/grading"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// ListHoldersDue computes who is due as of a day, by the scheme, the holders and the grades of that day.
func (s *Server) ListHoldersDue(ctx context.Context, req *riskv1.ListHoldersDueRequest) (*riskv1.ListHoldersDueResponse, error) {
	asked := asking{Server: s, day: s.today()}
	if req.GetAsOf() != "" {
		var faults fault.Fields
		asked.day, _ = faults.ParseDay("as_of", req.GetAsOf())
		if err := faults.Err(); err != nil {
			return nil, err
		}
	}
	if err := asked.prepare(ctx); err != nil {
		return nil, err
	}
	until, err := later(asked.days, asked.day, req.GetWithinMonths())
	if err != nil {
		return nil, err
	}
	found, next, err := s.positions.List(ctx, req, asked.dueBy(until))
	if err != nil {
		return nil, err
	}
	holders, err := asked.holdersDue(ctx, s.rotations.Store, found)
	return &riskv1.ListHoldersDueResponse{Holders: holders, NextPageToken: next}, err
}

// asking is what the question who is due on a day goes by.
type asking struct {
	*Server

	day     calendar.Date
	days    *calendar.Calendar
	schemes map[string]*riskv1.Scheme // by their units
	rules   []byte                    // all of theirs, as queries take them
}

func (a *asking) prepare(ctx context.Context) (err error) {
	if a.days, err = a.calendar(ctx); err != nil {
		return err
	}
	if a.schemes, err = grading.SchemesOn(ctx, a.rotations.Store, a.day); err != nil {
		return err
	}
	asked := positions.Ask[struct{}](a.schemes)
	for _, scheme := range a.schemes {
		for _, rule := range scheme.GetRotations() {
			asked.Add(scheme, ruleOf(rule), struct{}{})
		}
	}
	a.rules, err = asked.JSON()
	return err
}

// ruleOf is a rule by which holders are to leave positions.
func ruleOf(rule *riskv1.RotationRule) positions.Rule {
	of := positions.RuleOf(rule)
	of.Months = rule.GetMonths()
	return of
}

// dueBy finds the positions whose holder is due by a day under one of the rules: none of a unit that has ended, of which no
// rotation is asked either.
func (a *asking) dueBy(until calendar.Date) collection.Filter {
	return collection.Where(`EXISTS (
		SELECT FROM rules_asking(?::jsonb, ?, 'positions/' || region || '-' || key, unit_path, rank, tier) AS r
		WHERE due_under(body, ?, r) <= ?::date) AND NOT EXISTS (
		SELECT FROM ended_units e WHERE e.unit_id = subpath(unit_path, -1)::text AND e.ended_on <= ?)`,
		a.rules, a.day, a.day.String(), until, a.day)
}

// holdersDue says of positions under which rule their holders are due first.
func (a *asking) holdersDue(
	ctx context.Context, from db.DBTX, found []*riskv1.Position,
) (holders []*riskv1.HolderDue, err error) {
	asked := db.RulesOfPositionsParams{Rules: a.rules, Day: a.day}
	for _, position := range found {
		region, key, err := resource.Split(position.GetName())
		if err != nil {
			return nil, err
		}
		asked.Regions, asked.Keys = append(asked.Regions, region), append(asked.Keys, key)
	}
	rows, err := db.New(from).RulesOfPositions(ctx, asked)
	if err != nil {
		return nil, err
	}
	for _, position := range found {
		i := slices.IndexFunc(rows, func(r db.RulesOfPositionsRow) bool { return r.Name == position.GetName() })
		if i < 0 {
			continue // it was deleted meanwhile
		}
		scheme := a.schemes[resource.Name(resource.Units, rows[i].SchemeUnit)]
		first, err := a.firstDue(position, scheme, rows[i].Rules)
		if err != nil {
			return nil, err
		}
		holders = append(holders, first)
	}
	return holders, nil
}

// firstDue is under which of some rules of a scheme the holder of a position is due first.
func (a *asking) firstDue(position *riskv1.Position, scheme *riskv1.Scheme, rules []string) (*riskv1.HolderDue, error) {
	var first *riskv1.HolderDue
	for _, rule := range scheme.GetRotations() {
		if !slices.Contains(rules, rule.GetId()) {
			continue
		}
		holder, err := holderDue(a.days, position, rule, a.day)
		if err != nil {
			return nil, err
		}
		if first == nil || holder.GetDueOn() < first.GetDueOn() {
			first = holder
		}
	}
	return first, nil
}

// holderDue is the holder of a position on a day, and when a rule has that person leave.
func holderDue(
	days *calendar.Calendar, position *riskv1.Position, rule *riskv1.RotationRule, day calendar.Date,
) (*riskv1.HolderDue, error) {
	since, err := calendar.ParseDate(positions.HeldSince(position, day))
	if err != nil {
		return nil, err
	}
	due, err := later(days, since, rule.GetMonths())
	return &riskv1.HolderDue{
		Unit: position.GetUnit(), Incumbent: positions.IncumbentOn(position, day), Rule: rule.GetId(), Title: rule.GetTitle(),
		Since: since.String(), DueOn: due.String(),
	}, err
}

// later is a day some months after another, or the last day of a month that has no such day. Errors: OUT_OF_CALENDAR.
func later(days *calendar.Calendar, day calendar.Date, months int32) (calendar.Date, error) {
	deadline, err := calendarpb.Due(days, day, &typev1.DeadlineRule{Days: months, Unit: typev1.DayUnit_DAY_UNIT_MONTH})
	if err != nil {
		return calendar.Date{}, err
	}
	return calendar.ParseDate(deadline.GetDue())
}
