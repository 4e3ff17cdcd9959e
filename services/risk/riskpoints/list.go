package riskpoints

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/reviews"
)

// ListRiskPoints lists the risk points of a subtree, or the grade catalogue of a day (T3).
func (s *Server) ListRiskPoints(ctx context.Context, req *riskv1.ListRiskPointsRequest) (*riskv1.ListRiskPointsResponse, error) {
	var faults fault.Fields
	if err := s.checkFilters(ctx, &faults, req); err != nil {
		return nil, err
	}
	from, filters := s.points.Collection, []collection.Filter{
		collection.In("grade", req.GetGrades()), collection.In("grade_in_force", req.GetGradesInForce()),
		collection.In("category", req.GetCategories()),
		collection.InEnum("state", req.GetStates()), collection.WhereSet("power_item = ?", req.GetPowerItem()),
		collection.WhereSet("position = ?", req.GetPosition()), collection.WhereSet("owner_position = ?", req.GetOwnerPosition()),
		collection.WhereSet("redo = ?", req.GetRedo()),
		collection.AnyOf("search_methods", req.GetSearchMethods()), collection.AnyOf("search_sources", req.GetSearchSources()),
		owed.JudgingOverdue(req.GetJudgingOverdue(), clock.Today(s.points.Store.Clock)),
	}
	if len(req.GetTiers()) > 0 {
		const inTiers = "position IN (SELECT name FROM positions WHERE tier = ANY (?::text[]))"
		filters = append(filters, collection.Where(inTiers, req.GetTiers()))
	}
	awaiting, err := s.points.Awaiting(ctx, &faults, "pointReview", req)
	if err != nil {
		return nil, err
	}
	filters = append(filters, awaiting...)
	if req.GetOwnerUnfit() {
		rules, err := positions.OwnerRanksToday(ctx, s.points.Store, s.points.Store)
		if err != nil {
			return nil, err
		}
		filters = append(filters, collection.Where("state <> ?", ended.String()),
			collection.Where("owner_unfit(?::jsonb, unit_path, grade, owner_position, position)", rules))
	}
	if req.GetPositionEnded() {
		filters = append(filters, collection.Where("state <> ?", ended.String()),
			positions.WrittenOrInForce(ctx, "risk_point_versions", "position", "owner_position"))
	}
	if len(req.GetProblems()) > 0 {
		filters = append(filters, reviews.ReturnedFor(req.GetProblems()))
	}
	if len(req.GetRegradeCauses()) > 0 {
		filters = append(filters, collection.Where("regrade_cause IS NOT NULL"),
			collection.InEnum("regrade_cause", req.GetRegradeCauses()))
	}
	if req.GetAsOf() != "" {
		noteContradictions(&faults, req)
		day, _ := faults.ParsePastDay("as_of", req.GetAsOf(), clock.Today(s.points.Store.Clock))
		from, filters = from.Versions(), append(filters, collection.AsOf(day))
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	list, next, err := from.List(ctx, req, filters...)
	return &riskv1.ListRiskPointsResponse{RiskPoints: list, NextPageToken: next}, err
}

// noteContradictions notes what is asked of what is written, beside a day on which something was in force.
func noteContradictions(faults *fault.Fields, req *riskv1.ListRiskPointsRequest) {
	for _, asked := range []struct {
		field string
		set   bool
	}{
		{"regrade_causes", len(req.GetRegradeCauses()) > 0},
		{"position_ended", req.GetPositionEnded()},
		{"problems", len(req.GetProblems()) > 0},
		{"grades_in_force", len(req.GetGradesInForce()) > 0}, // grades are those in force then
		{"redo", req.GetRedo() != ""},                        // what came back is in force without it
	} {
		if asked.set {
			faults.Add(asked.field, words.Contradiction())
		}
	}
}

// checkFilters refuses to filter by terms that no scheme has, and by records that the caller does not reach.
func (s *Server) checkFilters(ctx context.Context, faults *fault.Fields, req *riskv1.ListRiskPointsRequest) error {
	for _, filter := range []struct {
		field, list string
		ids         []string
	}{
		{"grades", "grades", req.GetGrades()},
		{"grades_in_force", "grades", req.GetGradesInForce()},
		{"categories", "categories", req.GetCategories()},
		{"search_methods", "searchMethods", req.GetSearchMethods()},
		{"search_sources", "searchSources", req.GetSearchSources()},
		{"tiers", "tiers", req.GetTiers()},
		{"problems", "problems", req.GetProblems()},
	} {
		if err := schemes.CheckFilter(ctx, s.points.Store, faults, filter.field, filter.list, filter.ids...); err != nil {
			return err
		}
	}
	if err := s.powers.CheckFilter(ctx, faults, "power_item", req.GetPowerItem()); err != nil {
		return err
	}
	if err := s.positions.CheckFilter(ctx, faults, "position", req.GetPosition()); err != nil {
		return err
	}
	return s.positions.CheckFilter(ctx, faults, "owner_position", req.GetOwnerPosition())
}
