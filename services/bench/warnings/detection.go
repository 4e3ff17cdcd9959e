package warnings

import (
	"math/rand/v2"
	"time"

	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/parallel"
	"github.com/qingfeng-suite/qingfeng/services/internal/treeimport"
	"github.com/qingfeng-suite/qingfeng/services/warning/detection"
)

// Sizes of the series, and what the shipped schemes say of the classes.
const (
	areas        = 6
	months       = 60
	trendMonths  = 24
	fewestJump   = 5
	fewestTrend  = 12
	fewestSpread = 3
	fewestUnits  = 3
	level        = 0.05
	rate         = 0.1
	jumpOne      = 1_000 // one in so many series jumps in the last month
	jump         = 8
	together     = 10_000 // series that one processor takes at a time
)

// chances are those of a tip in a month: half of the series have none, one in ten has one in most months.
var chances = [10]float64{0, 0, 0, 0, 0, 0.05, 0.05, 0.05, 0.05, 0.6}

// Detected is what the classes came to over all series.
type Detected struct {
	// Series is how many there are, Tested how many hold tips enough to be tested by a class at least.
	Series, Tested int
	// Emerging, Tending and Prevalent are the findings.
	Emerging, Tending, Prevalent int
	Took                         time.Duration
}

// Draw makes the counts of all series, those of a unit and an area one after the other.
func Draw(units int) []uint8 {
	counts := make([]uint8, units*areas*months)
	inParts(units*areas, func(from, to int) struct{} {
		dice := rand.New(rand.NewPCG(1, uint64(from))) //nolint:gosec // the same series in every run
		for s := from; s < to; s++ {
			chance := chances[dice.IntN(len(chances))]
			for m := range months {
				if chance > 0 && dice.Float64() < chance {
					counts[s*months+m]++
				}
			}
			if dice.IntN(jumpOne) == 0 {
				counts[(s+1)*months-1] += jump
			}
		}
		return struct{}{}
	})
	return counts
}

// tests are those of some series.
type tests struct {
	series []int
	jumps  []detection.Jump // of each of the series
	tips   []int            // likewise
	trends []float64        // p-values of those with tips enough
}

// Detect tests emerging, tending and prevalent over all series of the units of rows, emerging by a method.
func Detect(rows []treeimport.Row, counts []uint8, method detection.Method, now clock.Clock) Detected {
	began := now.Now()
	parts := inParts(len(counts)/months, func(from, to int) (t tests) {
		for s := from; s < to; s++ {
			t.add(s, counts[s*months:(s+1)*months], method)
		}
		return t
	})
	var all tests
	for _, t := range parts {
		all.series, all.jumps = append(all.series, t.series...), append(all.jumps, t.jumps...)
		all.tips, all.trends = append(all.tips, t.tips...), append(all.trends, t.trends...)
	}
	detection.CompareJumps(all.jumps)
	d := Detected{Series: len(counts) / months, Tested: len(all.series)}
	d.Emerging, d.Tending, d.Prevalent = all.emerging(), discovered(all.trends), all.prevalent(rows)
	d.Took = now.Now().Sub(began)
	return d
}

// add tests one series; one with fewer tips than any class asks for is left out.
func (t *tests) add(series int, counts []uint8, method detection.Method) {
	tips := 0
	for _, count := range counts {
		tips += int(count)
	}
	if tips < fewestSpread {
		return
	}
	values, recent := make([]float64, months), 0
	for i, count := range counts {
		values[i] = float64(count)
		if i >= months-trendMonths {
			recent += int(count)
		}
	}
	jumped, _ := detection.FindJump(method, values)
	t.series, t.jumps, t.tips = append(t.series, series), append(t.jumps, jumped), append(t.tips, tips)
	if recent >= fewestTrend {
		trend, _ := detection.MannKendall{Frequency: 1}.Test(values[months-trendMonths:])
		t.trends = append(t.trends, trend.PValue)
	}
}

func (t *tests) emerging() (found int) {
	var pValues []float64
	for i, j := range t.jumps {
		if t.tips[i] >= fewestJump {
			pValues = append(pValues, j.PValue)
		}
	}
	threshold := detection.Discover(pValues, rate)
	for i, j := range t.jumps {
		if t.tips[i] >= fewestJump && j.Emerges(threshold) {
			found++
		}
	}
	return found
}

// prevalent tests each unit that others lie below, by area.
func (t *tests) prevalent(rows []treeimport.Row) int {
	at := make(map[string]int, len(rows))
	above := make([]int, len(rows))
	for i, row := range rows { // those above come first
		at[row.ID] = i
		above[i] = -1
		if parent, known := at[row.Parent]; known {
			above[i] = parent
		}
	}
	below := map[int][]float64{}
	for i, s := range t.series {
		for unit := above[s/areas]; unit >= 0; unit = above[unit] {
			key := unit*areas + s%areas
			below[key] = append(below[key], t.jumps[i].PValue)
		}
	}
	var pValues []float64
	for _, list := range below {
		if len(list) >= fewestUnits {
			pValues = append(pValues, detection.TestSpread(list, level).PValue)
		}
	}
	return discovered(pValues)
}

// discovered is how many p-values are found.
func discovered(pValues []float64) (found int) {
	threshold := detection.Discover(pValues, rate)
	for _, p := range pValues {
		if p <= threshold {
			found++
		}
	}
	return found
}

// inParts does n things on all processors, some of them together, and gives what each part gave, in order.
func inParts[T any](n int, do func(from, to int) T) []T {
	return parallel.Map((n+together-1)/together, func(i int) T { return do(i*together, min((i+1)*together, n)) })
}
