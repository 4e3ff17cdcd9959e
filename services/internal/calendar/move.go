package calendar

import "slices"

// Move counts days from a day, forwards or, where days is less than zero, backwards; step is 1 or -1 accordingly. Where only
// working days count it ends on one: with no days to count, on the nearest in the direction of step. It also tells the years it
// passed that no notice is known for.
func (c *Calendar) Move(from Date, days, step int, working bool) (day Date, assumed []int) {
	if !working {
		return from.AddDays(days), nil
	}
	works := func(day Date) bool {
		workday, known := c.IsWorkday(day)
		if !known && !slices.Contains(assumed, day.Year()) {
			assumed = append(assumed, day.Year())
		}
		return workday
	}
	day = from
	for left := days * step; left > 0 || !works(day); {
		day = day.AddDays(step)
		if works(day) {
			left--
		}
	}
	return day, assumed
}
