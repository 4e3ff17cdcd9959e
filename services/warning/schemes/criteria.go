package schemes

import (
	"context"
	"sync"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/expression"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/warning/criteria"
)

// register is the scheme of the risk register that holds for the unit of a scheme on its first day; nil where none does.
type register func() (*riskv1.Scheme, error)

// registerOf has the risk service asked for the register of a scheme.
type registerOf func(context.Context, *warningv1.Scheme) (*riskv1.Scheme, error)

// askRisk asks the risk service.
func askRisk(risk riskv1.SchemeServiceClient) registerOf {
	return func(ctx context.Context, s *warningv1.Scheme) (*riskv1.Scheme, error) {
		scheme, err := risk.GetEffectiveScheme(ctx, &riskv1.GetEffectiveSchemeRequest{
			Unit: s.GetUnit(), AsOf: s.GetEffectiveFrom(),
		})
		if fault.IsNotFound(err) {
			return nil, nil //nolint:nilnil // a body without a register has no terms of one
		}
		return scheme, err
	}
}

// of is the register of a scheme, which is asked for once, and only where something of it is named.
func (ask registerOf) of(ctx context.Context, s *warningv1.Scheme) register {
	return sync.OnceValues(func() (*riskv1.Scheme, error) { return ask(ctx, s) })
}

// checkCriteria notes what is wrong with the criteria of a level of the ladder. The risk service is asked only where they name
// what it has terms for.
func checkCriteria(faults *fault.Fields, field string, s *warningv1.Scheme, i int, asked register) error {
	level := s.GetWarningLevels()[i]
	for _, one := range []struct {
		field, text string
		classes     []string
	}{
		{".criterion", level.GetCriterion(), idsOf(s.GetFindingClasses())},
		{".unit_criterion", level.GetUnitCriterion(), idsOf(s.GetFindingClasses())},
		{".fall.criterion", level.GetFall().GetCriterion(), nil},
	} {
		known := criteria.Known{Classes: one.classes}
		if criteria.NamesTerms(one.text) {
			scheme, err := asked()
			if err != nil {
				return err
			}
			known.Grades, known.Kinds = idsOf(scheme.GetGrades()), idsOf(scheme.GetDeficiencyKinds())
		}
		if err := criteria.Check(one.text, known); err != nil {
			faults.Add(field+one.field, expression.Says(err))
		}
	}
	if level.GetSilenceDays() > 0 && level.GetCriterion() == "" && level.GetUnitCriterion() == "" {
		faults.Add(field+".silence_days", words.CriterionOnly())
	}
	return nil
}

// idsOf are the identifiers of a list of terms.
func idsOf[T schemes.Term](terms []T) []string {
	ids := make([]string, len(terms))
	for i, t := range terms {
		ids[i] = t.GetId()
	}
	return ids
}
