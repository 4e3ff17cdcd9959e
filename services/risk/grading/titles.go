package grading

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// PointTitles say which points a risk point has for each factor of a scheme.
func PointTitles(scheme *riskv1.Scheme, points map[string]int32) words.Title {
	var titles []words.Title
	for _, factor := range scheme.GetFactors() {
		if given, ok := points[factor.GetId()]; ok {
			title, number := schemes.TitleOf(factor.GetId(), factor.GetTitle()), " "+strconv.Itoa(int(given))
			titles = append(titles, words.Title{Zh: title.Zh + number, En: title.En + number})
		}
	}
	return words.List(titles...)
}

// AddTerms adds to the terms of the register that a scheme has those of the schemes that hold on a day, which units below may
// have of their own, so that what these entered is called by its title.
func AddTerms(ctx context.Context, from db.DBTX, to *riskv1.Scheme, day calendar.Date) error {
	byUnit, err := schemes.EffectiveByUnit[*riskv1.Scheme](ctx, from, day)
	for _, owner := range slices.Sorted(maps.Keys(byUnit)) {
		more := byUnit[owner]
		to.PowerKinds, to.Categories = with(to.PowerKinds, more.PowerKinds), with(to.Categories, more.Categories)
		to.SearchAspects = with(to.SearchAspects, more.SearchAspects)
		to.SearchMethods = with(to.SearchMethods, more.SearchMethods)
		to.SearchSources, to.Causes = with(to.SearchSources, more.SearchSources), with(to.Causes, more.Causes)
		to.ControlStages, to.ControlForms = with(to.ControlStages, more.ControlStages), with(to.ControlForms, more.ControlForms)
		to.Factors, to.Grades = with(to.Factors, more.Factors), with(to.Grades, more.Grades)
		to.Ranks, to.Tiers = with(to.Ranks, more.Ranks), with(to.Tiers, more.Tiers)
	}
	return err
}

// with are some terms, and of others those that are none of them.
func with[T schemes.Titled](own, others []T) []T {
	for _, term := range others {
		if _, known := schemes.Find(own, term.GetId()); !known {
			own = append(own, term)
		}
	}
	return own
}
