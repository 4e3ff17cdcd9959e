package owed

import (
	"time"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
)

// Span is the time that a day lies in, of those for each of which something is owed once: its first and its last day.
func Span(every *riskv1.Recurrence, day calendar.Date) (first, last calendar.Date) {
	months := int(every.GetMonths())
	passed := (int(day.Month()) - int(every.GetFirstMonth()) + 12) % months
	first = calendar.NewDate(day.Year(), day.Month()-time.Month(passed), 1)
	return first, calendar.NewDate(first.Year(), first.Month()+time.Month(months), 0)
}
