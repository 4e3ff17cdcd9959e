package detection_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"github.com/qingfeng-suite/qingfeng/services/warning/detection"
	"github.com/qingfeng-suite/qingfeng/services/warning/detection/simulation"
)

func method(t require.TestingT, name, parameters string) detection.Method {
	m, err := detection.New(name, parameters)
	require.NoError(t, err)
	return m
}

func counts(fewest, most, highest int) *rapid.Generator[[]float64] {
	return rapid.SliceOfN(rapid.Map(rapid.IntRange(0, highest), func(n int) float64 { return float64(n) }), fewest, most)
}

// jumped is the jump of a series that is tested alone.
func jumped(t require.TestingT, m detection.Method, counts []float64) detection.Jump {
	jump, ok := detection.FindJump(m, counts)
	require.True(t, ok)
	jumps := []detection.Jump{jump}
	detection.CompareJumps(jumps)
	return jumps[0]
}

func TestX4_AJumpIsTestedExactly(t *testing.T) {
	t.Parallel()
	m := method(t, "C1", "baseline=4")
	_, ok := detection.FindJump(m, []float64{1, 2, 1, 2})
	assert.False(t, ok, "too short for the method")
	jump := jumped(t, m, []float64{1, 2, 1, 2, 9})
	assert.InDelta(t, 1, jump.Dispersion, 0, "what varies less than chance has it does not count for less")
	assert.InDelta(t, 6.5/4, jump.Mean, 1e-12)
	// With 6 tips in 4 periods the next count is negative binomial: 6.5 successes of 4/5; gamma(6.5+k)/gamma(6.5)/k!.
	below := 0.0
	for k := range 9 {
		a, _ := math.Lgamma(6.5 + float64(k))
		b, _ := math.Lgamma(6.5)
		c, _ := math.Lgamma(float64(k) + 1)
		below += math.Exp(a - b - c + 6.5*math.Log(0.8) + float64(k)*math.Log(0.2))
	}
	assert.InDelta(t, 1-below, jump.PValue, 1e-12)
	assert.True(t, jump.Emerges(jump.PValue))
	assert.False(t, jump.Emerges(jump.PValue/2))
	empty := jumped(t, m, make([]float64, 5))
	assert.InDelta(t, 1, empty.PValue, 0)
	assert.False(t, empty.Emerges(1))
}

// Where the past varies as chance has it, the p-value is that of the method of Bayes: what alarms at a level is below it.
func TestX4_AJumpAgreesWithBayes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m, ok := method(t, "bayes", "b=0;w=12;alpha=0.01").(detection.Bayes)
		require.True(t, ok)
		jump := jumped(t, m, counts(13, 20, 6).Draw(t, "counts"))
		if jump.Dispersion == 1 {
			require.Equal(t, jump.Alarm, jump.PValue <= m.Alpha)
		} else if jump.PValue <= m.Alpha {
			require.True(t, jump.Alarm, "a wider past makes less of it")
		}
	})
}

func TestX4_AHigherCountIsLessProbable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := method(t, "C2", "")
		series := counts(10, 40, 30).Draw(t, "counts")
		higher := slices.Clone(series)
		higher[len(higher)-1] += float64(rapid.IntRange(1, 50).Draw(t, "more"))
		require.Less(t, jumped(t, m, higher).PValue, jumped(t, m, series).PValue+1e-300)
	})
}

// What few small counts can't show of their dispersion, all series together do.
func TestX4_TheDispersionOfAllSeriesCounts(t *testing.T) {
	t.Parallel()
	m := method(t, "C1", "baseline=4")
	quiet, _ := detection.FindJump(m, []float64{1, 2, 1, 2, 9})
	wild, _ := detection.FindJump(m, []float64{0, 9, 0, 7, 1})
	jumps := []detection.Jump{quiet, wild}
	detection.CompareJumps(jumps)
	assert.Greater(t, jumps[0].Dispersion, 1.0)
	assert.Greater(t, jumps[0].PValue, jumped(t, m, []float64{1, 2, 1, 2, 9}).PValue)
	assert.Greater(t, jumps[1].Dispersion, jumps[0].Dispersion, "its own is higher")
}

// permutations calls for each order of the counts.
func permutations(counts []float64, k int, of func([]float64)) {
	if k == len(counts) {
		of(counts)
		return
	}
	for i := k; i < len(counts); i++ {
		counts[k], counts[i] = counts[i], counts[k]
		permutations(counts, k+1, of)
		counts[k], counts[i] = counts[i], counts[k]
	}
}

