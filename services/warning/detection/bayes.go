package detection

import "gonum.org/v1/gonum/floats"

// Bayes compares a count with what the same season of earlier years and the periods just before predict (Riebler 2004).
// Counts are Poisson with Jeffreys' prior on their mean: the prediction is negative binomial. It suits small counts.
type Bayes struct {
	// Years is how many earlier years are used.
	Years int
	// HalfWindow is how many periods on each side of the season are used.
	HalfWindow int
	// CurrentYear says whether the HalfWindow periods just before are used too.
	CurrentYear bool
	// Alpha is the share of false alarms accepted.
	Alpha float64
	// Frequency is the number of periods a year.
	Frequency int
}

// First is the first period with all its years before it.
func (b Bayes) First() int { return b.Years*b.Frequency + b.HalfWindow + 1 }

// Watch applies the method.
func (b Bayes) Watch(counts []float64, first int) []Result {
	return watch(b, counts, first, func(period int) float64 {
		past := b.Past(counts, period)
		size := floats.Sum(past) + jeffreys
		return negativeBinomialQuantile(1-b.Alpha, size, size/float64(len(past)))
	})
}

// jeffreys is what Jeffreys' prior on a mean adds to the sum of counts.
const jeffreys = 0.5

// Past are the seasons of earlier years and, where they are used, the periods just before.
func (b Bayes) Past(counts []float64, period int) []float64 {
	past := make([]float64, 0, (b.Years+1)*(2*b.HalfWindow+1))
	for year := 1; year <= b.Years; year++ {
		season := period - year*b.Frequency
		past = append(past, counts[season-b.HalfWindow-1:season+b.HalfWindow]...)
	}
	if b.CurrentYear {
		past = append(past, counts[period-b.HalfWindow-1:period-1]...)
	}
	return past
}
