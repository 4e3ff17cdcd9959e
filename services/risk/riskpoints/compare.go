package riskpoints

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// CompareRiskPoints sets what the units of a subtree found side by side, so that shallow or uneven search shows (J4).
func (s *Server) CompareRiskPoints(
	ctx context.Context, req *riskv1.CompareRiskPointsRequest,
) (*riskv1.CompareRiskPointsResponse, error) {
	p, err := page.Parse(req, "")
	if err != nil {
		return nil, err
	}
	queries, subtree := db.New(s.points.Store.Afresh()), access.Path(access.Target(ctx))
	medians, err := queries.SearchMedians(ctx, subtree)
	if err != nil {
		return nil, err
	}
	median := medianOf(medians)
	share := float64(req.GetBelowMedianPercent()) / 100
	rows, err := queries.Searches(ctx, db.SearchesParams{
		Subtree: subtree, After: p.Cursor, Size: p.Limit, Every: req.GetBelowMedianPercent() == 0,
		PerPower: share * median.GetPointsPerPower(), PerPosition: share * median.GetPointsPerPosition(),
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(ctx, p, rows, func(r db.SearchesRow) string { return r.Path }, searchOf)
	return &riskv1.CompareRiskPointsResponse{Searches: list, Median: median, NextPageToken: next}, err
}

// medianOf reads the medians, which come as a list.
func medianOf(rows []db.SearchMediansRow) *riskv1.SearchMedian {
	m := &riskv1.SearchMedian{}
	for _, r := range rows {
		switch r.List {
		case "units":
			m.Units = int64(r.Median)
		case "power":
			m.PointsPerPower = r.Median
		case "position":
			m.PointsPerPosition = r.Median
		default:
			list := medianLists(m)[r.List]
			*list = append(*list, &riskv1.TermMedian{Term: r.Term, Median: r.Median})
		}
	}
	return m
}

// medianLists are the lists of medians by term, by what the query calls them.
func medianLists(m *riskv1.SearchMedian) map[string]*[]*riskv1.TermMedian {
	return map[string]*[]*riskv1.TermMedian{
		"category": &m.Categories, "grade": &m.Grades, "method": &m.SearchMethods, "source": &m.SearchSources, "tier": &m.Tiers,
	}
}

// searchOf is what one unit found.
func searchOf(r db.SearchesRow) (*riskv1.UnitSearch, error) {
	search := &riskv1.UnitSearch{
		Unit:       resource.Name(resource.Units, r.Path[strings.LastIndexByte(r.Path, '.')+1:]),
		PowerItems: r.Powers, Positions: r.Positions, RiskPoints: r.Points,
		PointsPerPower: per(r.Points, r.Powers), PointsPerPosition: per(r.Points, r.Positions),
		PositionsWithoutPoints: r.Without, PositionsWithoutPointsInForce: r.Unapproved,
	}
	terms := map[string]map[string]int64{}
	if err := json.Unmarshal([]byte(r.Terms), &terms); err != nil {
		return nil, err
	}
	search.Categories, search.Grades = termCounts(terms["category"]), termCounts(terms["grade"])
	search.SearchMethods, search.SearchSources = termCounts(terms["method"]), termCounts(terms["source"])
	search.Tiers = termCounts(terms["tier"])
	return search, nil
}

// per is how many there are for each; none where there is nothing they could be for.
func per(count, of int64) float64 {
	if of == 0 {
		return 0
	}
	return float64(count) / float64(of)
}

// termCounts are counts by term, sorted.
func termCounts(counts map[string]int64) []*riskv1.TermCount {
	list := make([]*riskv1.TermCount, 0, len(counts))
	for _, term := range slices.Sorted(maps.Keys(counts)) {
		list = append(list, &riskv1.TermCount{Term: term, Count: counts[term]})
	}
	return list
}
