package reports

import (
	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/reports/forms"
)

// CheckForms checks what the proto's rules can't say of report forms.
func CheckForms(faults *fault.Fields, field string, all []*networkv1.ReportForm) {
	forms.Check(faults, field, all, columnsOf)
}

// CheckSchedule checks what the proto's rules can't say of a schedule; its form is one of all.
func CheckSchedule(faults *fault.Fields, path string, schedule *networkv1.Schedule, all []*networkv1.ReportForm) {
	schemes.CheckKnown(faults, path+".form", schedule.GetForm(), all)
	if calendarpb.Window(schedule.GetWindow()).Validate() != nil {
		faults.Add(path+".window", words.Window())
	} else if windows(schedule).Validate(calendarpb.Kind(schedule.GetPeriodKind())) != nil {
		faults.Add(path+".later_windows", words.LaterWindows())
	}
}
