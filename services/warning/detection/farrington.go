package detection

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Farrington compares a count with what a regression on the same season of earlier years predicts (Farrington 1996).
type Farrington struct {
	// Season says which periods are compared with.
	Season
	// Reweight lowers the weight of earlier outbreaks.
	Reweight bool
	// Trend says whether a trend in time is tried.
	Trend bool
	// Alpha is the share of false alarms accepted, half of it above the bound.
	Alpha float64
	// Power brings counts near a normal distribution: 2/3 sets their skewness right, 1/2 their variance, 1 changes nothing.
	Power float64
	// Recent keeps alarms of few cases down.
	Recent Recent
}

// Season is what a count is compared with: the periods around the same time in earlier years.
type Season struct {
	// Years is how many earlier years are used.
	Years int
	// HalfWindow is how many periods on each side are used.
	HalfWindow int
	// Frequency is the number of periods a year.
	Frequency int
}

// First is the first period with all its years before it.
func (s Season) First() int { return s.Years*s.Frequency + s.HalfWindow + 1 }

// within says whether a period so far back belongs to the season of its year.
func (s Season) within(back int) bool {
	phase := (back + s.HalfWindow) % s.Frequency
	return back > s.HalfWindow && phase <= 2*s.HalfWindow
}

// Recent is how many cases the latest periods need for an alarm.
type Recent struct {
	// Cases is the least sum of the counts.
	Cases float64
	// Periods is how many are added, the one watched among them.
	Periods int
}

// silence takes back the alarms of periods with too few cases.
func (r Recent) silence(counts []float64, results []Result) []Result {
	for i := range results {
		total := 0.0
		for _, count := range counts[max(0, results[i].Period-r.Periods):results[i].Period] {
			total += count
		}
		results[i].Alarm = results[i].Alarm && total >= r.Cases
	}
	return results
}

// unusual is the standardised residual from which an earlier count weighs less.
const unusual = 1

// significant is the p-value below which a trend is kept.
const significant = 0.05

// Watch fits a regression for each period.
func (f Farrington) Watch(counts []float64, first int) []Result {
	z := distuv.UnitNormal.Quantile(1 - f.Alpha/2)
	return f.Recent.silence(counts, watch(f, counts, first, func(period int) float64 {
		past := reference{}
		for back := period - f.oldest(period); back > 0; back-- {
			if f.within(back) {
				past.add(-float64(back), counts[period-back-1], 0)
			}
		}
		trend := 0.0
		if f.Trend {
			trend = f.trendLimit(significant)
		}
		now := past.predict(1, trend, f.Reweight, unusual)
		deviation := math.Sqrt(now.dispersion*now.mean + now.variance)
		return now.mean * math.Pow(1+f.Power*z*deviation/now.mean, 1/f.Power)
	}))
}

// Past are the seasons of earlier years.
func (s Season) Past(counts []float64, period int) []float64 {
	past := make([]float64, 0, s.Years*(2*s.HalfWindow+1))
	for t := s.oldest(period); t < period; t++ {
		if s.within(period - t) {
			past = append(past, counts[t-1])
		}
	}
	return past
}

// trendLimit is the p-value below which a trend is kept; none is tried over too few years.
func (s Season) trendLimit(limit float64) float64 {
	if s.Years < yearsForTrend {
		return 0
	}
	return limit
}

// oldest is the first period compared with.
func (s Season) oldest(period int) int { return period - s.Years*s.Frequency - s.HalfWindow }
