package main

import (
	"fmt"
	"os"

	"github.com/qingfeng-suite/qingfeng/services/warning/detection"
)

type detectCmd struct {
	Method string `help:"One of ${methods}." required:""`
	Params string `help:"Parameters of the method, such as 'b=3;w=3;freq=52'; what is left out has its usual value."`
	Series string `help:"CSV with the columns t and observed, or - for standard input." required:""`
}

// Run prints t,upperbound,alarm for each period with enough of the past before it; it needs no running instance.
func (d detectCmd) Run() error {
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
