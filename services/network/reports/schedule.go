package reports

import (
	"fmt"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/reports/forms"
)

// CheckForms checks what the proto's rules can't say of the report forms of a scheme.
func CheckForms(faults *fault.Fields, field string, scheme *networkv1.Scheme) {
	forms.Check(faults, field, scheme.GetReportForms(), columnsOf)
	forms.CheckSources(faults, field, scheme)
}

// CheckSchedule checks what the proto's rules can't say of a schedule of a scheme.
func CheckSchedule(faults *fault.Fields, path string, schedule *networkv1.Schedule, scheme *networkv1.Scheme) {
	schemes.CheckKnown(faults, path+".form", schedule.GetForm(), scheme.GetReportForms())
	for i, sort := range schedule.GetUnitSorts() {
		schemes.CheckKnown(faults, fmt.Sprintf("%s.unit_sorts[%d]", path, i), sort, scheme.GetUnitSorts())
	}
	schemes.CheckUnique(faults, path+".filed_with", schedule.GetFiledWith())
	switch filed := len(schedule.GetFiledWith()) > 0; {
	case filed && schedule.GetFilingLimit() == nil:
		faults.Add(path+".filing_limit", words.Required())
	case !filed && schedule.GetFilingLimit() != nil:
		faults.Add(path+".filing_limit", words.Contradiction())
	case !filed && len(schedule.GetFilingReminders()) > 0:
		faults.Add(path+".filing_reminders", words.Contradiction())
	}
	if schedule.GetFilingLimit().GetRemindBefore() != nil {
		faults.Add(path+".filing_limit.remind_before", words.Contradiction()) // filing_reminders remind
	}
	if calendarpb.Window(schedule.GetWindow()).Validate() != nil {
		faults.Add(path+".window", words.Window())
	} else if windows(schedule).Validate(calendarpb.Kind(schedule.GetPeriodKind())) != nil {
		faults.Add(path+".later_windows", words.LaterWindows())
	}
}

// asks tells whether a schedule asks a unit for reports.
func asks(schedule *networkv1.Schedule, unit *networkv1.Unit) bool {
	return slices.Contains(schedule.GetUnitLevels(), unit.GetLevel()) &&
		(len(schedule.GetUnitKinds()) == 0 || slices.Contains(schedule.GetUnitKinds(), unit.GetKind())) &&
		(len(schedule.GetUnitSorts()) == 0 || slices.Contains(schedule.GetUnitSorts(), unit.GetSort()))
}
