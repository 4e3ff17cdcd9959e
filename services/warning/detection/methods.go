package detection

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Names are the methods that New knows.
func Names() []string {
	return []string{"C1", "C2", "C3", "bayes", "cusum", "farrington", "farringtonFlexible"}
}

// New makes a method from its name and its parameters, written as in the reference figures: "b=3;w=3;alpha=0.05". What is left
// out has the value usual for the method. The error names every parameter at fault.
func New(name, parameters string) (Method, error) {
	read, err := parse(parameters)
	if err != nil {
		return nil, err
	}
	var m Method
	switch name {
	case "C1", "C2":
		m = newEARS(read, slices.Index(Names(), name)+1, 0.001)
	case "C3":
		m = newEARS(read, 3, 0.025)
	case "bayes":
		m = newBayes(read)
	case "cusum":
		m = newCUSUM(read)
	case "farrington":
		m = newFarrington(read)
	case "farringtonFlexible":
		m = newFlexible(read)
	default:
		return nil, fmt.Errorf("unknown method %q: one of %s", name, strings.Join(Names(), ", "))
	}
	return m, read.fault()
}

// NewMannKendall makes the test of a trend from its parameters: freq, the number of periods a year, where there is a season.
func NewMannKendall(parameters string) (MannKendall, error) {
	read, err := parse(parameters)
	if err != nil {
		return MannKendall{}, err
	}
	m := MannKendall{Frequency: read.whole("freq", 1, 1, 366)}
	return m, read.fault()
}

func (p *parameters) alpha(usual float64) float64 { return p.number("alpha", usual, 1e-9, 0.5) }

func (p *parameters) frequency() int { return p.whole("freq", 52, 1, 366) }

func newEARS(read *parameters, variant int, alpha float64) Method {
	return EARS{
		Variant: variant, Baseline: read.whole("baseline", 7, 2, most), MinSigma: read.number("minSigma", 0, 0, most),
		Alpha: read.alpha(alpha),
	}
}

func newBayes(read *parameters) Method {
	b := Bayes{
		Years: read.whole("b", 2, 0, 100), HalfWindow: read.whole("w", 3, 0, 183), CurrentYear: read.yes("actY"),
		Alpha: read.alpha(0.05), Frequency: read.frequency(),
	}
	if b.Years == 0 && (!b.CurrentYear || b.HalfWindow == 0) {
		read.refuse("b", "no period to compare with")
	}
	if b.Years > 0 {
		read.fits(b.HalfWindow, b.Frequency)
	}
	return b
}

func newCUSUM(read *parameters) Method {
	read.choice("m", "mean")
	return CUSUM{
		Slack: read.number("k", 1.04, 0, most), Limit: read.number("h", 2.26, 0, most),
		Transformation: Transformation(read.choice("trans", string(Standard), string(Rossi))),
		Start:          read.whole("start", 105, 2, most),
	}
}

// fits refuses a season that reaches into that of the next year, and so up to the period watched.
func (p *parameters) fits(halfWindow, frequency int) {
	if 2*halfWindow >= frequency {
		p.refuse("w", "the season is longer than the year")
	}
}

func (p *parameters) season(years int) Season {
	s := Season{Years: p.whole("b", years, 1, 100), HalfWindow: p.whole("w", 3, 0, 183), Frequency: p.frequency()}
	p.fits(s.HalfWindow, s.Frequency)
	if s.Years*(2*s.HalfWindow+1) < 3 {
		p.refuse("b", "fewer than three periods to compare with")
	}
	return s
}

func newFarrington(read *parameters) Method {
	return Farrington{
		Season: read.season(3), Reweight: read.yes("reweight"), Alpha: read.alpha(0.05), Trend: read.yes("trend"),
		Recent: read.recent(), Power: read.number("power", 2./3, 0.1, 1),
	}
}

func newFlexible(read *parameters) Method {
	read.choice("threshold", "nbPlugin")
	f := FlexibleFarrington{
		Season: read.season(4), Reweight: read.yes("reweight"), WeightsThreshold: read.number("weightsThreshold", 2.58, 1, most),
		Parts: read.whole("noPeriods", 10, 1, 100), TrendThreshold: read.number("pThresholdTrend", 1, 0, 1),
		Alpha: read.alpha(0.01), Recent: read.recent(), FirstMonth: read.month("firstMonth", referenceMonth),
	}
	f.Omitted = read.whole("pastNotIncluded", f.Frequency/2, 0, f.Frequency*f.Years/2)
	if f.Parts > f.Frequency-2*f.HalfWindow {
		read.refuse("noPeriods", "more parts than the year has periods")
	}
	return f
}

// referenceMonth is the first of the monthly reference series; where another year begins matters by leap days alone.
var referenceMonth = time.Date(2002, time.January, 1, 0, 0, 0, 0, time.UTC)
