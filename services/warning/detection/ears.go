package detection

import (
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// EARS compares a count with mean and standard deviation of the periods before it (Hutwagner 2003), and needs no earlier year.
type EARS struct {
	// Variant is 1 (C1: the periods just before), 2 (C2: after a gap of two) or 3 (C3: C2 with the excess of those two).
	Variant int
	// Baseline is how many periods are compared with, at least 2.
	Baseline int
	// MinSigma is the least standard deviation assumed.
	MinSigma float64
	// Alpha is the share of false alarms accepted.
	Alpha float64
}

// gap is how many periods C2 and C3 leave between baseline and count.
const gap = 2

// First is the first period with a whole baseline before it, and before the two whose excess C3 adds.
func (e EARS) First() int {
	first := e.Baseline + 1
	if e.Variant > 1 {
		first += gap
	}
	if e.Variant > 2 {
		first += gap
	}
	return first
}

// Watch applies the variant. Within C3, as in the reference, only the two periods before add to the sum.
func (e EARS) Watch(counts []float64, first int) []Result {
	z := distuv.UnitNormal.Quantile(1 - e.Alpha)
	return watch(e, counts, first, func(period int) float64 {
		mean, sigma := e.baseline(counts, period)
		if e.Variant < 3 {
			return mean + z*sigma
		}
		excess := e.excess(counts, period-2) + e.excess(counts, period-1)
		return max(0, counts[period-1]+sigma*(z-excess))
	})
}

// excess is by how much a count lies more than one deviation above its baseline, in deviations.
func (e EARS) excess(counts []float64, period int) float64 {
	mean, sigma := e.baseline(counts, period)
	return max(0, (counts[period-1]-mean)/sigma-1)
}

func (e EARS) baseline(counts []float64, period int) (mean, sigma float64) {
	mean, sigma = stat.MeanStdDev(e.Past(counts, period), nil)
	return mean, max(e.MinSigma, sigma)
}

// Past is the baseline.
func (e EARS) Past(counts []float64, period int) []float64 {
	end := period - 1
	if e.Variant > 1 {
		end -= gap
	}
	return counts[end-e.Baseline : end]
}
