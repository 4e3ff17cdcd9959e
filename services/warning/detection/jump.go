package detection

import (
	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat"
)

// A Jump says whether the last count of a series stands out of the past that a method compares it with (苗头, emerging).
type Jump struct {
	// Result is what the method says of it.
	Result
	// Count is the last count.
	Count float64
	// Mean is the count expected from the past.
	Mean float64
	// Dispersion is the variance of the past over its mean, of this series or of all, whichever is higher; at least one, as by
	// chance.
	Dispersion float64
	// PValue is the probability of a count as high or higher.
	PValue float64

	past              int
	variance, average float64
}

// FindJump looks at the last count of a series; ok is false where the series is too short for the method. Its p-value is known
// once CompareJumps has seen all series that are tested together.
func FindJump(m Method, counts []float64) (jump Jump, ok bool) {
	if len(counts) < m.First() {
		return Jump{}, false
	}
	past := m.Past(counts, len(counts))
	jump = Jump{Result: m.Watch(counts, len(counts))[0], Count: counts[len(counts)-1], past: len(past)}
	jump.average, jump.variance = stat.PopMeanVariance(past, nil)
	jump.Mean = jump.average + jeffreys/float64(len(past))
	return jump, true
}

// CompareJumps gives the jumps of series that are tested together their p-values.
//
// The methods' own shares of false alarms rest on large counts or on long pasts. So the probability is that of a negative
// binomial count, exact at any size: as Bayes predicts it, widened by the dispersion. Few small counts show too little of
// theirs, which makes chance look like a jump; the dispersion of all series together stands in for it.
func CompareJumps(jumps []Jump) {
	var squares, sums float64
	for _, j := range jumps {
		squares += float64(j.past) * j.variance
		sums += float64(j.past-1) * j.average
	}
	for i := range jumps {
		j := &jumps[i]
		j.Dispersion = max(1, over(squares, sums), over(float64(j.past)*j.variance, float64(j.past-1)*j.average))
		j.PValue = reached(j.Count, j.Mean, j.Dispersion*(1+1/float64(j.past)))
	}
}

// over divides, and is 0 where nothing was counted.
func over(squares, sums float64) float64 {
	if sums <= 0 {
		return 0
	}
	return squares / sums
}

// reached is the probability that a negative binomial count of some mean and dispersion above one reaches another.
func reached(count, mean, dispersion float64) float64 {
	if count <= 0 {
		return 1
	}
	return mathext.RegIncBeta(count, mean/(dispersion-1), 1-1/dispersion)
}

// Emerges reports whether the count is above the bound of the method and its p-value no higher than what Discover found.
func (j Jump) Emerges(found float64) bool { return j.Said() && j.Alarm && j.PValue <= found }
