package schemes

import (
	"fmt"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// checkDeficiencyRules notes what is wrong with the rules by which deficiencies become findings. The risk service is asked only
// where they name kinds, since a body without a register has none.
func checkDeficiencyRules(faults *fault.Fields, s *warningv1.Scheme, network *networkv1.Scheme, asked register) error {
	const list = "scheme.deficiency_rules"
	schemes.CheckUnique(faults, list, s.GetDeficiencyRules())
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
		scheme, err := asked()
		if err != nil {
			return err
		}
		schemes.CheckAllKnown(faults, at+"kinds", rule.GetKinds(), scheme.GetDeficiencyKinds())
	}
	return nil
}
