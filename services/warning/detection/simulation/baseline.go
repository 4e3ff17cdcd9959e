package simulation

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// months is how long a series is; the last of them, watched, are a year.
const (
	months  = 84
	watched = 12
)

// A Baseline is what a series of months is like where nothing happens. The mean of month t is
// Mean·exp(Trend·t + Season·sin(πt/6)), its variance Dispersion times that.
type Baseline struct {
	Name string
	// Mean is the mean count of a month, before season and trend.
	Mean float64
	// Dispersion is variance over mean, 1 for a Poisson series; above it, counts are negative binomial.
	Dispersion float64
	// Season is the amplitude of the logarithm of the mean over a year.
	Season float64
	// Trend is what the logarithm of the mean grows by in a month.
	Trend float64
	// Silent is how many months at the beginning have no count.
	Silent int
	// Earlier is how many outbreaks lie before the months that are watched.
	Earlier int
}

// baselines are those that methods are measured by.
var baselines = []Baseline{
	{Name: "rare", Mean: 0.3, Dispersion: 1},
	{Name: "few", Mean: 2, Dispersion: 1},
	{Name: "few, uneven", Mean: 2, Dispersion: 2},
	{Name: "many", Mean: 20, Dispersion: 1},
	{Name: "many, uneven", Mean: 20, Dispersion: 3},
	{Name: "season", Mean: 5, Dispersion: 1.5, Season: 0.5},
	{Name: "earlier outbreaks", Mean: 5, Dispersion: 1.5, Earlier: 3},
	{Name: "trend", Mean: 5, Dispersion: 1.5, Trend: 0.01},
	{Name: "season and trend", Mean: 5, Dispersion: 1.5, Season: 0.5, Trend: 0.01},
	{Name: "silent for four years", Mean: 5, Dispersion: 1.5, Silent: 48},
}

// steady are the baselines that do not change from year to year, by which classes are measured.
var steady = baselines[:7]

// An Outbreak adds to a series. Its tips are Poisson with a mean of Size standard deviations of the baseline; each comes after
// a time that is log-normal with sigma 0.5.
type Outbreak struct {
	// Size is in standard deviations of the month in which it begins.
	Size float64
	// Length is within how many months half of it comes; after three times as many all but one in seventy has come.
	Length int
}

// outbreaks are those that methods are measured by.
var outbreaks = []Outbreak{{3, 1}, {6, 1}, {12, 1}, {12, 2}}

// lasts is how many months of an outbreak are watched.
func (o Outbreak) lasts() int { return 3 * o.Length }

// earlier is an outbreak before the months that are watched.
var earlier = Outbreak{12, 1}

// Count draws a count of a mean and a dispersion, Poisson where that is one.
func Count(mean, dispersion float64, from rand.Source) float64 {
	if dispersion > 1 {
		mean = distuv.Gamma{Alpha: mean / (dispersion - 1), Beta: 1 / (dispersion - 1), Src: from}.Rand()
	}
	if mean == 0 {
		return 0
	}
	return distuv.Poisson{Lambda: mean, Src: from}.Rand()
}

func (b Baseline) mean(month int) float64 {
	t := float64(month)
	return b.Mean * math.Exp(b.Trend*t+b.Season*math.Sin(t*math.Pi/6))
}

// draw draws a series.
func (b Baseline) draw(from rand.Source) []float64 {
	counts := make([]float64, months)
	for month := b.Silent; month < months; month++ {
		counts[month] = Count(b.mean(month), b.Dispersion, from)
	}
	for range b.Earlier {
		b.add(counts, earlier, rand.New(from).IntN(months-watched), from) //nolint:gosec // to be drawn again
	}
	return counts
}

// add adds an outbreak that begins in a month.
func (b Baseline) add(counts []float64, o Outbreak, begin int, from rand.Source) {
	tips := Count(o.Size*math.Sqrt(b.Dispersion*b.mean(begin)), 1, from)
	after := distuv.LogNormal{Mu: math.Log(float64(o.Length)), Sigma: 0.5, Src: from}
	for range int(tips) {
		if month := begin + int(after.Rand()); month < len(counts) {
			counts[month]++
		}
	}
}
