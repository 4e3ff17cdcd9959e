package officers

import (
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// checkPastDay checks a day of a request field that can't be in the future.
func checkPastDay(c *change, field, text string) error {
	var faults fault.Fields
	faults.ParsePastDay(field, text, c.Today())
	return faults.Err()
}

// setNotice sets from which day the appointing unit is told of the end of a term, whose days have been checked.
func setNotice(officer *networkv1.Officer, rule *networkv1.AppointmentRule) {
	officer.TermNoticeOn = ""
	if to, err := calendar.ParseDate(officer.GetTermTo()); err == nil && rule.GetEndNoticeDays() > 0 {
		officer.TermNoticeOn = to.AddDays(-int(rule.GetEndNoticeDays())).String()
	}
}

// termText writes a term for the history, "2026-01-01/2026-12-31"; nothing after the stroke where it is open.
func termText(officer *networkv1.Officer) string {
	return officer.GetTermFrom() + "/" + officer.GetTermTo()
}
