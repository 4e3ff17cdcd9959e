package units

import (
	"context"
	"fmt"
	"time"

	"github.com/qingfeng-suite/qingfeng/services/bench"
	"github.com/qingfeng-suite/qingfeng/services/internal/treeimport"
)

// How many units are generated: in a short run, and as many as the country has.
const (
	short   = 40_000
	country = 665_274
)

// bar is how many times as long as the COPY the import may take.
const bar = 1.7

// Measure imports the units of the lab's file, or generated ones, into an empty instance.
func Measure(ctx context.Context, i *bench.Instance) ([]bench.Figure, error) {
	rows, err := rowsFor(i)
	if err != nil {
		return nil, err
	}
	conn, err := i.Connect()
	if err != nil {
		return nil, err
	}
	admin, err := i.As(conn, bench.Admin("units/"+rows[0].ID))
	if err != nil {
		return nil, err
	}
	result, err := Import(ctx, admin, i.Pool, rows, i.Spent)
	if err != nil {
		return nil, err
	}
	return []bench.Figure{{
		What:  fmt.Sprintf("Import of %d units: through gRPC beside COPY of the same rows, times as long", result.Rows),
		Suite: result.Import.Round(10 * time.Millisecond).String(), Beside: result.Copy.Round(10 * time.Millisecond).String(),
		Value: result.Ratio(), Bar: bench.Bar{AtMost: bar},
		Note: fmt.Sprintf("%.0f units/s beside %.0f; the import also writes a journal entry a unit; %s; %s",
			float64(result.Rows)/result.Import.Seconds(), float64(result.Rows)/result.Copy.Seconds(),
			each("import", result.ImportCPU, result.Rows), each("COPY", result.CopyCPU, result.Rows)),
	}}, nil
}

func rowsFor(i *bench.Instance) ([]treeimport.Row, error) {
	switch {
	case i.Units != "":
		return treeimport.Read(treeimport.Source{File: i.Units})
	case i.Full:
		return Generate(country), nil
	default:
		return Generate(short), nil
	}
}

func each(name string, cpu bench.CPU, rows int) string {
	return bench.Outcome{Name: name, CPU: cpu, Done: int64(rows)}.Each()
}
