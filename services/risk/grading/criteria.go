package grading

import (
	"fmt"
	"iter"
	"slices"

	"cel.dev/cel-go/cel"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/expression"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// language is what criteria are written in.
var language = expression.Over(
	cel.Variable("points", cel.MapType(cel.StringType, cel.IntType)), cel.Variable("causes", cel.ListType(cel.StringType)),
	cel.Variable("category", cel.StringType), cel.Variable("tier", cel.StringType),
)

func values(points map[string]int32, causes []string, category, tier string) map[string]any {
	return map[string]any{"points": points, "causes": causes, "category": category, "tier": tier}
}

// gradeByCriteria is the first grade whose criterion is met; the last has none.
func gradeByCriteria(s *riskv1.Scheme, point *riskv1.RiskPoint, tier string) (string, error) {
	grades := s.GetGrades()
	criteria, at, err := compile(s)
	if err != nil {
		return "", fmt.Errorf("criterion of grade %s: %w", grades[at].GetId(), err)
	}
	met, err := firstMet(criteria, values(point.GetPoints(), point.GetCauses(), point.GetCategory(), tier))
	if err != nil {
		problem, cause := expression.Explain(err)
		return "", fault.Precondition(words.NoGrade(titleOf(grades[met]), problem, cause))
	}
	return grades[met].GetId(), nil
}

// compile compiles the criteria of a scheme; of one that can't be, it says which.
func compile(s *riskv1.Scheme) (compiled []expression.Expression, at int, err error) {
	for i, text := range s.GetCriteria().GetCriteria() {
		criterion, err := language.Compile(text)
		if err != nil {
			return nil, i, err
		}
		compiled = append(compiled, criterion)
	}
	return compiled, 0, nil
}

// firstMet is which criterion is met first, one after the last where none is, or which can't be evaluated.
func firstMet(criteria []expression.Expression, these map[string]any) (int, error) {
	for i, criterion := range criteria {
		if met, err := criterion.IsTrue(these); met || err != nil {
			return i, err
		}
	}
	return len(criteria), nil
}

// checkCriteria wants a criterion for each grade but the last, tries each, and wants each grade to be come to.
func checkCriteria(faults *fault.Fields, s *riskv1.Scheme) {
	const field = "scheme.criteria.criteria"
	criteria := s.GetCriteria().GetCriteria()
	sound := checkCount(faults, field, len(criteria), len(s.GetGrades())-1)
	for i, criterion := range criteria {
		at := fmt.Sprintf("%s[%d]", field, i)
		err := language.Check(criterion, tries(s))
		if err == nil {
			err = checkTerms(s, criterion)
		}
		if err != nil {
			faults.Add(at, expression.Says(err))
		}
		same := slices.Index(criteria[:i], criterion)
		if same >= 0 && same < len(s.GetGrades()) {
			faults.Add(at, words.SameCriterion(titleOf(s.GetGrades()[same])))
		}
		sound = sound && err == nil && same < 0
	}
	if sound {
		checkReached(faults, field, s)
	}
}

func titleOf(grade *riskv1.Grade) words.Title {
	return schemes.TitleOf(grade.GetId(), grade.GetTitle())
}

// checkTerms wants a criterion to name nothing that the scheme doesn't have: it would never be met. The empty text is no term.
func checkTerms(s *riskv1.Scheme, criterion string) error {
	known := map[string]bool{"": true}
	for _, list := range [][]*riskv1.Term{s.GetCauses(), s.GetCategories(), s.GetTiers()} {
		for _, term := range list {
			known[term.GetId()] = true
		}
	}
	for _, factor := range s.GetFactors() {
		known[factor.GetId()] = true
	}
	named, err := language.Words(criterion)
	for _, id := range named {
		if !known[id] {
			return expression.Lacks(fmt.Sprintf("the scheme has no \"%s\"", id))
		}
	}
	return err
}

// tries are values that criteria are tried on: causes, category, tier and points each go through all they can be, while the
// others stay at their first, and then at their last. Trying all of them together would take too long.
func tries(s *riskv1.Scheme) iter.Seq[map[string]any] {
	causes, tiers := causeLists(s.GetCauses()), append([]*riskv1.Term{{}}, s.GetTiers()...)
	last := make([]int, 3+len(s.GetFactors()))
	last[0], last[1], last[2] = len(causes)-1, len(s.GetCategories())-1, len(tiers)-1
	for i, factor := range s.GetFactors() {
		last[3+i] = int(factor.GetMaxPoints()) - 1
	}
	valuesAt := func(at []int) map[string]any {
		points := make(map[string]int32, len(s.GetFactors()))
		for i, factor := range s.GetFactors() {
			points[factor.GetId()] = int32(at[3+i]) + 1
		}
		return values(points, causes[at[0]], s.GetCategories()[at[1]].GetId(), tiers[at[2]].GetId())
	}
	return func(try func(map[string]any) bool) {
		for _, others := range [][]int{make([]int, len(last)), last} {
			for i := range last {
				at := slices.Clone(others)
				for at[i] = range last[i] + 1 {
					if !try(valuesAt(at)) {
						return
					}
				}
			}
		}
	}
}

// causeLists are what the causes of a risk point can be tried as: none, each by itself, all.
func causeLists(causes []*riskv1.Term) [][]string {
	lists, all := [][]string{{}}, make([]string, len(causes))
	for i, cause := range causes {
		all[i] = cause.GetId()
		lists = append(lists, all[i:i+1])
	}
	return append(lists, all)
}
