// Package detection finds where a series of counts stands out of its own past (X4), by published methods whose results agree
// with the reference figures in testdata. It knows nothing of units, tips or storage.
package detection

import "math"

// A Result is what a method says of one period of a series.
type Result struct {
	// Period is its place in the series, counted from 1.
	Period int
	// UpperBound is the highest count still expected, with CUSUM the lowest that alarms; NaN where the past allows no statement.
	UpperBound float64
	// Alarm says that the count stands out.
	Alarm bool
}

// Said reports whether the past allowed a statement.
func (r Result) Said() bool { return !math.IsNaN(r.UpperBound) }

// A Method watches series of counts. It keeps nothing between calls; any number of goroutines may use it at once.
type Method interface {
	// First is the first period with enough of the past before it.
	First() int
	// Past are the counts of the periods that a period is compared with, from First on.
	Past(counts []float64, period int) []float64
	// Watch gives a result for each period from first, or from First where that is later, to the end of the series.
	Watch(counts []float64, first int) []Result
}

// watch asks for the upper bound of each period; what exceeds it alarms.
func watch(m Method, counts []float64, first int, upper func(period int) float64) []Result {
	first = max(first, m.First())
	if first > len(counts) {
		return nil
	}
	results := make([]Result, 0, len(counts)-first+1)
	for period := first; period <= len(counts); period++ {
		bound := upper(period)
		results = append(results, Result{Period: period, UpperBound: bound, Alarm: counts[period-1] > bound})
	}
	return results
}
