package grading

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

func criteria(texts ...string) *riskv1.Scheme {
	return &riskv1.Scheme{
		Tiers:      []*riskv1.Term{{Id: "leading"}, {Id: "key"}},
		Categories: []*riskv1.Term{{Id: "duty"}, {Id: "decision"}},
		Causes:     []*riskv1.Term{{Id: "discretion"}, {Id: "gap"}},
		Factors:    []*riskv1.Factor{{Id: "often", MaxPoints: 5}, {Id: "harm", MaxPoints: 3}},
		Grades:     []*riskv1.Grade{{Id: "high"}, {Id: "middle"}, {Id: "low"}},
		Grading:    &riskv1.Scheme_Criteria{Criteria: &riskv1.CriteriaGrading{Criteria: texts}},
	}
}

func TestJ3_GradesGoByTheFirstCriterionMet(t *testing.T) {
	t.Parallel()
	s := criteria(
		"points.harm == 3 && points.often >= 4 || 'discretion' in causes && tier == 'leading'",
		"points.exists(f, points[f] >= 3) || category == 'decision' || size(causes) > 1",
	)
	require.Empty(t, faultsOf(s))
	for name, tc := range map[string]struct {
		point *riskv1.RiskPoint
		tier  string
		grade string
	}{
		"nothing met":       {point: &riskv1.RiskPoint{Points: map[string]int32{"often": 2, "harm": 2}}, grade: "low"},
		"any points":        {point: &riskv1.RiskPoint{Points: map[string]int32{"often": 3, "harm": 1}}, grade: "middle"},
		"both points":       {point: &riskv1.RiskPoint{Points: map[string]int32{"often": 4, "harm": 3}}, grade: "high"},
		"category":          {point: &riskv1.RiskPoint{Category: "decision"}, grade: "middle"},
		"cause, not tier":   {point: &riskv1.RiskPoint{Causes: []string{"discretion"}}, tier: "key", grade: "low"},
		"causes, not tier":  {point: &riskv1.RiskPoint{Causes: []string{"discretion", "gap"}}, grade: "middle"},
		"cause and tier":    {point: &riskv1.RiskPoint{Causes: []string{"discretion"}}, tier: "leading", grade: "high"},
		"tier, other cause": {point: &riskv1.RiskPoint{Causes: []string{"gap"}}, tier: "leading", grade: "low"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.point.Points == nil {
				tc.point.Points = map[string]int32{"often": 1, "harm": 1}
			}
			require.NoError(t, Grade(s, tc.point, tc.tier))
			assert.Equal(t, tc.grade, tc.point.GetGrade())
			assert.Zero(t, tc.point.GetScore())
		})
	}
}

func TestJ3_CriteriaAreTriedBeforeTheyHold(t *testing.T) {
	t.Parallel()
	for text, cause := range map[string]string{
		"points.harm":                            "gives int, not true or false",
		"true":                                   "depends on nothing",
		"1 < 2 || [1].exists(x, x > 0)":          "depends on nothing",
		"category == 'bribes'":                   "the scheme has no \"bribes\"",
		"tier == 'leading' && 'luck' in causes":  "the scheme has no \"luck\"",
		"points.harm > 5 && points['luck'] > 1":  "the scheme has no \"luck\"",
		"points.harm >":                          "Syntax error",
		"severity > 3":                           "undeclared reference to 'severity'",
		"causes == 'gap'":                        "no matching overload",
		"points.luck > 3":                        "no such key: luck",
		"points.harm >= 2 || points.luck > 3":    "no such key: luck",
		"6 / (points.harm - 2) > 1":              "division by zero",
		"points.often / (points.harm - 1) > 1":   "division by zero",
		"10 % size(causes) == 0":                 "modulus by zero",
		"causes[1] == 'gap'":                     "index out of bounds: 1",
		"category == 'decision' && points.x > 1": "no such key: x",
		"tier == 'key' && causes[5] == 'gap'":    "index out of bounds: 5",
		"causes.all(a, causes.all(b, " + strings.Repeat("causes.all(c, ", 8) + "c != ''" + strings.Repeat(")", 10): "cost limit",
		strings.Repeat("(", 251) + "true" + strings.Repeat(")", 251):                                               "recursion",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			var faults fault.Fields
			Check(&faults, criteria("points.harm > 2", text))
			require.Equal(t, []string{"scheme.criteria.criteria[1] expression"}, said(faults))
			assert.Contains(t, faults[0].Args[3], cause)
		})
	}
	assert.Equal(t, []string{"scheme.criteria.criteria item_count"}, faultsOf(criteria("points.harm > 2")))
	assert.Equal(t, []string{"scheme.criteria.criteria item_count"}, faultsOf(criteria("points.harm > 2", "points.harm > 1", "points.harm > 0")))
	weighs := criteria("points.harm > 2", "points.harm > 1")
	weighs.Factors[0].Weight = 1
	assert.Equal(t, []string{"scheme.factors[0].weight weight_unused"}, faultsOf(weighs))
}

// What no try has found out is refused when a risk point comes to it, and says which grade's criterion it is.
func TestJ3_ACriterionThatFailsForAPointIsNamed(t *testing.T) {
	t.Parallel()
	s := criteria("points.often == 2 && points.harm == 2 && 1 / (points.often - points.harm) > 0", "points.harm > 5")
	require.Empty(t, faultsOf(s))
	err := Grade(s, &riskv1.RiskPoint{Points: map[string]int32{"often": 2, "harm": 2}}, "")
	var f *fault.Fault
	require.ErrorAs(t, err, &f)
	assert.Equal(t, words.NoGrade(words.Title{ID: "high", Zh: "high", En: "high"}, "zero", "division by zero"), f.Sentence)
	assert.Contains(t, f.In(words.Chinese), "除数为零（CEL：division by zero）")
}
