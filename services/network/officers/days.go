package officers

import (
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// checkServed checks the day of what an officer did in office.
func checkServed(c *change, field, text string) error {
	from, err := calendar.ParseDate(c.Record.GetTermFrom())
	if err != nil {
		return err
	}
	var faults fault.Fields
	faults.ParseDayBetween(field, text, from, c.Today())
	return faults.Err()
}

// pledgeDays is how long before a term its pledge may be signed.
const pledgeDays = 366

// checkPledged checks the day of a pledge: it is signed for this office, and a new one after the one before.
func checkPledged(c *change, field, text string) error {
	first, err := calendar.ParseDate(c.Record.GetTermFrom())
	if err != nil {
		return err
	}
	first = first.AddDays(-pledgeDays)
	if last, err := calendar.ParseDate(c.Record.GetPledgedOn()); err == nil {
		first = last.AddDays(1)
	}
	var faults fault.Fields
	faults.ParseDayBetween(field, text, first, c.Today())
	return faults.Err()
}

// setNotice sets from which day the appointing unit is told of the end of a term, whose days have been checked: not before it has
// begun, nor before that was decided.
func setNotice(officer *networkv1.Officer, rule *networkv1.AppointmentRule, today calendar.Date) {
	officer.TermNoticeOn = ""
	if to, err := calendar.ParseDate(officer.GetTermTo()); err == nil && rule.GetEndNoticeDays() > 0 {
		on := to.AddDays(-int(rule.GetEndNoticeDays())).String()
		officer.TermNoticeOn = max(on, officer.GetTermFrom(), today.String())
	}
}

// termText writes a term for the history, "2026-01-01/2026-12-31"; nothing after the stroke where it is open.
func termText(officer *networkv1.Officer) string {
	return officer.GetTermFrom() + "/" + officer.GetTermTo()
}
