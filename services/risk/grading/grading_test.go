package grading

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

func twoFactors() *riskv1.Scheme {
	return &riskv1.Scheme{
		Name: "schemes/x", EffectiveFrom: "2026-01-01",
		Factors: []*riskv1.Factor{{Id: "often", MaxPoints: 5, Weight: 0.335}, {Id: "harm", MaxPoints: 3, Weight: 10}},
		Grades:  []*riskv1.Grade{{Id: "high", MinScore: 21.01}, {Id: "middle", MinScore: 11}, {Id: "low"}},
	}
}

func TestGrade(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		often, harm int32
		score       float64
		grade       string
	}{
		"lowest points":                  {1, 1, 10.34, "low"},
		"just below a grade":             {2, 1, 10.67, "low"},
		"halves go up as by hand":        {3, 1, 11.01, "middle"},
		"on the lowest score of a grade": {3, 2, 21.01, "high"},
		"highest points":                 {5, 3, 31.68, "high"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			point := &riskv1.RiskPoint{Points: map[string]int32{"often": tc.often, "harm": tc.harm}}
			require.NoError(t, Grade(twoFactors(), point))
			assert.Equal(t, tc.score, point.GetScore()) //nolint:testifylint // rounded to 2 decimals, the score is exact
			assert.Equal(t, tc.grade, point.GetGrade())
			assert.Equal(t, "schemes/x@2026-01-01", point.GetSchemeVersion())
		})
	}
}

func TestGradeOfSchemeWithoutLowestBand(t *testing.T) {
	t.Parallel()
	rules := &riskv1.Scheme{Grades: []*riskv1.Grade{{Id: "high", MinScore: 1}}}
	assert.ErrorContains(t, Grade(rules, &riskv1.RiskPoint{}), "NO_GRADE")
}

// More points never make a risk look smaller, and every score has a grade.
func TestGradeIsMonotone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rules, less, more := &riskv1.Scheme{}, map[string]int32{}, map[string]int32{}
		for _, id := range rapid.SliceOfNDistinct(rapid.StringMatching("[a-z]{1,8}"), 1, 20, rapid.ID[string]).Draw(t,
			"factors") {
			highest := rapid.Int32Range(1, 100).Draw(t, "max")
			rules.Factors = append(rules.Factors, &riskv1.Factor{
				Id: id, MaxPoints: highest, Weight: float64(rapid.Int32Range(1, 100_000).Draw(t, "weight")) / 100,
			})
			less[id] = rapid.Int32Range(1, highest).Draw(t, "less")
			more[id] = rapid.Int32Range(less[id], highest).Draw(t, "more")
		}
		top := highestScore(rules)
		for i, id := range []string{"a", "b", "c"} {
			rules.Grades = append(rules.Grades, &riskv1.Grade{Id: id, MinScore: top * float64(2-i) / 3})
		}
		var faults fault.Fields
		CheckGrades(&faults, rules)
		CheckPoints(&faults, rules, less)
		CheckPoints(&faults, rules, more)
		small, large := &riskv1.RiskPoint{Points: less}, &riskv1.RiskPoint{Points: more}
		if faults.Err() != nil || Grade(rules, small) != nil || Grade(rules, large) != nil {
			t.Fatalf("refused: %v", faults)
		}
		if small.GetScore() > large.GetScore() || large.GetScore() > top || small.GetGrade() < large.GetGrade() {
			t.Fatalf("%v %s, then %v %s of %v", small.GetScore(), small.GetGrade(), large.GetScore(), large.GetGrade(), top)
		}
	})
}

func TestCheckPoints(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		points map[string]int32
		faults []string
	}{
		"all of them":  {map[string]int32{"often": 5, "harm": 1}, nil},
		"none":         {nil, []string{"risk_point.points points_missing", "risk_point.points points_missing"}},
		"too few":      {map[string]int32{"often": 0, "harm": 3}, []string{`risk_point.points["often"] points_range`}},
		"too many":     {map[string]int32{"often": 5, "harm": 4}, []string{`risk_point.points["harm"] points_range`}},
		"of no factor": {map[string]int32{"often": 1, "harm": 1, "luck": 1}, []string{`risk_point.points["luck"] unknown_term`}},
		"several faults": {map[string]int32{"often": 6, "luck": 1}, []string{
			`risk_point.points["often"] points_range`, "risk_point.points points_missing",
			`risk_point.points["luck"] unknown_term`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var faults fault.Fields
			CheckPoints(&faults, twoFactors(), tc.points)
			assert.Equal(t, tc.faults, said(faults))
		})
	}
}

// said writes faults as "path rule".
func said(faults []fault.Field) []string {
	var list []string
	for _, f := range faults {
		list = append(list, f.Path+" "+f.Key)
	}
	return list
}
