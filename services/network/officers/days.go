package officers

import (
	"time"

	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// noDay stands for a day that is not there: it is later than any other.
var noDay = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)

// dayOr reads the day of a request field as a column has it; other where the field is empty.
func dayOr(faults *fault.Fields, field, text string, other time.Time) time.Time {
	if text == "" {
		return other
	}
	day, ok := faults.Day(field, text)
	if !ok {
		return other
	}
	return day.In(time.UTC)
}

// pastDay reads a day of a request field that can't be in the future; nil where it is empty.
func pastDay(faults *fault.Fields, field, text string, today calendar.Date) *time.Time {
	if text == "" {
		return nil
	}
	day, _ := faults.PastDay(field, text, today)
	at := day.In(time.UTC)
	return &at
}

// dayText writes a day of a column; empty where there is none.
func dayText(day *time.Time) string {
	if day == nil || day.Equal(noDay) {
		return ""
	}
	return calendar.DateOf(*day, time.UTC).String()
}
