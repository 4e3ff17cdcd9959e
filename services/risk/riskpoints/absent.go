package riskpoints

import (
	"context"
	"slices"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// unitsAtOnce is how many units are looked at together.
const unitsAtOnce = 1000

// absence is where a list of units that lack something stands: after a unit of a page of the network's units.
type absence struct{ Page, After string }

// gap is a unit that lacks something, and where the list of them stands with it.
type gap struct {
	at  absence
	gap *riskv1.RegisterGap
}

// ListRegisterGaps lists the units that have nothing of what they are to register.
func (s *Server) ListRegisterGaps(
	ctx context.Context, req *riskv1.ListRegisterGapsRequest,
) (*riskv1.ListRegisterGapsResponse, error) {
	p, err := page.Parse(req, absence{})
	if err != nil {
		return nil, err
	}
	today := clock.Today(s.points.Store.Clock)
	all, err := schemes.EffectiveByUnit[*riskv1.Scheme](ctx, s.points.Store, today)
	if err != nil {
		return nil, err
	}
	found, look := []gap{}, &networkv1.ListUnitsRequest{Unit: req.GetUnit(), PageSize: unitsAtOnce, PageToken: p.Cursor.Page}
	for after := p.Cursor.After; len(found) < int(p.Limit); after = "" {
		answer, err := s.units.ListUnits(ctx, look)
		if err != nil {
			return nil, err
		}
		lacking, err := s.lacking(ctx, answer.GetUnits(), req.GetParts(), all, today)
		if err != nil {
			return nil, err
		}
		if at := slices.IndexFunc(lacking, func(g *riskv1.RegisterGap) bool { return g.GetUnit() == after }); at >= 0 {
			lacking = lacking[at+1:]
		}
		for _, of := range lacking {
			found = append(found, gap{absence{look.GetPageToken(), of.GetUnit()}, of})
		}
		if look.PageToken = answer.GetNextPageToken(); look.GetPageToken() == "" {
			break
		}
	}
	list, next, err := page.Build(ctx, p, found[:min(len(found), int(p.Limit))], func(g gap) absence { return g.at },
		func(g gap) (*riskv1.RegisterGap, error) { return g.gap, nil })
	return &riskv1.ListRegisterGapsResponse{Gaps: list, NextPageToken: next}, err
}

// lacking are those of some units that have nothing of what their schemes ask, of some parts, of any where none is given.
func (s *Server) lacking(
	ctx context.Context, units []*networkv1.Unit, parts []riskv1.RegisterPart, all map[string]*riskv1.Scheme, today calendar.Date,
) (gaps []*riskv1.RegisterGap, err error) {
	asked := db.RegisteredParams{
		Today: today, Ended: ended.String(), Year: int32(today.Year()), UnitIds: []string{}, Paths: []string{},
	}
	for _, unit := range units {
		asked.UnitIds = append(asked.UnitIds, resource.ID(unit.GetName()))
		asked.Paths = append(asked.Paths, access.Path(unit))
	}
	rows, err := db.New(s.points.Store.Afresh()).Registered(ctx, asked)
	if err != nil {
		return nil, err
	}
	has := make(map[string]db.RegisteredRow, len(rows))
	for _, row := range rows {
		has[row.UnitID] = row
	}
	for _, unit := range units {
		missing := slices.DeleteFunc(asks(schemeOf(all, unit), unit, today), func(part riskv1.RegisterPart) bool {
			return registered(has[resource.ID(unit.GetName())], part) || len(parts) > 0 && !slices.Contains(parts, part)
		})
		if len(missing) > 0 {
			gaps = append(gaps, &riskv1.RegisterGap{Unit: unit.GetName(), Missing: missing})
		}
	}
	return gaps, nil
}

// schemeOf is the scheme that holds for a unit: that of the nearest unit that has one; nil where none has.
func schemeOf(all map[string]*riskv1.Scheme, unit *networkv1.Unit) *riskv1.Scheme {
	for _, id := range slices.Backward(access.PathIDs(unit)) {
		if scheme := all[resource.Name(resource.Units, id)]; scheme != nil {
			return scheme
		}
	}
	return nil
}

// asks are the parts that a scheme has a unit register, in their order. Commitments are asked for from the first month on in
// which those of a rule are opened.
func asks(scheme *riskv1.Scheme, unit *networkv1.Unit, today calendar.Date) (parts []riskv1.RegisterPart) {
	commits := slices.ContainsFunc(scheme.GetCommitments(), func(rule *riskv1.CommitmentRule) bool {
		return int32(today.Month()) >= rule.GetOpenMonth()
	})
	for _, rule := range scheme.GetRegistrations() {
		for _, part := range rule.GetParts() {
			if access.IsFor(rule, unit) && (commits || part != riskv1.RegisterPart_REGISTER_PART_COMMITMENTS) {
				parts = append(parts, part)
			}
		}
	}
	slices.Sort(parts)
	return slices.Compact(parts)
}

// registered tells whether a unit has something of a part.
func registered(row db.RegisteredRow, part riskv1.RegisterPart) bool {
	switch part {
	case riskv1.RegisterPart_REGISTER_PART_POSITIONS:
		return row.Positions
	case riskv1.RegisterPart_REGISTER_PART_POWER_ITEMS:
		return row.Powers
	case riskv1.RegisterPart_REGISTER_PART_RISK_POINTS:
		return row.Points
	default:
		return row.Commitments
	}
}
