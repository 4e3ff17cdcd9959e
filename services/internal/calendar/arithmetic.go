package calendar

import "slices"

// Arithmetic shows how a deadline came about, so that an office can check it by
// hand.
type Arithmetic struct {
	Start Date
	Rule  Rule
	// First is the first day counted and Counted how many were, in days also for
	// months; zero when none.
	First   Date
	Counted int
	// End is the last day counted; with Days 0 it is the start, or the first day
	// after the pause over it. Due is the deadline: End, or the working day to
	// which it was moved; zero while undetermined.
	End, Due Date
	// Skipped holds, in order, the runs of days that did not count, among them
	// those over which the deadline was moved after End.
	Skipped []Skip
	// Swapped holds the weekend days that counted as working days.
	Swapped []Swap
	// AssumedYears are those without holiday data in which Monday to Friday was
	// assumed, in order.
	AssumedYears []int
}

// Cause says why a day did not count.
type Cause int

// The causes.
const (
	Weekend Cause = iota + 1
	Holiday
	Paused
)

// Skip is a run of days, both ends included, that did not count for one cause.
// To is zero where an open pause stopped the count.
type Skip struct {
	From, To Date
	Cause    Cause
	Name     string // of the holiday, or the reason of the pause
}

// Days returns the length of the run, 0 for one without end.
func (s Skip) Days() int {
	if s.To.IsZero() {
		return 0
	}
	return s.From.DaysUntil(s.To) + 1
}

// Swap is a weekend day on which people work, for the holiday named.
type Swap struct {
	Date Date
	Name string
}

// skip adds a day's skip, lengthening the last run where it continues it.
func (a *Arithmetic) skip(s Skip) {
	if n := len(a.Skipped); n > 0 {
		last := &a.Skipped[n-1]
		if last.Cause == s.Cause && last.Name == s.Name && last.To.AddDays(1) == s.From {
			last.To = s.To
			return
		}
	}
	a.Skipped = append(a.Skipped, s)
}

// swap adds a swapped working day once: the last day counted is looked at again
// when the deadline is moved to a working day.
func (a *Arithmetic) swap(s Swap) {
	if !slices.Contains(a.Swapped, s) {
		a.Swapped = append(a.Swapped, s)
	}
}

func (a *Arithmetic) assume(year int) {
	if !slices.Contains(a.AssumedYears, year) {
		a.AssumedYears = append(a.AssumedYears, year)
	}
}
