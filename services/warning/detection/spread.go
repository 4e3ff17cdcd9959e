package detection

import "gonum.org/v1/gonum/mathext"

// Spread says whether more units of a subtree stand out than chance has it (普遍, prevalent).
type Spread struct {
	// Units is how many units were tested.
	Units int
	// Exceeding is how many of them have a p-value no higher than Level.
	Exceeding int
	// Level is the share that chance lets exceed at most.
	Level float64
	// PValue is the probability that so many or more exceed by chance.
	PValue float64
}

// TestSpread tests how many of some exact p-values, one of each unit, are no higher than a level. By chance no more than that
// share is, each by itself: the binomial probability is an upper bound.
func TestSpread(pValues []float64, level float64) Spread {
	s := Spread{Units: len(pValues), Level: level, PValue: 1}
	for _, p := range pValues {
		if p <= level {
			s.Exceeding++
		}
	}
	if s.Exceeding > 0 {
		s.PValue = mathext.RegIncBeta(float64(s.Exceeding), float64(s.Units-s.Exceeding+1), level)
	}
	return s
}
