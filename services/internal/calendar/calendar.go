package calendar

import (
	"bytes"
	_ "embed" // for the holiday data
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/qingfeng-suite/qingfeng/services/internal/filetext"
)

const (
	maxDataBytes = 1 << 20 // about 40,000 rows, a thousand years of notices
	maxFaults    = 100
	maxNameBytes = 120
)

//go:embed holidays.csv
var holidays []byte

// Calendar knows which days are working days: Monday to Friday, except as the
// State Council's yearly notices move them. It never changes once made.
type Calendar struct {
	listed map[Date]listedDay
	years  map[int]bool
}

// listedDay is a day that a notice names.
type listedDay struct {
	work bool
	name string // of the holiday: the day's own, or the one it makes up for
}

// BuiltIn returns the calendar of the notices that come with the program.
var BuiltIn = sync.OnceValue(func() *Calendar {
	c, err := Parse(bytes.NewReader(holidays))
	if err != nil {
		panic(fmt.Sprintf("embedded holidays.csv: %v", err))
	}
	return c
})

// Parse reads holiday data: CSV with the header date,kind,name, where kind is
// "off" for a day off and "work" for a day on which people work, and
// name is the holiday concerned. At most 1 MiB. The error names every bad row by
// its line, up to 100 of them; no calendar is returned then.
func Parse(r io.Reader) (*Calendar, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxDataBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read holiday data: %w", err)
	}
	if len(data) > maxDataBytes {
		return nil, fmt.Errorf("holiday data exceed %d bytes", maxDataBytes)
	}
	rows, err := filetext.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	rows.FieldsPerRecord = -1
	if header, err := rows.Read(); err != nil || !slices.Equal(header, []string{"date", "kind", "name"}) {
		return nil, errors.New("line 1: want the header date,kind,name")
	}
	c := &Calendar{listed: map[Date]listedDay{}, years: map[int]bool{}}
	if err := c.readRows(rows); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Calendar) readRows(rows *csv.Reader) error {
	var faults []error
	for len(faults) < maxFaults {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil { // a syntax error, which names its line itself
			faults = append(faults, err)
			continue
		}
		if filetext.IsBlank(row) {
			continue
		}
		if err := c.addRow(row); err != nil {
			line, _ := rows.FieldPos(0)
			faults = append(faults, fmt.Errorf("line %d: %w", line, err))
		}
	}
	return errors.Join(faults...)
}

func (c *Calendar) addRow(row []string) error {
	if len(row) != 3 {
		return fmt.Errorf("want 3 columns, got %d", len(row))
	}
	date, err := ParseDate(row[0])
	if err != nil {
		return err
	}
	kind, name := row[1], row[2]
	switch _, twice := c.listed[date]; {
	case twice:
		return fmt.Errorf("%s is listed twice", date)
	case kind != "off" && kind != "work":
		return fmt.Errorf("kind %.20q: want off or work", kind)
	case name == "" || len(name) > maxNameBytes:
		return fmt.Errorf("want a name of 1 to %d bytes", maxNameBytes)
	}
	c.listed[date] = listedDay{work: kind == "work", name: name}
	// A notice always lists 1 January, so that row stands for the whole year. Any
	// row would not do: the notice for 2023 begins with a day of 2022.
	if date.Month() == time.January && date.Day() == 1 {
		c.years[date.Year()] = true
	}
	return nil
}

// Day is a day that a notice names.
type Day struct {
	Date Date
	Work bool   // people work, though it may be a weekend
	Name string // of the holiday concerned, at most 120 bytes
}

// With returns the calendar with what the notice for one year says in place of what it knew of that year. A notice may
// also name days of the year before, from December on, and of the year after, up to January.
func (c *Calendar) With(year int, days []Day) *Calendar {
	more := &Calendar{listed: maps.Clone(c.listed), years: maps.Clone(c.years)}
	maps.DeleteFunc(more.listed, func(d Date, _ listedDay) bool { return d.Year() == year })
	for _, day := range days {
		more.listed[day.Date] = listedDay{work: day.Work, name: day.Name}
	}
	more.years[year] = true
	return more
}

// ListedDays returns the days of a year that notices name, in order.
func (c *Calendar) ListedDays(year int) []Day {
	var days []Day
	for date, day := range c.listed {
		if date.Year() == year {
			days = append(days, Day{Date: date, Work: day.work, Name: day.name})
		}
	}
	slices.SortFunc(days, func(a, b Day) int { return a.Date.Compare(b.Date) })
	return days
}

// Years returns the years with data, in order.
func (c *Calendar) Years() []int { return slices.Sorted(maps.Keys(c.years)) }

// IsWorkday reports whether d is a working day, and whether that is known. For
// a year without data known is false and Monday to Friday is assumed: the
// caller must say so wherever the answer is shown.
func (c *Calendar) IsWorkday(d Date) (workday, known bool) {
	if day, ok := c.listed[d]; ok {
		return day.work, true
	}
	return !weekend(d), c.years[d.Year()]
}

// Name returns the holiday that a day belongs to or makes up for; empty for an ordinary day.
func (c *Calendar) Name(d Date) string { return c.listed[d].name }

func weekend(d Date) bool {
	return d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
}
