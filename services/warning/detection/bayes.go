package detection

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
		total, number := 0.0, 0
		add := func(from, to int) {
			for _, count := range counts[from-1 : to] {
				total += count
			}
			number += to - from + 1
		}
		for year := 1; year <= b.Years; year++ {
			season := period - year*b.Frequency
			add(season-b.HalfWindow, season+b.HalfWindow)
		}
		if b.CurrentYear {
			add(period-b.HalfWindow, period-1)
		}
		size := total + 0.5 // Jeffreys' prior
		return negativeBinomialQuantile(1-b.Alpha, size, size/float64(number))
	})
}
