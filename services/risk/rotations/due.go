package rotations

import (
	"context"
	"slices"
	"strings"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
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
	holders, err := asked.holdersDue(ctx, found)
	return &riskv1.ListHoldersDueResponse{Holders: holders, NextPageToken: next}, err
}

// asking is what the question who is due on a day goes by.
type asking struct {
	*Server

	day     calendar.Date
	days    *calendar.Calendar
	schemes map[string]*riskv1.Scheme // by their units
}

func (a *asking) prepare(ctx context.Context) (err error) {
	if a.days, err = a.calendar(ctx); err != nil {
		return err
	}
	a.schemes, err = schemes.EffectiveByUnit[*riskv1.Scheme](ctx, a.rotations.Store, a.day)
	return err
}

// dueBy finds the positions whose holder is due by a day under one of the rules.
func (a *asking) dueBy(until calendar.Date) collection.Filter {
	conditions, values := []string{"false"}, []any(nil)
	for unit, scheme := range a.schemes {
		for _, rule := range scheme.GetRotations() {
			condition := "nearest_of(unit_path, ?::text[]) = ?" +
				" AND date_of(held_since(body, ?)) + make_interval(months => ?) <= ?::date"
			values = append(values, positions.UnitIDs(a.schemes), resource.ID(unit), a.day.String(), rule.GetMonths(), until)
			if ranks := rule.GetPositions().GetRanks(); len(ranks) > 0 {
				condition, values = condition+" AND rank = ANY (?::text[])", append(values, ranks)
			}
			if tiers := rule.GetPositions().GetTiers(); len(tiers) > 0 {
				condition, values = condition+" AND tier = ANY (?::text[])", append(values, tiers)
			}
			if grades := rule.GetPositions().GetGrades(); len(grades) > 0 {
				condition += " AND has_grade('positions/' || region || '-' || key, ?::text[], ?)"
				values = append(values, grades, a.day)
			}
			conditions = append(conditions, condition)
		}
	}
	return collection.Where(strings.Join(conditions, " OR "), values...)
}

// holdersDue says of positions under which rule their holders are due first.
func (a *asking) holdersDue(ctx context.Context, found []*riskv1.Position) (holders []*riskv1.HolderDue, err error) {
	asked := db.PositionsUnderSchemesParams{SchemeUnits: positions.UnitIDs(a.schemes), Day: a.day}
	for _, position := range found {
		region, key, err := resource.Split(position.GetName())
		if err != nil {
			return nil, err
		}
		asked.Regions, asked.Keys = append(asked.Regions, region), append(asked.Keys, key)
	}
	rows, err := db.New(a.rotations.Store).PositionsUnderSchemes(ctx, asked)
	if err != nil {
		return nil, err
	}
	for _, position := range found {
		i := slices.IndexFunc(rows, func(r db.PositionsUnderSchemesRow) bool { return r.Name == position.GetName() })
		if i < 0 {
			continue // it was deleted meanwhile
		}
		scheme := a.schemes[resource.Name(resource.Units, rows[i].SchemeUnit)]
		first, err := a.firstDue(position, scheme, rows[i].Grades)
		if err != nil {
			return nil, err
		}
		holders = append(holders, first)
	}
	return holders, nil
}

// firstDue is under which of the rules that fit a position its holder is due first.
func (a *asking) firstDue(position *riskv1.Position, scheme *riskv1.Scheme, grades []string) (*riskv1.HolderDue, error) {
	var first *riskv1.HolderDue
	for _, rule := range scheme.GetRotations() {
		if !fits(position, rule.GetPositions(), grades) {
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

// fits tells whether a rule is about a position that has risk points of some grades.
func fits(position *riskv1.Position, asked *riskv1.PositionSelector, grades []string) bool {
	return (len(asked.GetRanks()) == 0 || slices.Contains(asked.GetRanks(), position.GetRank())) &&
		(len(asked.GetTiers()) == 0 || slices.Contains(asked.GetTiers(), position.GetTier())) &&
		(len(asked.GetGrades()) == 0 ||
			slices.ContainsFunc(grades, func(g string) bool { return slices.Contains(asked.GetGrades(), g) }))
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
