package detection

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// MannKendall tests whether counts rise (倾向, tending): whether later counts are higher more often than lower (Mann 1945; Kendall
// 1975). With a season, counts are compared with those of the same part of other years alone (Hirsch, Slack and Smith 1982).
type MannKendall struct {
	// Frequency is the number of periods a year; 1 where there is no season.
	Frequency int
}

// Trend says whether a series rises.
type Trend struct {
	// S is how many more pairs rise than fall.
	S float64
	// Variance is that of S where there is no trend, exact with ties.
	Variance float64
	// Tau is the share of all pairs that S is, from -1 to 1.
	Tau float64
	// PValue is the probability of an S as high or higher, from a normal distribution with correction for continuity.
	PValue float64
}

// The fewest counts for which the normal distribution of S holds: Kendall's ten, and with a season three of each part.
const (
	fewestForTrend = 10
	yearsForSeason = 3
)

// First is the fewest periods that are tested.
func (m MannKendall) First() int { return max(fewestForTrend, yearsForSeason*m.Frequency) }

// Test tests a series of whole periods: one that still runs would count for less than it will. ok is false where the series is
// too short.
func (m MannKendall) Test(counts []float64) (trend Trend, ok bool) {
	if len(counts) < m.First() {
		return Trend{}, false
	}
	part, pairs := make([]float64, 0, len(counts)/m.Frequency+1), 0
	for season := range m.Frequency {
		part = part[:0]
		for i := season; i < len(counts); i += m.Frequency {
			part = append(part, counts[i])
		}
		trend.S += rises(part)
		trend.Variance += riseVariance(part)
		pairs += len(part) * (len(part) - 1) / 2
	}
	trend.Tau = trend.S / float64(pairs)
	trend.PValue = 1
	if trend.Variance > 0 {
		trend.PValue = distuv.UnitNormal.Survival((trend.S - 1) / math.Sqrt(trend.Variance))
	}
	return trend, true
}

// rises is how many more pairs rise than fall.
func rises(counts []float64) (s float64) {
	for i, earlier := range counts {
		for _, later := range counts[i+1:] {
			switch {
			case later > earlier:
				s++
			case later < earlier:
				s--
			}
		}
	}
	return s
}

// riseVariance is the variance of rises over all orders of the counts, which it sorts.
func riseVariance(counts []float64) float64 {
	slices.Sort(counts)
	variance := ordered(len(counts))
	for i := 0; i < len(counts); {
		ties := i
		for ties < len(counts) && counts[ties] == counts[i] {
			ties++
		}
		variance -= ordered(ties - i)
		i = ties
	}
	return variance / 18
}

// ordered is 18 times the variance that so many distinct counts add, and that so many tied ones take away.
func ordered(n int) float64 { return float64(n) * float64(n-1) * float64(2*n+5) }
