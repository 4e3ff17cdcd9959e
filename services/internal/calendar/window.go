package calendar

import "fmt"

// maxWindowMonth lets a year's window run to the end of the next year.
const maxWindowMonth = 24

// Window says when, inside or after a period, its report is taken: from the open
// day to the close day, both included. Months count from the period's first
// month, which is 1, and may run past its end: month 4 of a quarter is the first
// of the next. Days are days of that month; one beyond its end means its last.
//
// The 10th to the 15th of a quarter's third month is {3, 10, 3, 15}. "By 20 June
// and by 20 November" are two windows on half-years: {1, 1, 6, 20} for the
// first, {1, 1, 5, 20} for the second.
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
