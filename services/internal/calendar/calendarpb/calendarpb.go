// Package calendarpb turns the calendar's protobuf messages into its types and back.
package calendarpb

import (
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
)

var kinds = map[typev1.PeriodKind]calendar.Kind{
	typev1.PeriodKind_PERIOD_KIND_MONTH:     calendar.Month,
	typev1.PeriodKind_PERIOD_KIND_QUARTER:   calendar.Quarter,
	typev1.PeriodKind_PERIOD_KIND_HALF_YEAR: calendar.HalfYear,
	typev1.PeriodKind_PERIOD_KIND_YEAR:      calendar.Year,
}

// Kind reads the length of a period.
func Kind(kind typev1.PeriodKind) calendar.Kind { return kinds[kind] }

// Window reads a window.
func Window(w *typev1.Window) calendar.Window {
	return calendar.Window{
		OpenMonth: int(w.GetOpenMonth()), OpenDay: int(w.GetOpenDay()),
		CloseMonth: int(w.GetCloseMonth()), CloseDay: int(w.GetCloseDay()),
	}
}

// Due counts a rule from its start by the default calendar and shows the arithmetic.
func Due(start calendar.Date, rule *typev1.DeadlineRule) (*typev1.Deadline, error) {
	unit := calendar.CalendarDays
	if rule.GetUnit() == typev1.DayUnit_DAY_UNIT_WORKING {
		unit = calendar.WorkingDays
	}
	deadline, err := calendar.Default().Due(start, calendar.Rule{
		Days: int(rule.GetDays()), Unit: unit, CountFirstDay: rule.GetCountFirstDay(), RollToWorkday: rule.GetRollToWorkday(),
	})
	if err != nil {
		return nil, err
	}
	due, _ := deadline.Due() // determined: there are no pauses
	return &typev1.Deadline{
		Due:         due.String(),
		Arithmetic:  &typev1.Text{Zh: deadline.Arithmetic.Text("zh"), En: deadline.Arithmetic.Text("en")},
		Provisional: deadline.Provisional(),
	}, nil
}
