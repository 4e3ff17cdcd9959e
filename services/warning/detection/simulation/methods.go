package simulation

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/qingfeng-suite/qingfeng/services/internal/parallel"
	"github.com/qingfeng-suite/qingfeng/services/warning/detection"
)

// candidate is a method with parameters for months, and how strictly it may be asked: by the share of false alarms accepted, or
// by the limit of CUSUM, from the strictest on. The tables show the usual one.
type candidate struct {
	name, parameters string
	levels           [4]float64
}

const usual = 1

// candidates are the methods. Farrington halves its share of false alarms, so that it is given twice as much.
var candidates = []candidate{
	{"C1", "baseline=12;alpha=%g", shares},
	{"C2", "baseline=12;alpha=%g", shares},
	{"C3", "baseline=12;alpha=%g", shares},
	{"bayes", "freq=12;b=5;w=1;alpha=%g", shares},
	{"cusum", "start=61;trans=rossi;h=%g", [4]float64{4, 2.26, 1.5, 1}},
	{"farrington", "freq=12;b=5;w=1;alpha=%g", [4]float64{0.002, 0.02, 0.1, 0.2}},
	{"farringtonFlexible", "freq=12;b=5;w=1;noPeriods=5;alpha=%g", shares},
}

var shares = [4]float64{0.001, 0.01, 0.05, 0.1}

func (c candidate) usual() string { return fmt.Sprintf(c.parameters, c.levels[usual]) }

// method makes the method at a level; its parameters are ours and known to be right.
func (c candidate) method(level int) detection.Method {
	m, err := detection.New(c.name, fmt.Sprintf(c.parameters, c.levels[level]))
	if err != nil {
		panic(err)
	}
	return m
}

// tally counts what a method alarms of quiet months and finds of outbreaks. Whole numbers add up to the same in any order.
type tally struct {
	quiet, alarms int
	outbreaks     [4]struct{ all, found, late int }
}

func (t *tally) add(other tally) {
	t.quiet += other.quiet
	t.alarms += other.alarms
	for i, o := range other.outbreaks {
		t.outbreaks[i].all += o.all
		t.outbreaks[i].found += o.found
		t.outbreaks[i].late += o.late
	}
}

// falseAlarms is the share of quiet months that alarm.
func (t *tally) falseAlarms() float64 { return share(t.alarms, t.quiet) }

// power is the share of outbreaks that are found.
func (t *tally) power(outbreak int) float64 {
	return share(t.outbreaks[outbreak].found, t.outbreaks[outbreak].all)
}

// delay is how many months after its first month an outbreak that is found is so, on average.
func (t *tally) delay(outbreak int) float64 {
	return share(t.outbreaks[outbreak].late, t.outbreaks[outbreak].found)
}

func share(part, all int) float64 {
	if all == 0 {
		return 0
	}
	return float64(part) / float64(all)
}

// trial are the tallies by candidate and level.
type trial [][4]tally

func (t trial) add(other trial) {
	for c := range t {
		for level := range t[c] {
			t[c][level].add(other[c][level])
		}
	}
}

// tryMethods watches so many series of a baseline by every method, each quiet and with each outbreak.
func tryMethods(seed uint64, b Baseline, series int) trial {
	sum := make(trial, len(candidates))
	for _, one := range parallel.Map(series, func(i int) trial { return tryOne(source(seed, b.Name, i), b) }) {
		sum.add(one)
	}
	return sum
}

func tryOne(from rand.Source, b Baseline) trial {
	quiet, one := b.draw(from), make(trial, len(candidates))
	begins, stirred := make([]int, len(outbreaks)), make([][]float64, len(outbreaks))
	for i, o := range outbreaks {
		begins[i] = months - watched + rand.New(from).IntN(watched-o.lasts()+1) //nolint:gosec // to be drawn again
		stirred[i] = slices.Clone(quiet)
		b.add(stirred[i], o, begins[i], from)
	}
	for c, candidate := range candidates {
		for level := range candidate.levels {
			t, m := &one[c][level], candidate.method(level)
			for _, result := range m.Watch(quiet, months-watched+1) {
				t.quiet++
				if result.Alarm {
					t.alarms++
				}
			}
			for i, o := range outbreaks {
				t.watch(m, stirred[i][:begins[i]+o.lasts()], begins[i], i)
			}
		}
	}
	return one
}

// watch notes whether an outbreak is found before its last months are over.
func (t *tally) watch(m detection.Method, counts []float64, begin, outbreak int) {
	o := &t.outbreaks[outbreak]
	o.all++
	results := m.Watch(counts, begin+1)
	if late := slices.IndexFunc(results, func(r detection.Result) bool { return r.Alarm }); late >= 0 {
		o.found++
		o.late += late
	}
}
