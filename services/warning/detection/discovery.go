package detection

import "slices"

// Discover is the highest of some p-values that is found, where no more than a rate of what is found may be expected to be false
// (Benjamini and Hochberg 1995); all p-values up to it are found. It is negative where none is.
func Discover(pValues []float64, rate float64) float64 {
	sorted := slices.Sorted(slices.Values(pValues))
	for i, p := range slices.Backward(sorted) {
		if p <= rate*float64(i+1)/float64(len(sorted)) {
			return p
		}
	}
	return -1
}
