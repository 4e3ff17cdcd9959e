package schemes

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

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

// saidBy writes the faulty fields of an error as "path rule".
func saidBy(err error) []string {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return nil
	}
	var list []string
	for _, field := range f.Fields {
		list = append(list, field.Path+" "+field.Key)
	}
	return list
}

func TestCheckScheme(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spoil  func(*riskv1.Scheme)
		faults []string
	}{
		"sound": {func(*riskv1.Scheme) {}, nil},
		"ids that stand twice": {
			func(s *riskv1.Scheme) {
				s.Categories = []*riskv1.Term{{Id: "x"}, {Id: "x"}}
				s.SearchMethods = []*riskv1.Term{{Id: "y"}, {Id: "z"}, {Id: "y"}}
				s.Factors[1].Id, s.Grades[2].Id = s.Factors[0].GetId(), s.Grades[0].GetId()
			},
			[]string{
				"scheme.categories[1].id duplicate", "scheme.search_methods[2].id duplicate",
				"scheme.factors[1].id duplicate", "scheme.grades[2].id duplicate",
			},
		},
		"a factor that weighs nothing": {
			func(s *riskv1.Scheme) { s.Factors[0].Weight = 0 }, []string{"scheme.factors[0].weight weight_zero"},
		},
		"bands that do not fall": {
			func(s *riskv1.Scheme) { s.Grades[1].MinScore = s.Grades[0].GetMinScore() },
			[]string{"scheme.grades[1].min_score grades_order"},
		},
		"no band that ends at 0": {
			func(s *riskv1.Scheme) { s.Grades[2].MinScore = 1 }, []string{"scheme.grades[2].min_score grades_order"},
		},
		"a grade that no points reach": {
			func(s *riskv1.Scheme) { s.Grades[0].MinScore = 31.69 }, []string{"scheme.grades[0].min_score grade_unreachable"},
		},
		"one grade for all": {func(s *riskv1.Scheme) { s.Grades = s.GetGrades()[2:] }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := twoFactors()
			tc.spoil(s)
			assert.Equal(t, tc.faults, saidBy(checkScheme(s)))
		})
	}
}
