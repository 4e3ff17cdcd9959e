package grading

import (
	"fmt"
	"iter"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// maxPoints is how many combinations of points are gone through at most; with more, grades are not looked for.
const maxPoints = 10_000

// checkReached wants points that lead to each grade, where criteria depend on points alone: a matrix promises the same. What
// depends on causes, categories or tiers besides has too many values to be gone through.
func checkReached(faults *fault.Fields, field string, s *riskv1.Scheme) {
	combinations := 1
	for _, factor := range s.GetFactors() {
		if combinations *= int(factor.GetMaxPoints()); combinations > maxPoints {
			return
		}
	}
	for _, criterion := range s.GetCriteria().GetCriteria() {
		if names, err := language.Variables(criterion); err != nil || len(names) > 1 || names[0] != "points" {
			return
		}
	}
	criteria, _, err := compile(s)
	if err != nil {
		return
	}
	reached, count := make([]bool, len(s.GetGrades())), 0
	for points := range allPoints(s.GetFactors()) {
		met, err := firstMet(criteria, values(points, nil, "", ""))
		if err != nil {
			return // it is refused when a risk point comes to it
		}
		if !reached[met] {
			reached[met] = true
			if count++; count == len(reached) {
				return
			}
		}
	}
	for i, grade := range s.GetGrades() {
		at := fmt.Sprintf("%s[%d]", field, i)
		if i == len(criteria) {
			at = field // the last grade has no criterion
		}
		if !reached[i] {
			faults.Add(at, words.GradeNeverMet(titleOf(grade)))
		}
	}
}

// allPoints are all combinations of points for some factors.
func allPoints(factors []*riskv1.Factor) iter.Seq[map[string]int32] {
	return func(give func(map[string]int32) bool) {
		points := make(map[string]int32, len(factors))
		for _, factor := range factors {
			points[factor.GetId()] = 1
		}
		for give(points) {
			i := 0
			for ; i < len(factors) && points[factors[i].GetId()] == factors[i].GetMaxPoints(); i++ {
				points[factors[i].GetId()] = 1
			}
			if i == len(factors) {
				return
			}
			points[factors[i].GetId()]++
		}
	}
}
