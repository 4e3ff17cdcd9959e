package detection

import "math"

// CUSUM adds up by how much counts exceed their mean and alarms once the sum reaches a limit (Rossi 1999); it suits small counts.
type CUSUM struct {
	// Slack is what a period may exceed the mean by without adding, in standard deviations.
	Slack float64
	// Limit is the sum that alarms, in standard deviations.
	Limit float64
	// Transformation brings a count near a standard normal distribution.
	Transformation Transformation
	// Start is the first period added, at least 2; the mean is that of the periods before it.
	Start int
}

// A Transformation brings a count of known mean near a standard normal distribution.
type Transformation string

// The transformations.
const (
	// Standard divides by the standard deviation.
	Standard Transformation = "standard"
	// Rossi suits means below ten.
	Rossi Transformation = "rossi"
)

// First is the first period added.
func (c CUSUM) First() int { return c.Start }

// Past is what the mean is made of, whatever the period.
func (c CUSUM) Past(counts []float64, _ int) []float64 { return counts[:c.Start-1] }

// Watch adds from Start on. An alarm doesn't set the sum back: counts near the mean bring it down.
func (c CUSUM) Watch(counts []float64, first int) []Result {
	if c.Start > len(counts) {
		return nil
	}
	mean, sum := c.mean(counts), 0.0
	results := make([]Result, 0, len(counts)-c.Start+1)
	for period := c.Start; period <= len(counts); period++ {
		bound := c.lowest(mean, c.Limit+c.Slack-sum)
		sum = max(0, sum+c.transform(counts[period-1], mean)-c.Slack)
		if period >= first {
			results = append(results, Result{Period: period, UpperBound: bound, Alarm: sum >= c.Limit})
		}
	}
	return results
}

func (c CUSUM) mean(counts []float64) float64 {
	total := 0.0
	for _, count := range counts[:c.Start-1] {
		total += count
	}
	if total == 0 {
		return math.NaN() // nothing deviates from a mean of zero by so many deviations
	}
	return total / float64(c.Start-1)
}

func (c CUSUM) transform(count, mean float64) float64 {
	if c.Transformation == Rossi {
		return (count - 3*mean + 2*math.Sqrt(count*mean)) / (2 * math.Sqrt(mean))
	}
	return (count - mean) / math.Sqrt(mean)
}

// lowest is the lowest count that transforms to z or more; with Rossi not rounded, and where there is none as in the reference.
func (c CUSUM) lowest(mean, z float64) float64 {
	root := math.Sqrt(mean)
	if c.Transformation != Rossi {
		return max(0, math.Ceil(mean+z*root))
	}
	squared := 4*mean + 2*z*root
	if squared < 0 {
		return 0
	}
	return (math.Sqrt(squared) - root) * (math.Sqrt(squared) - root)
}
