package calendar

import (
	"errors"
	"fmt"
)

// Limits of a deadline.
const (
	MaxDays   = 3660 // ten years
	MaxMonths = 120
	MaxPauses = 366
)

// Faults in what Due is asked. Errors of this package that concern a rule, a
// pause or a reach wrap them.
var (
	ErrRule       = errors.New("bad deadline rule")
	ErrPause      = errors.New("bad pause")
	ErrOutOfRange = errors.New("beyond the years the calendar counts")
)

// DayUnit is what a rule counts. The zero DayUnit is none, so that a rule
// without a unit is refused and not counted in calendar days.
type DayUnit int

// The units of a rule.
const (
	CalendarDays DayUnit = iota + 1
	WorkingDays
	// Months are calendar months: the limit ends on the start's day of a later
	// month, or on the day before it where the first day counts; on that month's
	// last day where it has no such day.
	Months
)

// Rule says how long somebody has.
type Rule struct {
	// Days to count, 0 to MaxDays, or months, 0 to MaxMonths. With 0 the deadline
	// is the start itself.
	Days int
	// Unit counted.
	Unit DayUnit
	// CountFirstDay makes the start the first day counted, where it counts at
	// all; otherwise counting begins on the day after.
	CountFirstDay bool
	// RollToWorkday moves a deadline that falls on a day off to the next working
	// day. It changes nothing for working days, save where Days is 0.
	RollToWorkday bool
}

// Validate reports what is wrong with the rule, wrapping ErrRule.
func (r Rule) Validate() error {
	if r.Days < 0 || r.Days > MaxDays {
		return fmt.Errorf("%w: %d days, want 0 to %d", ErrRule, r.Days, MaxDays)
	}
	if r.Unit < CalendarDays || r.Unit > Months {
		return fmt.Errorf("%w: unit is none of calendar days, working days and months", ErrRule)
	}
	if r.Unit == Months && r.Days > MaxMonths {
		return fmt.Errorf("%w: %d months, want at most %d", ErrRule, r.Days, MaxMonths)
	}
	return nil
}

// Pause is a time in which the clock stands: no day from From to To counts, both
// included. While To is zero the pause is open and has no end yet.
type Pause struct {
	From, To Date
	Reason   string
}

func (p Pause) validate() error {
	if p.From.IsZero() {
		return fmt.Errorf("%w: it has no first day", ErrPause)
	}
	if !p.To.IsZero() && p.To.Before(p.From) {
		return fmt.Errorf("%w: it ends on %s, before it begins on %s", ErrPause, p.To, p.From)
	}
	return nil
}

func (p Pause) covers(d Date) bool {
	return !d.Before(p.From) && (p.To.IsZero() || !d.After(p.To))
}

// Deadline is the answer of Due.
type Deadline struct {
	Arithmetic Arithmetic
}

// Due returns the last day on which the thing is still in time. It is not
// determined while an open pause keeps the clock standing.
func (d Deadline) Due() (due Date, determined bool) {
	return d.Arithmetic.Due, !d.Arithmetic.Due.IsZero()
}

// Provisional reports that some day was judged without holiday data: the
// deadline may move once the notice for that year is out, and must then be
// computed again.
func (d Deadline) Provisional() bool { return len(d.Arithmetic.AssumedYears) > 0 }

// Due counts a rule's days from start and shows how. Days in a pause do not
// count, however many pauses cover them; neither does the deadline fall on one.
// The order of the pauses does not matter for the day. The error wraps ErrRule,
// ErrPause or, when the count leaves MinYear to MaxYear, ErrBeyond.
func (c *Calendar) Due(start Date, rule Rule, pauses ...Pause) (Deadline, error) {
	if err := rule.Validate(); err != nil {
		return Deadline{}, err
	}
	if len(pauses) > MaxPauses {
		return Deadline{}, fmt.Errorf("%w: %d pauses, want at most %d", ErrPause, len(pauses), MaxPauses)
	}
	for _, p := range pauses {
		if err := p.validate(); err != nil {
			return Deadline{}, err
		}
	}
	k := count{calendar: c, pauses: pauses, Arithmetic: Arithmetic{Start: start, Rule: rule}}
	err := k.run()
	if err != nil && !errors.Is(err, errPaused) {
		return Deadline{}, err
	}
	return Deadline{Arithmetic: k.Arithmetic}, nil
}

// errPaused stops counting at an open pause.
var errPaused = errors.New("the clock stands")

// count is one run of the clock.
type count struct {
	calendar *Calendar
	pauses   []Pause
	Arithmetic
}

func (k *count) run() (err error) {
	if k.End, err = k.end(); err != nil {
		return err
	}
	if !k.Rule.RollToWorkday {
		k.Due = k.End
		return nil
	}
	k.Due, err = k.next(k.End, true)
	return err
}

// days is how many days there are to count. Months are as many days as they have
// from the start, so that a pause moves their end by its own length.
func (k *count) days() int {
	if k.Rule.Unit != Months {
		return k.Rule.Days
	}
	end, exact := k.Start.addMonths(k.Rule.Days)
	days := k.Start.DaysUntil(end)
	if k.Rule.CountFirstDay && !exact {
		days++ // the limit ends on the eve of the start's day, or with the month that lacks it
	}
	return days
}

// end counts to the last day, before any move to a working day.
func (k *count) end() (Date, error) {
	days := k.days()
	if days == 0 {
		return k.next(k.Start, false)
	}
	day := k.Start
	if !k.Rule.CountFirstDay {
		day = day.AddDays(1)
	}
	for {
		counted, err := k.next(day, k.Rule.Unit == WorkingDays)
		if err != nil {
			return Date{}, err
		}
		if k.Counted++; k.Counted == 1 {
			k.First = counted
		}
		if k.Counted == days {
			return counted, nil
		}
		day = counted.AddDays(1)
	}
}

// next returns the first day, from day on, on which the clock runs and, if only
// working days serve, people work. It notes the days it passes over.
func (k *count) next(day Date, working bool) (Date, error) {
	for ; ; day = day.AddDays(1) {
		if day.Year() < MinYear || day.Year() > MaxYear {
			return Date{}, fmt.Errorf("%w: %d to %d", ErrOutOfRange, MinYear, MaxYear)
		}
		if p, ok := k.pauseOn(day); ok {
			if p.To.IsZero() {
				k.skip(Skip{From: day, Cause: Paused, Name: p.Reason})
				return Date{}, errPaused
			}
			k.skip(Skip{From: day, To: day, Cause: Paused, Name: p.Reason})
			continue
		}
		if !working || k.works(day) {
			return day, nil
		}
	}
}

// pauseOn finds the first pause listed that covers a day. An open one behind a
// closed one is met in the end.
func (k *count) pauseOn(day Date) (Pause, bool) {
	for _, p := range k.pauses {
		if p.covers(day) {
			return p, true
		}
	}
	return Pause{}, false
}

// works reports whether people work on a day and notes what is unusual in it.
func (k *count) works(day Date) bool {
	workday, known := k.calendar.IsWorkday(day)
	if !known {
		k.assume(day.Year())
	}
	listed := k.calendar.listed[day]
	switch {
	case !workday && listed.name == "":
		k.skip(Skip{From: day, To: day, Cause: Weekend})
	case !workday:
		k.skip(Skip{From: day, To: day, Cause: Holiday, Name: listed.name})
	case listed.work && weekend(day): // a notice may also name an ordinary Monday
		k.swap(Swap{Date: day, Name: listed.name})
	}
	return workday
}
