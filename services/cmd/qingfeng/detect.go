package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/qingfeng-suite/qingfeng/services/warning/detection"
	"github.com/qingfeng-suite/qingfeng/services/warning/detection/simulation"
)

type detectCmd struct {
	Watch    watchCmd    `cmd:"" default:"withargs" help:"Watch one series of counts by one method."`
	Simulate simulateCmd `cmd:"" help:"Measure what methods and classes find and what they alarm for nothing, over simulated series (docs/detection.md)."`
}

type watchCmd struct {
	Method string `help:"One of ${methods}." required:""`
	Params string `help:"Parameters of the method, such as 'b=3;w=3;freq=52'; what is left out has its usual value."`
	Series string `help:"CSV with the columns t and observed, or - for standard input." required:""`
}

// Run prints t,upperbound,alarm for each period with enough of the past before it; it needs no running instance.
func (d watchCmd) Run() error {
	method, err := detection.New(d.Method, d.Params)
	if err != nil {
		return err
	}
	counts, err := readSeries(d.Series)
	if err != nil {
		return fmt.Errorf("--series %s: %w", d.Series, err)
	}
	return detection.WriteResults(os.Stdout, method.Watch(counts, method.First()))
}

func readSeries(path string) ([]float64, error) {
	if path == "-" {
		return detection.ReadSeries(os.Stdin)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // only read from
	return detection.ReadSeries(file)
}

type simulateCmd struct {
	Seed     uint64 `help:"The same seed gives the same figures." default:"1"`
	Repeats  int    `help:"Series of each baseline that every method watches." default:"400"`
	Analyses int    `help:"Analyses that each class tests." default:"50"`
	SVG      string `help:"File to draw power against false alarms into." name:"svg"`
}

// Run prints the tables of docs/detection.md, in a minute or so.
func (s simulateCmd) Run() error {
	if s.Repeats < 1 || s.Analyses < 1 {
		return errors.New("--repeats and --analyses must be 1 at least")
	}
	report := simulation.Run(s.Seed, simulation.Sizes{Series: s.Repeats, Analyses: s.Analyses})
	if s.SVG != "" {
		if err := os.WriteFile(s.SVG, report.SVG(), 0o644); err != nil {
			return err
		}
	}
	_, err := fmt.Fprint(os.Stdout, report)
	return err
}
