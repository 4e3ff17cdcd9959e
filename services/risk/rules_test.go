package risk

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// saidBy writes the faulty fields of an error.
func saidBy(err error) []string {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return nil
	}
	return said(f.Fields)
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

func TestCheckWorkflow(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		steps  []*riskv1.Step
		faults []string
	}{
		"no workflow":        {nil, nil},
		"branches and loops": {[]*riskv1.Step{{Id: "a", Next: []string{"b", "c"}}, {Id: "b", Next: []string{"a"}}, {Id: "c"}}, nil},
		"one id twice":       {[]*riskv1.Step{{Id: "a"}, {Id: "a"}}, []string{"power_item.steps[1].id duplicate"}},
		"ways into nowhere": {
			[]*riskv1.Step{{Id: "a", Next: []string{"b", "x"}}, {Id: "b", Next: []string{"y"}}},
			[]string{"power_item.steps[0].next[1] unknown_step", "power_item.steps[1].next[0] unknown_step"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tc.faults, saidBy(checkWorkflow(tc.steps)))
		})
	}
}

func TestCheckReviewer(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reviewer string
		units    []string
		refused  bool
	}{
		"unit above":          {"units/a", []string{"a", "b", "c"}, false},
		"next unit above":     {"units/b", []string{"a", "b", "c"}, false},
		"unit itself":         {"units/c", []string{"a", "b", "c"}, true},
		"root reviews itself": {"units/a", []string{"a"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, roles := range [][]string{{"reviewer"}, {access.Administrator}} {
				err := checkReviewer(access.Principal{Unit: tc.reviewer, Roles: roles}, tc.units)
				assert.Equal(t, tc.refused, err != nil, "%v", err)
			}
		})
	}
}

// Whatever is done in whatever order: what is approved was handed in and stays as it was, what is sent back can come
// again, and content changes only in the unit's hands.
func TestRiskPointLifecycle(t *testing.T) {
	t.Parallel()
	acts := []string{"update", "submit", "return", "approve", "delete"}
	rapid.Check(t, func(t *rapid.T) {
		state := RiskPointLifecycle.Start
		for range rapid.IntRange(1, 30).Draw(t, "acts") {
			act := rapid.SampledFrom(acts).Draw(t, "act")
			next, err := RiskPointLifecycle.Next(state, act)
			inUnit := state == pointDraft || state == pointReturned
			allowed := inUnit && (act == "update" || act == "submit") || state == pointSubmitted && (act == "return" || act == "approve")
			switch {
			case (err == nil) != allowed:
				t.Fatalf("%s in %s: %v", act, state, err)
			case err != nil && next != state, act == "update" && next != state:
				t.Fatalf("%s moved %s to %s", act, state, next)
			case err == nil && act == "approve" && next != pointApproved, err == nil && act == "submit" && next != pointSubmitted:
				t.Fatalf("%s led to %s", act, next)
			}
			state = next
		}
	})
}
