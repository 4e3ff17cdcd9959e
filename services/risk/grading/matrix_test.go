package grading

import (
	"testing"

	"github.com/stretchr/testify/assert"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
)

func matrix() *riskv1.Scheme {
	row := func(grades ...string) *riskv1.MatrixRow { return &riskv1.MatrixRow{Grades: grades} }
	return &riskv1.Scheme{
		Name: "schemes/m", EffectiveFrom: "2027-01-01",
		Factors: []*riskv1.Factor{{Id: "often", MaxPoints: 3}, {Id: "harm", MaxPoints: 2}},
		Grades:  []*riskv1.Grade{{Id: "high"}, {Id: "middle"}, {Id: "low"}},
		Grading: &riskv1.Scheme_Matrix{Matrix: &riskv1.MatrixGrading{
			RowFactor: "often", ColumnFactor: "harm",
			Rows: []*riskv1.MatrixRow{row("low", "low"), row("low", "middle"), row("middle", "high")},
		}},
	}
}

func TestJ3_GradesGoByATableOfTwoFactors(t *testing.T) {
	t.Parallel()
	for grade, cells := range map[string][][2]int32{
		"low": {{1, 1}, {1, 2}, {2, 1}}, "middle": {{2, 2}, {3, 1}}, "high": {{3, 2}},
	} {
		for _, cell := range cells {
			point := graded(t, matrix(), map[string]int32{"often": cell[0], "harm": cell[1]})
			assert.Equal(t, grade, point.GetGrade(), cell)
		}
	}
}

func TestJ3_ATableHasACellForAllPointsAndAllGrades(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spoil  func(*riskv1.Scheme, *riskv1.MatrixGrading)
		faults []string
	}{
		"sound": {func(*riskv1.Scheme, *riskv1.MatrixGrading) {}, nil},
		"factors of no scheme": {
			func(_ *riskv1.Scheme, m *riskv1.MatrixGrading) { m.RowFactor, m.ColumnFactor = "luck", "weather" },
			[]string{
				"scheme.matrix.row_factor unknown_term", "scheme.matrix.column_factor unknown_term",
				"scheme.factors[0].id factor_unused", "scheme.factors[1].id factor_unused",
			},
		},
		"one factor twice": {
			func(_ *riskv1.Scheme, m *riskv1.MatrixGrading) { m.ColumnFactor = "often" },
			[]string{
				"scheme.matrix.column_factor duplicate", "scheme.matrix.rows[0].grades item_count",
				"scheme.matrix.rows[1].grades item_count", "scheme.matrix.rows[2].grades item_count",
				"scheme.factors[1].id factor_unused",
			},
		},
		"a row missing": {
			func(_ *riskv1.Scheme, m *riskv1.MatrixGrading) { m.Rows = m.GetRows()[1:] },
			[]string{"scheme.matrix.rows item_count"},
		},
		"a cell missing": {
			func(_ *riskv1.Scheme, m *riskv1.MatrixGrading) { m.Rows[0].Grades = []string{"low"} },
			[]string{"scheme.matrix.rows[0].grades item_count"},
		},
		"a grade of no scheme, and one in no cell": {
			func(_ *riskv1.Scheme, m *riskv1.MatrixGrading) { m.Rows[2].Grades[1] = "z" },
			[]string{"scheme.matrix.rows[2].grades[1] unknown_term", "scheme.matrix.rows grade_missing"},
		},
		"a weight, and a factor besides": {
			func(s *riskv1.Scheme, _ *riskv1.MatrixGrading) {
				s.Factors = append(s.Factors, &riskv1.Factor{Id: "size", MaxPoints: 3, Weight: 2})
			},
			[]string{"scheme.factors[2].id factor_unused", "scheme.factors[2].weight weight_unused"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := matrix()
			tc.spoil(s, s.GetMatrix())
			assert.Equal(t, tc.faults, faultsOf(s))
		})
	}
}
