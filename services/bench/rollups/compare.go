package rollups

import (
	"context"
	"fmt"
	"time"

	"github.com/qingfeng-suite/qingfeng/services/bench"
)

// bar is the most that the slowest of a hundred readings may take, in milliseconds.
const bar = 10

// Compare measures roll-ups beside the same counts as a GROUP BY. It fails where one answer is not exact, or lacks a tip that
// was sent before it was asked for.
func Compare(ctx context.Context, i *bench.Instance) ([]bench.Figure, error) {
	conn, err := i.Connect()
	if err != nil {
		return nil, err
	}
	admin, err := i.As(conn, bench.Admin(bench.City))
	if err != nil {
		return nil, err
	}
	tips := Default
	if i.Full {
		tips = Full
	}
	result, err := Measure(ctx, admin, i.Pool, tips)
	if err != nil {
		return nil, err
	}
	return result.figures(), nil
}

func (r Result) figures() []bench.Figure {
	const megabyte = 1 << 20
	return []bench.Figure{
		{
			What:  fmt.Sprintf("GetRollUp of random subtrees, %d tips: beside GROUP BY, p99 in ms", r.Tips),
			Suite: r.Asked.String(), Beside: r.Grouped.String(),
			Value: bench.Milliseconds(r.Asked.P99), Bar: bench.Bar{AtMost: bar},
			Note: fmt.Sprintf("%d readings; %d of them asked of the tips too, all the same. "+
				"%d cells, %d MB, beside tips of %d MB; all counted anew in %v",
				r.Asked.Count, r.Grouped.Count, r.Cells, r.RollUpBytes/megabyte, r.TipBytes/megabyte,
				r.Build.Round(time.Millisecond)),
		},
		{
			What:  "GetRollUp of the root, idle: p99 in ms",
			Suite: r.Root.String(), Beside: "–", Value: bench.Milliseconds(r.Root.P99), Bar: bench.Bar{AtMost: bar},
			Note: fmt.Sprintf("CountTips of a month, which is computed: %v for a county, %v for the root",
				r.CountedCounty.Round(time.Millisecond), r.CountedRoot.Round(time.Millisecond)),
		},
		{
			What:  fmt.Sprintf("GetRollUp of the root while %.0f tips/s come in: p99 in ms", r.Taken),
			Suite: r.Loaded.String(), Beside: "–", Value: bench.Milliseconds(r.Loaded.P99),
			Note: fmt.Sprintf("%d senders, each asking after each tip: every one of %d answers held the tip sent just before, "+
				"and in the end all; at most %d deltas waited", senders, r.Loaded.Count, r.Pending),
		},
	}
}
