// Package peers measures the suite over HTTP beside PocketBase, a backend in one binary as people know it, at the same
// durability. PocketBase stores the tip alone: it seals no source, routes nothing, and keeps no journal.
package peers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/qingfeng-suite/qingfeng/services/bench"
	"github.com/qingfeng-suite/qingfeng/services/bench/facade"
)

// most is how many clients there are at once at most.
const most = 32

// job is a call that both answer.
type job struct {
	what          string
	suite, beside func(context.Context, int) error
	clients       []int
	bars          []bench.Bar // as the clients
}

// Measure compares intake, readings and lists over HTTP, and what the two take of memory and disk.
func Measure(ctx context.Context, i *bench.Instance) (figures []bench.Figure, err error) {
	// Neither of the two compresses: PocketBase doesn't by itself.
	suite, err := facade.Connect(ctx, i, most, func() http.RoundTripper { return &http.Transport{DisableCompression: true} })
	if err != nil {
		return nil, err
	}
	pb, err := start(ctx, i)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, pb.stop()) }()
	for client := range most {
		if err := pb.submit(ctx, client); err != nil {
			return nil, err
		}
	}
	idle, err := compareIdle(ctx, i)
	if err != nil {
		return nil, err
	}
	disk, err := compareDisk(ctx, i, suite, pb)
	if err != nil {
		return nil, err
	}
	calls, err := compareCalls(ctx, i, []job{
		{"Intake of a tip", suite.SubmitHTTP, pb.submit, []int{most, 8, 1}, atLeast(2.5, 1.5, 0.7)},
		{"Reading of a tip", suite.GetHTTP, pb.get, []int{most, 1}, atLeast(1.2, 1.2)},
		{"The 50 newest tips", suite.ListHTTP, pb.list, []int{most, 1}, atLeast(1, 1)},
	})
	return append(append(calls, idle...), disk), err
}

func atLeast(ratios ...float64) (bars []bench.Bar) {
	for _, ratio := range ratios {
		bars = append(bars, bench.Bar{AtLeast: ratio})
	}
	return bars
}

func compareCalls(ctx context.Context, i *bench.Instance, jobs []job) (figures []bench.Figure, err error) {
	for _, job := range jobs {
		for n, clients := range job.clients {
			load := bench.Load{Clients: clients, Rounds: 3, For: 2 * time.Second}
			if i.Full {
				load.Rounds, load.For = 9, 10*time.Second
			}
			outcomes, err := load.Compare(ctx, i,
				bench.Contender{Name: "suite", Do: job.suite}, bench.Contender{Name: "PocketBase", Do: job.beside})
			if err != nil {
				return nil, err
			}
			figures = append(figures, bench.Figure{
				What:  fmt.Sprintf("%s over HTTP, clients: %d; beside PocketBase", job.what, clients),
				Suite: outcomes[0].String(), Beside: outcomes[1].String(), Value: outcomes[0].Over(outcomes[1]), Bar: job.bars[n],
			})
		}
	}
	return figures, nil
}
