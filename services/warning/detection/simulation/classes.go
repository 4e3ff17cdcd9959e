package simulation

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/qingfeng-suite/qingfeng/services/internal/parallel"
	"github.com/qingfeng-suite/qingfeng/services/warning/detection"
)

// Sizes of an analysis: its series, how many of them are like the one that stands out, and of what is prevalent the units of a
// subtree, of which every third stirs.
const (
	analysed  = 420
	oneIn     = 20
	unitsEach = 15
)

// What the shipped schemes ask for: the rate of false discoveries, the fewest tips of a series that is tested, and the level of
// what is prevalent.
const (
	rate   = 0.1
	fewest = 5
	spread = 0.05
)

// verdict is what a class says of one series or subtree.
type verdict struct {
	pValue     float64
	hit, there bool
}

// class is a class of findings, and what is put into some series for it to find.
type class struct {
	name, test, there string
	run               func(from rand.Source) []verdict
}

// classes are what is measured: emerging by each method, prevalent by the method of the shipped schemes, and tending.
func classes() (list []class) {
	for _, c := range candidates {
		for _, o := range jumps {
			list = append(list, class{
				"emerging", c.name + " " + c.usual(), fmt.Sprintf("outbreak of %g", o.Size),
				func(from rand.Source) []verdict { return emerging(c.method(usual), o, from) },
			})
		}
	}
	for _, o := range jumps {
		c := candidates[1]
		list = append(list, class{
			"prevalent", c.name + " " + c.usual(), fmt.Sprintf("outbreaks of %g at a third of the units", o.Size),
			func(from rand.Source) []verdict { return prevalent(c.method(usual), o, from) },
		})
	}
	for _, m := range []struct{ frequency, months int }{{1, 24}, {12, 60}} {
		for _, times := range []float64{2, 4} {
			list = append(list, class{
				"tending", fmt.Sprintf("Mann–Kendall freq=%d, %d months", m.frequency, m.months),
				fmt.Sprintf("rise to %g times as many", times), func(from rand.Source) []verdict {
					return tending(detection.MannKendall{Frequency: m.frequency}, m.months, times, from)
				},
			})
		}
	}
	return list
}

// jumps are the outbreaks that classes are measured by; half of each comes in the month that is tested.
var jumps = []Outbreak{{12, 1}, {24, 1}}

// outcome is what a class came to over some analyses.
type outcome struct {
	class
	// wrong is the mean share of what is found that is false, power the share found of what is there, and low the share of what
	// is quiet with a p-value of 5 % or less.
	wrong, power, low float64
	found             int
}

// tryClass runs so many analyses.
func tryClass(seed uint64, c class, runs int) outcome {
	o := outcome{class: c}
	var there, right, quiet, low int
	for _, verdicts := range parallel.Map(runs, func(i int) []verdict { return c.run(source(seed, c.name+c.test+c.there, i)) }) {
		hits, wrong := 0, 0
		for _, v := range verdicts {
			switch {
			case v.there:
				there++
			default:
				quiet++
				if v.pValue <= spread {
					low++
				}
			}
			if v.hit {
				hits++
			}
			if v.hit && !v.there {
				wrong++
			}
		}
		right, o.found = right+hits-wrong, o.found+hits
		o.wrong += share(wrong, hits) / float64(runs)
	}
	o.power, o.low = share(right, there), share(low, quiet)
	return o
}

// emerging tests series of which some have an outbreak that begins in the last month.
func emerging(m detection.Method, o Outbreak, from rand.Source) []verdict {
	found, verdicts := test(m, o, from, func(i int) bool { return i%oneIn == 0 })
	threshold := detection.Discover(pValues(verdicts), rate)
	for i, j := range found {
		verdicts[i].hit = j.Emerges(threshold)
	}
	return verdicts
}

// prevalent tests subtrees, in some of which a third of the units have an outbreak.
func prevalent(m detection.Method, o Outbreak, from rand.Source) []verdict {
	stirs := func(i int) bool { return i/unitsEach%10 == 0 }
	_, units := test(m, o, from, func(i int) bool { return stirs(i) && i%3 == 0 })
	trees := make([]verdict, 0, analysed/unitsEach)
	for i := 0; i < len(units); i += unitsEach {
		s := detection.TestSpread(pValues(units[i:i+unitsEach]), spread)
		trees = append(trees, verdict{pValue: s.PValue, there: stirs(i)})
	}
	return discover(trees)
}

// test gives the jumps of an analysis, where some series have an outbreak.
func test(m detection.Method, o Outbreak, from rand.Source, stirs func(i int) bool) ([]detection.Jump, []verdict) {
	found, verdicts := make([]detection.Jump, analysed), make([]verdict, analysed)
	for i := range analysed {
		b := steady[i%len(steady)]
		counts := b.drawTested(from)
		if verdicts[i].there = stirs(i); verdicts[i].there {
			b.add(counts, o, months-1, from)
		}
		found[i], _ = detection.FindJump(m, counts)
	}
	detection.CompareJumps(found)
	for i, j := range found {
		verdicts[i].pValue = j.PValue
	}
	return found, verdicts
}

// tending tests series of which some rise.
func tending(m detection.MannKendall, length int, times float64, from rand.Source) []verdict {
	verdicts := make([]verdict, analysed)
	for i := range verdicts {
		b := steady[i%len(steady)]
		if verdicts[i].there = i%oneIn == 0; verdicts[i].there {
			b.Trend = math.Log(times) / float64(length)
			b.Mean *= math.Exp(-b.Trend * float64(months-length)) // as high as the others where it begins
		}
		trend, _ := m.Test(b.drawTested(from)[months-length:])
		verdicts[i].pValue = trend.PValue
	}
	return discover(verdicts)
}

// drawTested draws a series with tips enough to be tested.
func (b Baseline) drawTested(from rand.Source) []float64 {
	for {
		counts, tips := b.draw(from), 0.0
		for _, count := range counts {
			tips += count
		}
		if tips >= fewest {
			return counts
		}
	}
}

func discover(verdicts []verdict) []verdict {
	threshold := detection.Discover(pValues(verdicts), rate)
	for i := range verdicts {
		verdicts[i].hit = verdicts[i].pValue <= threshold
	}
	return verdicts
}

func pValues(verdicts []verdict) []float64 {
	list := make([]float64, len(verdicts))
	for i, v := range verdicts {
		list[i] = v.pValue
	}
	return list
}
