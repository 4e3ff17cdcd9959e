package detection

import (
	"math"
	"sort"

	"gonum.org/v1/gonum/mathext"
)

// summed is the mean up to which adding up probabilities is quicker than searching; at 100 the first is no less than exp(-100).
const summed = 100

// negativeBinomialQuantile is the least count whose probability of not being exceeded is p, for a size and a mean.
func negativeBinomialQuantile(p, size, mean float64) float64 {
	if mean > 0 && mean <= summed {
		count, probability := 0.0, math.Exp(-size*math.Log1p(mean/size))
		for total := probability; total < p; total += probability {
			probability *= (size + count) / (count + 1) * mean / (size + mean)
			count++
		}
		return count
	}
	success := size / (size + mean)
	return quantile(p, mean, func(count float64) float64 { return mathext.RegIncBeta(size, count+1, success) })
}

// poissonQuantile is the least count whose probability of not being exceeded is p.
func poissonQuantile(p, mean float64) float64 {
	return quantile(p, mean, func(count float64) float64 { return mathext.GammaIncRegComp(count+1, mean) })
}

// quantile is found between 0 and the first of doubling steps from the mean that reaches p; NaN where there is no usable mean.
func quantile(p, mean float64, cumulative func(count float64) float64) float64 {
	switch {
	case mean == 0:
		return 0
	case !(mean > 0 && mean < 1e15):
		return math.NaN()
	}
	high := math.Ceil(mean) + 1
	for cumulative(high) < p {
		high *= 2
	}
	return float64(sort.Search(int(high), func(count int) bool { return cumulative(float64(count)) >= p }))
}
