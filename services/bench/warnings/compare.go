package warnings

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/services/bench"
	"github.com/qingfeng-suite/qingfeng/services/bench/units"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/treeimport"
	"github.com/qingfeng-suite/qingfeng/services/warning/detection"
)

// Sizes of a run: warnings, the units down to the townships that the country has, and all its units.
const (
	short, full           = 100_000, 1_000_000
	shortTree, fullTree   = 20_000, 80_207
	shortUnits, fullUnits = 66_000, 665_274
	regressed             = 20_000 // units by the slowest method
)

// Compare measures over the tree of the country.
func Compare(ctx context.Context, i *bench.Instance) ([]bench.Figure, error) {
	warnings, rows, all := short, units.Generate(shortTree), units.Generate(shortUnits)
	if i.Full {
		warnings, rows, all = full, units.Generate(fullTree), units.Generate(fullUnits)
	}
	connect := func() (grpc.ClientConnInterface, error) {
		conn, err := i.Connect()
		if err != nil {
			return nil, err
		}
		return i.As(conn, bench.Admin("units/"+rows[0].ID))
	}
	country, err := connect()
	if err != nil {
		return nil, err
	}
	if _, err := treeimport.Create(ctx, country, rows, "2023-06-30", nil); err != nil {
		return nil, err
	}
	r := &Run{Pool: i.Pool, Country: country, Rows: rows, Clock: clock.System{}}
	figures, err := r.measure(ctx, warnings)
	if err != nil {
		return nil, err
	}
	watched, err := r.Watch(ctx, watchers, heard, connect)
	if err != nil {
		return nil, err
	}
	figures = append(figures, times(
		fmt.Sprintf("%d watchers hear of a warning after it is asked for: p99 in ms", watchers), watched, watchBar))
	return append(figures, r.detect(all)...), nil
}

func (r *Run) measure(ctx context.Context, warnings int) ([]bench.Figure, error) {
	if err := r.Load(ctx); err != nil {
		return nil, err
	}
	analysis, cells, analysed, err := r.Analyse(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.Fill(ctx, warnings); err != nil {
		return nil, err
	}
	own, below, err := r.List(ctx, asked)
	if err != nil {
		return nil, err
	}
	swept, err := r.sweep(ctx)
	if err != nil {
		return nil, err
	}
	of := fmt.Sprintf("%d warnings in %d units", warnings, len(r.Rows))
	notes := []string{fmt.Sprintf("RunAnalysis of the root: %d tips", analysis.GetTips())}
	for _, c := range analysis.GetClasses() {
		notes = append(notes, fmt.Sprintf("%s: %d tested, %d found", c.GetFindingClass(), c.GetTested(), c.GetFound()))
	}
	return []bench.Figure{
		times("Warnings to a township, "+of+": p99 in ms", own, listBar),
		times("Warnings to a subtree of any level, "+of+": p99 in ms", below, 0),
		seconds(fmt.Sprintf("Sweep of %d warnings that fell overdue, %s: seconds", late, of), swept, sweepBar,
			"By the job of the suite; each is judged, kept and told of"),
		seconds(fmt.Sprintf("Analysis of a month of the country, %d units, %d cells of 60 months: seconds", len(r.Rows), cells),
			analysed, analyseBar, strings.Join(notes, "; ")),
	}, nil
}

// detect tests all series by the method of the shipped schemes, and some by the slowest, which has no bar.
func (r *Run) detect(all []treeimport.Row) []bench.Figure {
	counts := Draw(len(all))
	part := all[:min(len(all), regressed)]
	return []bench.Figure{
		r.detected(all, counts, "C2", "baseline=12", detectBar),
		r.detected(part, counts[:len(part)*areas*months], "farringtonFlexible", "freq=12;b=4;w=1;noPeriods=5", 0),
	}
}

func (r *Run) detected(rows []treeimport.Row, counts []uint8, name, parameters string, bar float64) bench.Figure {
	method, err := detection.New(name, parameters)
	if err != nil {
		panic(err) // they are ours
	}
	d := Detect(rows, counts, method, r.Clock)
	of := fmt.Sprintf("%d units × %d areas × %d months", len(rows), areas, months)
	return seconds("Detection over "+of+", by "+name+": seconds", d.Took, bar,
		fmt.Sprintf("%d of %d series hold tips enough to be tested, %.1f µs each; %d emerging, %d tending, %d prevalent",
			d.Tested, d.Series, float64(d.Took.Microseconds())/float64(d.Tested), d.Emerging, d.Tending, d.Prevalent))
}

func times(what string, t bench.Times, bar float64) bench.Figure {
	return bench.Figure{
		What: what, Suite: t.String(), Beside: "–", Value: bench.Milliseconds(t.P99), Bar: bench.Bar{AtMost: bar},
	}
}

func seconds(what string, took time.Duration, bar float64, note string) bench.Figure {
	return bench.Figure{
		What: what, Suite: took.Round(10 * time.Millisecond).String(), Beside: "–", Value: took.Seconds(),
		Bar: bench.Bar{AtMost: bar}, Note: note,
	}
}
