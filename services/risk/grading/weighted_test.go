package grading

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
)

func weighted() *riskv1.Scheme {
	return &riskv1.Scheme{
		Name: "schemes/x", EffectiveFrom: "2026-01-01",
		Factors: []*riskv1.Factor{{Id: "often", MaxPoints: 5, Weight: 0.335}, {Id: "harm", MaxPoints: 3, Weight: 10}},
		Grades:  []*riskv1.Grade{{Id: "high"}, {Id: "middle"}, {Id: "low"}},
		Grading: &riskv1.Scheme_Weighted{Weighted: &riskv1.WeightedGrading{MinScores: []float64{21.01, 11, 0}}},
	}
}

func TestJ3_GradesGoByTheWeightedSum(t *testing.T) {
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
			point := graded(t, weighted(), map[string]int32{"often": tc.often, "harm": tc.harm})
			assert.Equal(t, tc.score, point.GetScore()) //nolint:testifylint // rounded to 2 decimals, the score is exact
			assert.Equal(t, tc.grade, point.GetGrade())
			assert.Equal(t, "schemes/x@2026-01-01", point.GetSchemeVersion())
		})
	}
}

func TestJ3_LowestScoresFallToZeroWherePointsLead(t *testing.T) {
	t.Parallel()
	const field = "scheme.weighted.min_scores"
	for name, tc := range map[string]struct {
		scores []float64
		faults []string
	}{
		"sound":                        {[]float64{21.01, 11, 0}, nil},
		"the highest score":            {[]float64{31.68, 11, 0}, nil},
		"above the highest":            {[]float64{31.69, 11, 0}, []string{field + "[0] grade_unreachable"}},
		"the last below all":           {[]float64{21.01, 10.34, 0}, []string{field + "[2] grade_unreachable"}},
		"the last at the lowest score": {[]float64{21.01, 10.35, 0}, nil},
		"equal":                        {[]float64{11, 11, 0}, []string{field + "[1] grades_order"}},
		"none that ends at 0":          {[]float64{21, 11, 1}, []string{field + "[2] grades_order"}},
		"too few":                      {[]float64{21, 0}, []string{field + " item_count"}},
		"too many":                     {[]float64{21, 11, 1, 0}, []string{field + " item_count"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := weighted()
			s.GetWeighted().MinScores = tc.scores
			assert.Equal(t, tc.faults, faultsOf(s))
		})
	}
	s := weighted()
	s.Factors[0].Weight = 0
	assert.Equal(t, []string{"scheme.factors[0].weight weight_zero"}, faultsOf(s))
	s = &riskv1.Scheme{
		Grades:  []*riskv1.Grade{{Id: "one"}},
		Grading: &riskv1.Scheme_Weighted{Weighted: &riskv1.WeightedGrading{MinScores: []float64{0}}},
	}
	assert.Empty(t, faultsOf(s), "one grade for all, whatever the points")
	assert.Equal(t, "one", graded(t, s, nil).GetGrade())
}

// More points never make a risk look smaller, and every score has a grade.
func TestGradeIsMonotone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, less, more := &riskv1.Scheme{}, map[string]int32{}, map[string]int32{}
		for _, id := range rapid.SliceOfNDistinct(rapid.StringMatching("[a-z]{1,8}"), 1, 20, rapid.ID[string]).Draw(t,
			"factors") {
			highest := rapid.Int32Range(1, 100).Draw(t, "max")
			s.Factors = append(s.Factors, &riskv1.Factor{
				Id: id, MaxPoints: highest, Weight: float64(rapid.Int32Range(1, 100_000).Draw(t, "weight")) / 100,
			})
			less[id] = rapid.Int32Range(1, highest).Draw(t, "less")
			more[id] = rapid.Int32Range(less[id], highest).Draw(t, "more")
		}
		top := score(s, (*riskv1.Factor).GetMaxPoints)
		s.Grades = []*riskv1.Grade{{Id: "a"}, {Id: "b"}, {Id: "c"}}
		s.Grading = &riskv1.Scheme_Weighted{Weighted: &riskv1.WeightedGrading{MinScores: []float64{top * 2 / 3, top / 3, 0}}}
		small, large := graded(t, s, less), graded(t, s, more)
		if small.GetScore() > large.GetScore() || large.GetScore() > top || small.GetGrade() < large.GetGrade() {
			t.Fatalf("%v %s, then %v %s of %v", small.GetScore(), small.GetGrade(), large.GetScore(), large.GetGrade(), top)
		}
	})
}
