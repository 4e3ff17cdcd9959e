// Package reference measures detection beside R's surveillance, which it was held against (X4): the same series, methods and
// parameters, by the processor time that each takes. What the two say of every period must agree.
package reference

import (
	"context"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/qingfeng-suite/qingfeng/services/bench"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/warning/detection"
)

// Sizes of a run.
const (
	short, full = 60, 600 // series
	months      = 60
	first       = 52 // month from which all methods have enough of the past
	watched     = months - first + 1
	rounds      = 3
	long        = time.Second / 2 // how long a method watches in a round, at least
	atLeast     = 100             // times the rate of the reference
	within      = 1e-6            // of a bound
)

//go:embed rate.R
var script []byte

// methods are those of rate.R, with its parameters.
var methods = []struct{ name, parameters string }{
	{"C1", "baseline=7;minSigma=0;alpha=0.001"},
	{"C2", "baseline=7;minSigma=0;alpha=0.001"},
	{"C3", "baseline=7;minSigma=0;alpha=0.025"},
	{"bayes", "b=2;w=3;actY=true;alpha=0.05;freq=12"},
	{"cusum", "k=1.04;h=2.26;m=mean;trans=standard;start=52"},
	{"farrington", "b=3;w=3;reweight=true;alpha=0.05;trend=true;limit54=0:4;power=2/3;freq=12"},
	{"farringtonFlexible", "b=4;w=3;reweight=true;weightsThreshold=2.58;noPeriods=1;pastNotIncluded=3;pThresholdTrend=1;" +
		"alpha=0.01;limit54=0:4;threshold=nbPlugin;freq=12"},
}

// Compare watches the same series by both.
func Compare(ctx context.Context, i *bench.Instance) (figures []bench.Figure, err error) {
	folder, err := os.MkdirTemp("", "qingfeng-reference-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	r := &run{Instance: i, folder: folder, series: draw(map[bool]int{false: short, true: full}[i.Full]), clock: clock.System{}}
	if err := r.write(); err != nil {
		return nil, err
	}
	suite, beside := map[string][]float64{}, map[string][]float64{} // series a second, by method
	for range rounds {
		if err := r.round(ctx, suite, beside); err != nil {
			return nil, err
		}
	}
	for _, m := range methods {
		ours, theirs := bench.Median(suite[m.name]), bench.Median(beside[m.name])
		figures = append(figures, bench.Figure{
			What: fmt.Sprintf("Series watched by %s in %d of %d months beside R's surveillance: times the rate",
				m.name, watched, months),
			Suite: fmt.Sprintf("%.0f/s", ours), Beside: fmt.Sprintf("%.0f/s", theirs), Value: ours / theirs,
			Bar: bench.Bar{AtLeast: atLeast}, Note: fmt.Sprintf("What both say of all months of %d series agrees", len(r.series)),
		})
	}
	return figures, nil
}

// run is one comparison.
type run struct {
	*bench.Instance

	folder string
	series [][]float64
	clock  clock.Clock
}

// draw makes series of counts whose means lie between one in two months and twenty a month.
func draw(n int) [][]float64 {
	const least, step, steps = 0.5, 1.4, 12
	source := rand.NewPCG(1, 2) // the same series in every run
	list := make([][]float64, n)
	for s := range list {
		mean := distuv.Poisson{Lambda: least * math.Pow(step, float64(s%steps)), Src: source}
		for range months {
			list[s] = append(list[s], mean.Rand())
		}
	}
	return list
}

// write puts the series, one a column, and the script where R reads them.
func (r *run) write() error {
	var text strings.Builder
	for month := range months {
		for s := range r.series {
			if s > 0 {
				text.WriteByte(',')
			}
			fmt.Fprintf(&text, "%.0f", r.series[s][month])
		}
		text.WriteByte('\n')
	}
	return errors.Join(
		os.WriteFile(r.path("series.csv"), []byte(text.String()), 0o600), os.WriteFile(r.path("rate.R"), script, 0o600))
}

func (r *run) path(file string) string { return filepath.Join(r.folder, file) }

// round has both watch all series, and holds what they say against each other.
func (r *run) round(ctx context.Context, suite, beside map[string][]float64) error {
	if err := r.besides(ctx, beside); err != nil {
		return err
	}
	said, err := os.Open(r.path("said.csv"))
	if err != nil {
		return err
	}
	defer said.Close() //nolint:errcheck // it was read
	lines := csv.NewReader(said)
	for _, m := range methods {
		method, err := detection.New(m.name, m.parameters)
		if err != nil {
			return err
		}
		rate, results, err := r.watch(method)
		if err != nil {
			return err
		}
		suite[m.name] = append(suite[m.name], rate)
		for _, result := range results {
			if err := agree(lines, m.name, result); err != nil {
				return err
			}
		}
	}
	return nil
}

// besides has R watch all series by all methods.
func (r *run) besides(ctx context.Context, rates map[string][]float64) error {
	//nolint:gosec // the files are ours
	output, err := exec.CommandContext(
		ctx, "Rscript", r.path("rate.R"), r.path("series.csv"), strconv.Itoa(first), r.path("said.csv")).Output()
	if err != nil {
		return fmt.Errorf("rate.R, which needs the package surveillance: %w", err)
	}
	for line := range strings.Lines(string(output)) {
		var name string
		var rate float64
		if _, err := fmt.Sscan(line, &name, &rate); err != nil {
			return err
		}
		rates[name] = append(rates[name], rate)
	}
	return nil
}

// watch watches all series, again and again for a while.
func (r *run) watch(method detection.Method) (rate float64, results []detection.Result, err error) {
	times := 0
	spent, err := r.Spent(func() error {
		for began := r.clock.Now(); r.clock.Now().Sub(began) < long; times++ {
			results = results[:0]
			for _, counts := range r.series {
				results = append(results, method.Watch(counts, first)...)
			}
		}
		return nil
	})
	return float64(times*len(r.series)) / spent.Client, results, err
}

// agree holds a result against the next line of the reference: method, series, month, bound, alarm.
func agree(lines *csv.Reader, name string, got detection.Result) error {
	line, err := lines.Read()
	if err == io.EOF {
		return errors.New("the reference said less")
	}
	if err != nil {
		return err
	}
	bound, parseErr := strconv.ParseFloat(line[3], 64)
	said := parseErr == nil && !math.IsNaN(bound)
	if line[0] != name || line[2] != strconv.Itoa(got.Period) || said != got.Said() ||
		said && (math.Abs(bound-got.UpperBound) > within*bound || (line[4] == "1") != got.Alarm) {
		return fmt.Errorf("%s: the reference says %v, the suite %+v", name, line, got)
	}
	return nil
}
