package calendar

import (
	"fmt"
	"time"
)

// maxWindowMonth lets a year's window run to the end of the next year.
const maxWindowMonth = 24

// Window says when, inside or after a period, its report is taken: from the open
// day to the close day, both included. Months count from the period's first
// month, which is 1, and may run past its end: month 4 of a quarter is the first
// of the next. Days are days of that month; one beyond its end means its last.
//
// The 10th to the 15th of a quarter's third month is {3, 10, 3, 15}.
type Window struct {
	OpenMonth, OpenDay, CloseMonth, CloseDay int
}

// Validate reports a month outside 1–24, a day outside 1–31 or an opening after
// the close.
func (w Window) Validate() error {
	for _, end := range []struct {
		name       string
		month, day int
	}{{"opening", w.OpenMonth, w.OpenDay}, {"close", w.CloseMonth, w.CloseDay}} {
		if end.month < 1 || end.month > maxWindowMonth {
			return fmt.Errorf("%s month %d: want 1 to %d", end.name, end.month, maxWindowMonth)
		}
		if end.day < 1 || end.day > 31 {
			return fmt.Errorf("%s day %d: want 1 to 31", end.name, end.day)
		}
	}
	if w.OpenMonth > w.CloseMonth || w.OpenMonth == w.CloseMonth && w.OpenDay > w.CloseDay {
		return fmt.Errorf("opening (month %d, day %d) is after the close (month %d, day %d)",
			w.OpenMonth, w.OpenDay, w.CloseMonth, w.CloseDay)
	}
	return nil
}

// In returns the first and the last day of a valid window on p.
func (w Window) In(p Period) (opens, closes Date) {
	return dayOfMonth(p, w.OpenMonth, w.OpenDay), dayOfMonth(p, w.CloseMonth, w.CloseDay)
}

func dayOfMonth(p Period, month, day int) Date {
	first := monthAfter(p.First(), month-1)
	last := monthAfter(first, 1).AddDays(-1)
	return first.AddDays(min(day, last.Day()) - 1)
}

// Windows are those of a year's periods, in their order, or one alone that all
// have. "By 20 June and by 20 November" are two of half-years: {1, 1, 6, 20}
// and {1, 1, 5, 20}.
type Windows []Window

// Validate reports what is wrong with the windows of periods of a kind: one that
// is not valid, too few or too many, or a period whose window opens or closes
// before that of an earlier one.
func (ws Windows) Validate(kind PeriodKind) error {
	for i, w := range ws {
		if err := w.Validate(); err != nil {
			return fmt.Errorf("window %d: %w", i+1, err)
		}
	}
	if n := kind.periodsPerYear(); len(ws) != 1 && len(ws) != n {
		return fmt.Errorf("%d windows: want 1 or %d", len(ws), n)
	}
	p := PeriodOf(kind, NewDate(MinYear, time.January, 1))
	for range ws {
		opens, closes := ws.In(p)
		next, end := ws.In(p.Next())
		if next.Before(opens) || end.Before(closes) {
			return fmt.Errorf("the window of %v is before that of %v", p.Next(), p)
		}
		p = p.Next()
	}
	return nil
}

// In returns the first and the last day of the window on p.
func (ws Windows) In(p Period) (opens, closes Date) {
	return ws[p.indexInYear()%len(ws)].In(p)
}
