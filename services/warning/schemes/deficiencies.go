package schemes

import (
	"context"
	"fmt"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// kindsOf are the kinds of deficiencies that the risk register has for the unit of a scheme on its first day.
type kindsOf func(context.Context, *warningv1.Scheme) ([]*riskv1.DeficiencyKind, error)

// askRisk asks the risk service for them; there are none where no scheme of it holds.
func askRisk(risk riskv1.SchemeServiceClient) kindsOf {
	return func(ctx context.Context, s *warningv1.Scheme) ([]*riskv1.DeficiencyKind, error) {
		scheme, err := risk.GetEffectiveScheme(ctx, &riskv1.GetEffectiveSchemeRequest{
			Unit: s.GetUnit(), AsOf: s.GetEffectiveFrom(),
		})
		if fault.IsNotFound(err) {
			return nil, nil
		}
		return scheme.GetDeficiencyKinds(), err
	}
}

// checkDeficiencyRules notes what is wrong with the rules by which deficiencies become findings. The risk service is asked only
// where they name kinds, since a body without a register has none.
func checkDeficiencyRules(
	ctx context.Context, faults *fault.Fields, s *warningv1.Scheme, network *networkv1.Scheme, kindsOf kindsOf,
) error {
	const list = "scheme.deficiency_rules"
	schemes.CheckUnique(faults, list, s.GetDeficiencyRules())
	var kinds []*riskv1.DeficiencyKind
	asked := false
	for i, rule := range s.GetDeficiencyRules() {
		at := fmt.Sprintf("%s[%d].", list, i)
		schemes.CheckKnown(faults, at+"subject_area", rule.GetSubjectArea(), network.GetSubjectAreas())
		if rule.GetWarningLevel() != "" {
			schemes.CheckKnown(faults, at+"warning_level", rule.GetWarningLevel(), s.GetWarningLevels())
		}
		if rule.GetGrace() != nil && rule.GetMoment() != warningv1.DeficiencyMoment_DEFICIENCY_MOMENT_OVERDUE {
			faults.Add(at+"grace", words.OverdueOnly())
		}
		if len(rule.GetKinds()) == 0 {
			continue
		}
		if !asked {
			var err error
			if kinds, err = kindsOf(ctx, s); err != nil {
				return err
			}
			asked = true
		}
		schemes.CheckAllKnown(faults, at+"kinds", rule.GetKinds(), kinds)
	}
	return nil
}
