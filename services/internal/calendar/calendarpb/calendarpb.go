// Package calendarpb turns the calendar's protobuf messages into its types and back.
package calendarpb

import (
	"errors"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

var kinds = map[typev1.PeriodKind]calendar.PeriodKind{
	typev1.PeriodKind_PERIOD_KIND_MONTH:     calendar.Month,
	typev1.PeriodKind_PERIOD_KIND_QUARTER:   calendar.Quarter,
	typev1.PeriodKind_PERIOD_KIND_HALF_YEAR: calendar.HalfYear,
	typev1.PeriodKind_PERIOD_KIND_YEAR:      calendar.Year,
}

// Kind reads the length of a period.
func Kind(kind typev1.PeriodKind) calendar.PeriodKind { return kinds[kind] }

// Window reads a window.
func Window(w *typev1.Window) calendar.Window {
	return calendar.Window{
		OpenMonth: int(w.GetOpenMonth()), OpenDay: int(w.GetOpenDay()),
		CloseMonth: int(w.GetCloseMonth()), CloseDay: int(w.GetCloseDay()),
	}
}

var units = map[typev1.DayUnit]calendar.DayUnit{
	typev1.DayUnit_DAY_UNIT_CALENDAR: calendar.CalendarDays,
	typev1.DayUnit_DAY_UNIT_WORKING:  calendar.WorkingDays,
	typev1.DayUnit_DAY_UNIT_MONTH:    calendar.Months,
}

// Rule reads a rule.
func Rule(rule *typev1.DeadlineRule) calendar.Rule {
	return calendar.Rule{
		Days: int(rule.GetDays()), Unit: units[rule.GetUnit()], CountFirstDay: rule.GetCountFirstDay(),
		RollToWorkday: rule.GetRollToWorkday(),
	}
}

// Due counts a rule from its start and shows the arithmetic. Under an open pause the deadline has no due day yet. One beyond the
// years that the calendar counts is refused (OUT_OF_CALENDAR).
func Due(c *calendar.Calendar, start calendar.Date, rule *typev1.DeadlineRule, pauses ...calendar.Pause) (
	*typev1.Deadline, error,
) {
	deadline, err := c.Due(start, Rule(rule), pauses...)
	if errors.Is(err, calendar.ErrOutOfRange) {
		return nil, fault.Precondition(words.OutOfCalendar(strconv.Itoa(calendar.MinYear), strconv.Itoa(calendar.MaxYear)))
	}
	if err != nil {
		return nil, err
	}
	resp := &typev1.Deadline{
		Arithmetic:  &typev1.Text{Zh: deadline.Arithmetic.Text("zh"), En: deadline.Arithmetic.Text("en")},
		Provisional: deadline.Provisional(),
	}
	if due, determined := deadline.Due(); determined {
		resp.Due = due.String()
		resp.RemindOn = RemindOn(c, start, due, rule.GetRemindBefore())
	}
	return resp, nil
}

// RemindOn is the day on which a lead reminds of what is due on a day; empty without one, or where it reaches back to the start.
func RemindOn(c *calendar.Calendar, start, due calendar.Date, lead *typev1.Lead) string {
	if lead == nil {
		return ""
	}
	day, _ := c.Move(due, -int(lead.GetDays()), -1, units[lead.GetUnit()] == calendar.WorkingDays)
	if !day.After(start) {
		return ""
	}
	return day.String()
}
