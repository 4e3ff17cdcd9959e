package calendar

import (
	"cmp"
	"fmt"
	"strconv"
	"time"
)

// PeriodKind is the length of a period. The zero Kind is none.
type PeriodKind int

// The kinds of period.
const (
	Month PeriodKind = iota + 1
	Quarter
	HalfYear
	Year
)

// months returns the length of the kind in months, 0 for an unknown kind.
func (k PeriodKind) months() int {
	switch k {
	case Month:
		return 1
	case Quarter:
		return 3
	case HalfYear:
		return 6
	case Year:
		return 12
	}
	return 0
}

// periodsPerYear is how many periods of the kind a year has, 0 for an unknown kind.
func (k PeriodKind) periodsPerYear() int {
	if k.months() == 0 {
		return 0
	}
	return 12 / k.months()
}

// String names the kind in English.
func (k PeriodKind) String() string {
	switch k {
	case Month:
		return "month"
	case Quarter:
		return "quarter"
	case HalfYear:
		return "half-year"
	case Year:
		return "year"
	}
	return "unknown"
}

// Period is a month, quarter, half-year or year of the civil calendar, for which
// a unit reports. The zero Period means "none". Periods compare with == and
// serve as map keys.
type Period struct {
	kind  PeriodKind
	first Date
}

// PeriodOf returns the period of a kind that contains d; for an unknown kind or
// the zero Date it is the zero Period.
func PeriodOf(kind PeriodKind, d Date) Period {
	n := kind.months()
	if n == 0 || d.IsZero() {
		return Period{}
	}
	month := (int(d.Month())-1)/n*n + 1
	return Period{kind, NewDate(d.Year(), time.Month(month), 1)}
}

// ParsePeriod reads a period written "2026-11", "2026-Q4", "2026-H2" or "2026",
// from MinYear to MaxYear.
func ParsePeriod(s string) (Period, error) {
	kind, month, ok := Year, 1, len(s) == 4
	if len(s) == 7 && s[4] == '-' {
		kind, month, ok = parsePart(s[5:])
	}
	if !ok {
		return Period{}, fmt.Errorf("period %.20q: want YYYY-MM, YYYY-Q1 to Q4, YYYY-H1 or H2, or YYYY", s)
	}
	year, ok := digits(s[:4])
	if !ok || year < MinYear || year > MaxYear {
		return Period{}, fmt.Errorf("period %.20q: want a year from %d to %d", s, MinYear, MaxYear)
	}
	return PeriodOf(kind, NewDate(year, time.Month(month), 1)), nil
}

// parsePart reads "Q4", "H2" or "11", giving a month inside the period.
func parsePart(s string) (kind PeriodKind, month int, ok bool) {
	parts := 12
	switch s[0] {
	case 'Q':
		kind, parts, s = Quarter, 4, s[1:]
	case 'H':
		kind, parts, s = HalfYear, 2, s[1:]
	default:
		kind = Month
	}
	n, ok := digits(s)
	return kind, (n-1)*kind.months() + 1, ok && n >= 1 && n <= parts
}

// digits reads a number of decimal digits alone: strconv would take a sign.
func digits(s string) (int, bool) {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// String writes the period as ParsePeriod reads it, the zero Period as "".
func (p Period) String() string {
	year, month := p.first.Year(), int(p.first.Month())
	switch p.kind {
	case Month:
		return fmt.Sprintf("%04d-%02d", year, month)
	case Quarter:
		return fmt.Sprintf("%04d-Q%d", year, month/3+1)
	case HalfYear:
		return fmt.Sprintf("%04d-H%d", year, month/6+1)
	case Year:
		return fmt.Sprintf("%04d", year)
	}
	return ""
}

// MarshalText writes the period like String.
func (p Period) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what MarshalText wrote; empty text is the zero Period.
func (p *Period) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*p = Period{}
		return nil
	}
	parsed, err := ParsePeriod(string(text))
	if err != nil {
		return err
	}
	*p = parsed
	return nil
}

// IsZero reports whether p is no period at all.
func (p Period) IsZero() bool { return p == Period{} }

// Kind returns the kind of the period.
func (p Period) Kind() PeriodKind { return p.kind }

// First returns the first day.
func (p Period) First() Date { return p.first }

// Last returns the last day.
func (p Period) Last() Date { return p.Next().first.AddDays(-1) }

// Next returns the period of the same kind that follows. Beyond MaxYear it still
// exists but no longer parses.
func (p Period) Next() Period { return p.step(1) }

// Previous returns the period of the same kind that comes before.
func (p Period) Previous() Period { return p.step(-1) }

func (p Period) step(n int) Period {
	if p.IsZero() {
		return p
	}
	return Period{p.kind, monthAfter(p.first, n*p.kind.months())}
}

// indexInYear is the number of the period in its year, from 0.
func (p Period) indexInYear() int {
	if p.IsZero() {
		return 0
	}
	return (int(p.first.Month()) - 1) / p.kind.months()
}

// Contains reports whether d is a day of the period.
func (p Period) Contains(d Date) bool {
	return !p.IsZero() && p == PeriodOf(p.kind, d)
}

// Compare orders periods by their first day, the shorter first where that is
// the same: 2026-01 before 2026-Q1 before 2026 before 2026-02.
func (p Period) Compare(other Period) int {
	return cmp.Or(p.first.Compare(other.first), cmp.Compare(p.kind, other.kind))
}

// addMonths returns the same day n months later, or the last of that month, not exact, where it has no such day.
func (d Date) addMonths(n int) (day Date, exact bool) {
	first := monthAfter(d, n)
	last := monthAfter(first, 1).AddDays(-1).Day()
	return first.AddDays(min(d.Day(), last) - 1), d.Day() <= last
}

// monthAfter returns the first day of the month n months after that of d.
func monthAfter(d Date, n int) Date {
	return NewDate(d.Year(), d.Month()+time.Month(n), 1)
}
