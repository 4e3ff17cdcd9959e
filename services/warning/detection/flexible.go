package detection

import "time"

// FlexibleFarrington is the variant for many series (Noufaily 2013): all of the past with a level for each part of the year,
// outbreaks weighed down later, a trend kept unless it leads beyond the past, and quantiles of the negative binomial.
type FlexibleFarrington struct {
	// Season says how far back is looked, and which periods share the level of the one watched.
	Season
	// Reweight lowers the weight of earlier outbreaks.
	Reweight bool
	// WeightsThreshold is the standardised residual from which an earlier count weighs less.
	WeightsThreshold float64
	// Parts is how many levels a year has: one, the season alone, or the season and equal parts of the rest.
	Parts int
	// Omitted is how many periods just before are left out, since an outbreak may be under way; of no account with one part.
	Omitted int
	// TrendThreshold is the p-value below which a trend is kept.
	TrendThreshold float64
	// Alpha is the share of false alarms accepted.
	Alpha float64
	// Recent keeps alarms of few cases down.
	Recent Recent
	// FirstMonth is the month of the first period where there are twelve a year: a trend then counts days.
	FirstMonth time.Time
}

// Watch fits a regression for each period.
func (f FlexibleFarrington) Watch(counts []float64, first int) []Result {
	return f.Recent.silence(counts, watch(f, counts, first, func(period int) float64 {
		past := reference{}
		for t := f.oldest(period); t < period; t++ {
			if part, used := f.part(period - t); used {
				past.add(f.time(t)-f.time(period), counts[t-1], part)
			}
		}
		now := past.predict(f.Parts, f.trendLimit(f.TrendThreshold), f.Reweight, f.WeightsThreshold)
		if now.dispersion > 1 {
			return negativeBinomialQuantile(1-f.Alpha, now.mean/(now.dispersion-1), now.mean)
		}
		return poissonQuantile(1-f.Alpha, now.mean)
	}))
}

// part is the part of the year of a period so far back, 0 for the season, and whether it is used.
func (f FlexibleFarrington) part(back int) (part int, used bool) {
	if f.Parts == 1 {
		return 0, f.within(back)
	}
	if back <= f.Omitted {
		return 0, false
	}
	phase := (back + f.HalfWindow) % f.Frequency
	season := 2*f.HalfWindow + 1
	if phase < season {
		return 0, true
	}
	return 1 + (phase-season)*(f.Parts-1)/(f.Frequency-season), true
}

// time is where a period stands, in periods or, for months, in days.
func (f FlexibleFarrington) time(period int) float64 {
	if f.Frequency != monthsAYear {
		return float64(period)
	}
	return f.FirstMonth.AddDate(0, period-1, 0).Sub(f.FirstMonth).Hours() / 24
}

const monthsAYear = 12
