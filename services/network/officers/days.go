package officers

import (
	"time"

	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// maxDay stands for a day that is not there: it is later than any other.
var maxDay = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)

// parseDayOr reads the day of a request field as a column has it; other where the field is empty.
func parseDayOr(faults *fault.Fields, field, text string, other time.Time) time.Time {
	if text == "" {
		return other
	}
	day, ok := faults.ParseDay(field, text)
	if !ok {
		return other
	}
	return day.In(time.UTC)
}

// parsePastDay reads a day of a request field that can't be in the future; nil where it is empty.
func parsePastDay(faults *fault.Fields, field, text string, today calendar.Date) *time.Time {
	if text == "" {
		return nil
	}
	day, _ := faults.ParsePastDay(field, text, today)
	at := day.In(time.UTC)
	return &at
}

// dayText writes a day of a column; empty where there is none.
func dayText(day *time.Time) string {
	if day == nil || day.Equal(maxDay) {
		return ""
	}
	return calendar.DateOf(*day, time.UTC).String()
}
