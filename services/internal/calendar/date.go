package calendar

import (
	"cmp"
	"fmt"
	"time"
)

// The years accepted in dates and periods from outside, and the last year a
// deadline may reach.
const (
	MinYear = 1900
	MaxYear = 2199
)

const dateLayout = time.DateOnly

// Shanghai is the default location of a unit. A fixed zone is exact for every
// day since 1992, when China gave up summer time, and needs neither zone files
// on the machine nor 450 kB of time/tzdata in the binary.
var Shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

// Date is a civil day: a square on the wall calendar, without time or zone. The
// zero Date means "no date". Dates compare with == and serve as map keys.
type Date struct {
	year  int
	month time.Month
	day   int
}

// FirstDay and LastDay are the first and the last day there is: no record has one before or after.
var (
	FirstDay = NewDate(MinYear, time.January, 1)
	LastDay  = NewDate(MaxYear, time.December, 31)
)

// NewDate makes the date of a year, month and day. It normalises like
// time.Date: 31 April is 1 May.
func NewDate(year int, month time.Month, day int) Date {
	return DateOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC), time.UTC)
}

// DateOf returns the day on which the instant t falls in loc.
func DateOf(t time.Time, loc *time.Location) Date {
	year, month, day := t.In(loc).Date()
	return Date{year, month, day}
}

// ParseDate reads a date written "2026-11-23", from MinYear to MaxYear.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(dateLayout, s)
	if err != nil {
		return Date{}, fmt.Errorf("date %.20q: want a day of the calendar written YYYY-MM-DD", s)
	}
	if t.Year() < MinYear || t.Year() > MaxYear {
		return Date{}, fmt.Errorf("date %s: want a year from %d to %d", s, MinYear, MaxYear)
	}
	return DateOf(t, time.UTC), nil
}

// Year returns the year.
func (d Date) Year() int { return d.year }

// Month returns the month.
func (d Date) Month() time.Month { return d.month }

// Day returns the day of the month.
func (d Date) Day() int { return d.day }

// IsZero reports whether d is no date at all.
func (d Date) IsZero() bool { return d == Date{} }

// String writes the date as "2026-11-23", the zero Date as "".
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC).Format(dateLayout)
}

// MarshalText writes the date like String.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote; empty text is the zero Date.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// AddDays returns the date n days later, earlier when n is negative.
func (d Date) AddDays(n int) Date { return NewDate(d.year, d.month, d.day+n) }

// DaysUntil returns how many days other is after d, negative when before.
func (d Date) DaysUntil(other Date) int {
	// UTC has no summer time, so every day there has its 86,400 seconds.
	return int((other.In(time.UTC).Unix() - d.In(time.UTC).Unix()) / 86400)
}

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.In(time.UTC).Weekday() }

// Compare returns -1, 0 or +1 as d is before, the same as or after other.
func (d Date) Compare(other Date) int {
	return cmp.Or(cmp.Compare(d.year, other.year), cmp.Compare(d.month, other.month), cmp.Compare(d.day, other.day))
}

// Before reports whether d is earlier than other.
func (d Date) Before(other Date) bool { return d.Compare(other) < 0 }

// After reports whether d is later than other.
func (d Date) After(other Date) bool { return d.Compare(other) > 0 }

// In returns the instant at which the day begins in loc. Where summer time
// begins at midnight, that is the first instant after the gap. A deadline ends
// as the next day begins: d.AddDays(1).In(loc).
func (d Date) In(loc *time.Location) time.Time {
	t := time.Date(d.year, d.month, d.day, 0, 0, 0, 0, loc)
	if DateOf(t, loc).Before(d) {
		_, t = t.ZoneBounds()
	}
	return t
}
