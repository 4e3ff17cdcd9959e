// Package grading grades risk points by the scheme of a body (J3, T3): by the weighted sum of their points, from a table of two
// factors, or by criteria over points and causes.
package grading

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// Grade grades a risk point, whose content has been checked, by a scheme. Tier is that of the position it lies with.
func Grade(scheme *riskv1.Scheme, point *riskv1.RiskPoint, tier string) (err error) {
	point.Score, point.SchemeVersion = 0, schemes.Version(scheme)
	switch scheme.GetGrading().(type) {
	case *riskv1.Scheme_Weighted:
		point.Score = score(scheme, func(f *riskv1.Factor) int32 { return point.GetPoints()[f.GetId()] })
		point.Grade = gradeOfScore(scheme, point.GetScore())
	case *riskv1.Scheme_Matrix:
		point.Grade = gradeOfCell(scheme.GetMatrix(), point.GetPoints())
	case *riskv1.Scheme_Criteria:
		point.Grade, err = gradeByCriteria(scheme, point, tier)
	}
	return err
}

// CheckPoints wants points for every factor of the scheme, each from 1 to its highest, and for nothing else.
func CheckPoints(faults *fault.Fields, field string, scheme *riskv1.Scheme, points map[string]int32) {
	for _, factor := range scheme.GetFactors() {
		given, ok := points[factor.GetId()]
		switch {
		case !ok:
			faults.Add(field, words.PointsMissing(schemes.TitleOf(factor.GetId(), factor.GetTitle())))
		case given < 1 || given > factor.GetMaxPoints():
			faults.Add(fmt.Sprintf("%s[%q]", field, factor.GetId()),
				words.PointsRange(factor.GetId(), strconv.Itoa(int(factor.GetMaxPoints()))))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(points)) {
		schemes.CheckKnown(faults, fmt.Sprintf("%s[%q]", field, id), id, scheme.GetFactors())
	}
}

// Check notes what would keep a scheme from grading every risk point, and grades that nothing leads to.
func Check(faults *fault.Fields, scheme *riskv1.Scheme) {
	schemes.CheckUnique(faults, "scheme.factors", scheme.GetFactors())
	schemes.CheckUnique(faults, "scheme.grades", scheme.GetGrades())
	switch scheme.GetGrading().(type) {
	case *riskv1.Scheme_Weighted:
		checkWeighted(faults, scheme)
	case *riskv1.Scheme_Matrix:
		checkMatrix(faults, scheme)
	case *riskv1.Scheme_Criteria:
		checkCriteria(faults, scheme)
	}
	for i, factor := range scheme.GetFactors() {
		if scheme.GetWeighted() == nil && factor.GetWeight() != 0 {
			faults.Add(fmt.Sprintf("scheme.factors[%d].weight", i), words.WeightUnused())
		}
	}
}

// checkCount wants a list to have so many entries.
func checkCount(faults *fault.Fields, field string, have, want int) bool {
	if have != want {
		faults.Add(field, words.ItemCount(strconv.Itoa(want)))
	}
	return have == want
}
