package schemes

import (
	"fmt"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/reminders"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// checkControls wants forms of control for known stages, and grades to ask for what their risk points can have (T8).
func checkControls(faults *fault.Fields, s *riskv1.Scheme) {
	forms := s.GetControlForms()
	schemes.CheckUnique(faults, "scheme.control_forms", forms)
	reminders.Check(faults, "scheme.control_reminders", s.GetControlReminders())
	for i, form := range forms {
		schemes.CheckAllKnown(faults, fmt.Sprintf("scheme.control_forms[%d].stages", i), form.GetStages(), s.GetControlStages())
	}
	general := slices.DeleteFunc(slices.Clone(forms), func(form *riskv1.ControlForm) bool { return len(form.GetStages()) > 0 })
	for i, grade := range s.GetGrades() {
		at := fmt.Sprintf("scheme.grades[%d].", i)
		schemes.CheckAllKnown(faults, at+"control_forms", grade.GetControlForms(), general)
		suiting := slices.DeleteFunc(slices.Clone(general), func(form *riskv1.ControlForm) bool {
			return len(grade.GetControlForms()) > 0 && !slices.Contains(grade.GetControlForms(), form.GetId())
		})
		schemes.CheckAllKnown(faults, at+"required_control_forms", grade.GetRequiredControlForms(), suiting)
		if int(grade.GetMinControlForms()) > len(suiting) {
			faults.Add(at+"min_control_forms", words.Contradiction())
		}
	}
}
