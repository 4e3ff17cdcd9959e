// Package simulation measures what detection finds and what it alarms for nothing (X4), over series of months of known making,
// after the set-up of Noufaily (2013): level, dispersion, season and trend, and outbreaks of known size. It needs no instance.
package simulation

import (
	"hash/fnv"
	"io"
	"math/rand/v2"
)

// Sizes says how much is simulated.
type Sizes struct {
	// Series is how many series of each baseline every method watches.
	Series int
	// Analyses is how many analyses each class tests.
	Analyses int
}

// Report is what was measured.
type Report struct {
	seed    uint64
	sizes   Sizes
	methods []trial // by baseline
	classes []outcome
}

// Run simulates. The same seed and sizes give the same report, however many processors there are.
func Run(seed uint64, sizes Sizes) *Report {
	r := &Report{seed: seed, sizes: sizes}
	for _, b := range baselines {
		r.methods = append(r.methods, tryMethods(seed, b, sizes.Series))
	}
	for _, c := range classes() {
		r.classes = append(r.classes, tryClass(seed, c, sizes.Analyses))
	}
	return r
}

// steady are the tallies over the baselines that do not change: of what does, most methods know nothing.
func (r *Report) steady() trial {
	sum := make(trial, len(candidates))
	for _, t := range r.methods[:len(steady)] {
		sum.add(t)
	}
	return sum
}

// source is a source of its own for each series, so that none depends on the order in which they are drawn.
func source(seed uint64, name string, i int) rand.Source {
	hash := fnv.New64a()
	_, _ = io.WriteString(hash, name) // a hash takes everything
	return rand.NewPCG(seed, hash.Sum64()+uint64(i))
}