// The variance of S is exact with ties: that over all orders of the same counts. The orders of the first year repeat each part's.
func TestX4_TheVarianceOfATrendIsThatOfAllOrders(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		part := counts(6, 6, 3).Draw(t, "counts")
		// Two parts of the year, one of which never changes, so that S is that of the other, of which all orders are tried.
		series := func(order []float64) []float64 {
			all := make([]float64, 0, 12)
			for _, count := range order {
				all = append(all, count, 1)
			}
			return all
		}
		m := detection.MannKendall{Frequency: 2}
		given, ok := m.Test(series(part))
		require.True(t, ok)
		squares, orders, reaching := 0.0, 0.0, 0.0
		permutations(slices.Clone(part), 0, func(order []float64) {
			trend, _ := m.Test(series(order))
			squares += trend.S * trend.S
			orders++
			if trend.S >= given.S {
				reaching++
			}
		})
		require.InDelta(t, squares/orders, given.Variance, 1e-9)
		require.InDelta(t, reaching/orders, given.PValue, 0.13, "the normal distribution is near even for six counts")
	})
}

func TestX4_ATrendIsOneOfRise(t *testing.T) {
	t.Parallel()
	m := detection.MannKendall{Frequency: 1}
	rising := make([]float64, 12)
	for i := range rising {
		rising[i] = float64(i)
	}
	up, ok := m.Test(rising)
	require.True(t, ok)
	assert.InDelta(t, 66, up.S, 0)
	assert.InDelta(t, 1, up.Tau, 0)
	assert.InDelta(t, 12*11*29/18., up.Variance, 1e-9)
	assert.Less(t, up.PValue, 1e-5)
	slices.Reverse(rising)
	down, _ := m.Test(rising)
	assert.InDelta(t, -66, down.S, 0)
	assert.Greater(t, down.PValue, 0.99, "a fall is no finding, nor is a last period of which something is late")
	flat, _ := m.Test(make([]float64, 12))
	assert.InDelta(t, 1, flat.PValue, 0)
	_, ok = m.Test(make([]float64, 9))
	assert.False(t, ok, "too short")
	_, ok = detection.MannKendall{Frequency: 12}.Test(make([]float64, 35))
	assert.False(t, ok, "too short for a season")
}

// A season is no trend: each part of the year is compared with itself.
func TestX4_ASeasonIsNoTrend(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		series := counts(48, 48, 20).Draw(t, "counts")
		shift := counts(12, 12, 1000).Draw(t, "season")
		shifted := slices.Clone(series)
		for i := range shifted {
			shifted[i] += shift[i%12]
		}
		m := detection.MannKendall{Frequency: 12}
		want, _ := m.Test(series)
		got, _ := m.Test(shifted)
		require.Equal(t, want, got)
	})
}

func TestX4_SpreadIsBinomial(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Float64Range(0, 1), 0, 40).Draw(t, "p")
		level := rapid.SampledFrom([]float64{0.01, 0.05, 0.2}).Draw(t, "level")
		s := detection.TestSpread(p, level)
		want := 0.0
		for k := s.Exceeding; k <= s.Units; k++ {
			if s.Units > 0 {
				want += distuv.Binomial{N: float64(s.Units), P: level}.Prob(float64(k))
			}
		}
		if s.Exceeding == 0 {
			want = 1
		}
		require.InDelta(t, want, s.PValue, 1e-9)
	})
}

func TestX4_DiscoveriesAreThoseOfBenjaminiAndHochberg(t *testing.T) {
	t.Parallel()
	p := []float64{0.041, 0.001, 0.008, 0.039, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216, 0.222, 0.251, 0.269, 0.275, 0.34}
	assert.InDelta(t, 0.001, detection.Discover(p, 0.05), 0)
	assert.InDelta(t, 0.074, detection.Discover(p, 0.25), 0)
	assert.InDelta(t, 0.0, detection.Discover([]float64{0, 0, 1}, 0.05), 0, "zero is found")
	assert.Negative(t, detection.Discover(nil, 0.05))
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.SampledFrom([]float64{0, 0.001, 0.01, 0.01, 0.02, 0.04, 0.3, 1}), 1, 30).Draw(t, "p")
		rate := rapid.Float64Range(0.01, 0.5).Draw(t, "rate")
		found := detection.Discover(values, rate)
		number := func(limit float64) (n int) {
			for _, v := range values {
				if v <= limit {
					n++
				}
			}
			return n
		}
		want := -1.0
		for _, v := range values { // by the definition: with ties, all of a value or none
			if v <= rate*float64(number(v))/float64(len(values)) {
				want = max(want, v)
			}
		}
		require.InDelta(t, want, found, 0)
		reversed := slices.Clone(values)
		slices.Reverse(reversed)
		require.InDelta(t, found, detection.Discover(reversed, rate), 0, "the order does not matter")
		require.LessOrEqual(t, found, detection.Discover(values, min(1, rate*1.5)), "a higher rate finds as much or more")
		lower := slices.Clone(values)
		lower[0] /= 2
		n := number(found)
		values = lower
		require.GreaterOrEqual(t, number(detection.Discover(lower, rate)), n, "a lower p-value loses nothing")
	})
}

