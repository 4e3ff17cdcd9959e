package detection

import "slices"

// reference is the past a count is compared with: times before it, counts, and the part of the year of each.
type reference struct {
	times  []float64
	counts []float64
	parts  []int
}

func (r *reference) add(time, count float64, part int) {
	r.times = append(r.times, time)
	r.counts = append(r.counts, count)
	r.parts = append(r.parts, part)
}

// yearsForTrend is how many years a trend needs.
const yearsForTrend = 3

// prediction is what a regression says of the period watched.
type prediction struct {
	mean, variance, dispersion float64
}

// predict fits the past with a trend where its p-value is below a limit and it leads to no more than was seen, else without.
func (r *reference) predict(parts int, trendLimit float64, reweight bool, unusual float64) prediction {
	if trendLimit > 0 {
		fitted := r.fit(parts, true, reweight, unusual)
		now := fitted.at(row(make([]float64, parts+1), true, 0, 0))
		if fitted.pValue(1) < trendLimit && now.mean <= slices.Max(r.counts) {
			return now
		}
	}
	return r.fit(parts, false, reweight, unusual).at(row(make([]float64, parts), false, 0, 0))
}

// fit fits the past; to reweight, a second time with less weight on what lies unusually far above.
func (r *reference) fit(parts int, trend, reweight bool, unusual float64) *regression {
	rows, width := make([][]float64, len(r.counts)), parts
	if trend {
		width++
	}
	cells := make([]float64, len(rows)*width)
	for i := range rows {
		rows[i] = row(cells[i*width:(i+1)*width], trend, r.times[i], r.parts[i])
	}
	fitted := fit(rows, r.counts, nil)
	if reweight {
		fitted = fit(rows, r.counts, fitted.weights(unusual))
	}
	return fitted
}

// row fills a line of the design: one, the time, and an indicator for each part but the season.
func row(line []float64, trend bool, time float64, part int) []float64 {
	line[0] = 1
	indicators := 0
	if trend {
		line[1], indicators = time, 1
	}
	if part > 0 {
		line[indicators+part] = 1
	}
	return line
}