// found counts what is found of a class, and what of it is false.
type found struct{ all, wrong float64 }

func (f *found) add(hit, there bool) {
	if hit {
		f.all++
	}
	if hit && !there {
		f.wrong++
	}
}

// month60 is a series of 60 monthly counts around two, with a season; the last jumps by some, or all rise threefold.
func month60(jump float64, rises bool, dispersion float64, from rand.Source) []float64 {
	counts := make([]float64, 60)
	for month := range counts {
		mean := 2 + math.Sin(float64(month)*math.Pi/6)
		if rises {
			mean *= 1 + 2*float64(month)/60
		}
		if month == 59 {
			mean += jump
		}
		counts[month] = simulation.Count(mean, dispersion, from)
	}
	return counts
}

// Of 400 series 20 jump and 20 rise; over ten runs, no more than the chosen rate of what is found is false, and most of what is there
// is found.
func TestX4_TheRateOfFalseDiscoveriesIsHeld(t *testing.T) {
	t.Parallel()
	const rate, runs, series, each = 0.2, 10, 400, 20
	m := method(t, "bayes", "b=3;w=1;freq=12")
	for _, dispersion := range []float64{1, 2} {
		from := rand.NewPCG(1, uint64(dispersion))
		var jumps, trends found
		var falseJumps, falseTrends float64
		for range runs {
			jump, rise := make([]detection.Jump, series), make([]float64, series)
			for i := range series {
				higher := 0.0
				if i < each {
					higher = 14
				}
				counts := month60(higher, i >= series-each, dispersion, from)
				jump[i], _ = detection.FindJump(m, counts)
				trend, _ := detection.MannKendall{Frequency: 12}.Test(counts)
				rise[i] = trend.PValue
			}
			detection.CompareJumps(jump)
			emerging, tending := detection.Discover(pValues(jump), rate), detection.Discover(rise, rate)
			var j, r found
			for i := range series {
				j.add(jump[i].Emerges(emerging), i < each || i >= series-each)
				r.add(rise[i] <= tending, i < each || i >= series-each)
			}
			falseJumps, falseTrends = falseJumps+j.wrong/max(1, j.all), falseTrends+r.wrong/max(1, r.all)
			jumps.all, trends.all = jumps.all+j.all-j.wrong, trends.all+r.all-r.wrong
		}
		assert.LessOrEqual(t, falseJumps/runs, rate, "dispersion %v", dispersion)
		assert.LessOrEqual(t, falseTrends/runs, rate, "dispersion %v", dispersion)
		assert.Greater(t, jumps.all, runs*each*0.5, "dispersion %v", dispersion)
		assert.Greater(t, trends.all, runs*each*0.5, "dispersion %v", dispersion)
	}
}

func BenchmarkClasses(b *testing.B) {
	series := make([]float64, 60)
	for i := range series {
		series[i] = float64(i * 7 % 5)
	}
	for _, c := range []struct{ name, parameters string }{
		{"C2", "baseline=12"}, {"bayes", "freq=12;b=3;w=1"}, {"farrington", "freq=12"}, {"farringtonFlexible", "freq=12;noPeriods=5"},
	} {
		m := method(b, c.name, c.parameters)
		b.Run(c.name, func(b *testing.B) {
			jumps := make([]detection.Jump, 1)
			for b.Loop() {
				jumps[0], _ = detection.FindJump(m, series)
				detection.CompareJumps(jumps)
			}
		})
	}
	for name, frequency := range map[string]int{"trend": 1, "trendOfSeason": 12} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				detection.MannKendall{Frequency: frequency}.Test(series)
			}
		})
	}
}

func pValues(jumps []detection.Jump) []float64 {
	list := make([]float64, len(jumps))
	for i, j := range jumps {
		list[i] = j.PValue
	}
	return list
}
