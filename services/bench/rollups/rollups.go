// Package rollups measures roll-ups over very many tips: how fast they answer beside the same counts as a GROUP BY, whether
// they are exact, and whether they hold what was sent a moment before.
package rollups

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/bench"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// Default is how many tips a short run has, and Full how many the quality bar is about.
const (
	Default = 200_000
	Full    = 10_000_000
)

const (
	questions = 2000 // asked through gRPC
	checked   = 40   // of these, also asked of the tips themselves
)

// Result is what was measured.
type Result struct {
	// Tips in the table, and cells kept of them.
	Tips, Cells int64
	// TipBytes and RollUpBytes are what the two tables take with their indexes.
	TipBytes, RollUpBytes int64
	// Build is how long counting all of them anew took.
	Build time.Duration
	// Asked is how long GetRollUp took through gRPC, of random subtrees and the root.
	Asked bench.Times
	// Root is the same of the root alone.
	Root bench.Times
	// Grouped is how long the same questions took as a GROUP BY over the tips; every answer was the same.
	Grouped bench.Times
	// CountedCounty and CountedRoot are how long CountTips took for one month of a county and of the root.
	CountedCounty, CountedRoot time.Duration
	// Loaded is how long GetRollUp of the root took while tips came in; each answer held the tip sent just before.
	Loaded bench.Times
	// Taken is how many tips came in meanwhile, a second.
	Taken float64
	// Pending is the most deltas that were seen waiting.
	Pending int64
}

// run is one measurement. The connection must call as an administrator of the root.
type run struct {
	pool    *pgxpool.Pool
	rollups networkv1.RollUpServiceClient
	tips    networkv1.TipServiceClient
	clock   clock.Clock
	places  []place
	scheme  *networkv1.Scheme
	result  Result
}

// place is a unit of the tree.
type place struct{ id, path string }

// Measure fills the tips table of an instance up to a number of tips, spread over its tree of units, the subject areas of its
// scheme and 24 months, and measures. It fails where an answer is not exact.
func Measure(ctx context.Context, conn grpc.ClientConnInterface, pool *pgxpool.Pool, tips int) (Result, error) {
	b := &run{
		pool: pool, rollups: networkv1.NewRollUpServiceClient(conn), tips: networkv1.NewTipServiceClient(conn),
		clock: clock.System{},
	}
	if err := b.look(ctx, networkv1.NewSchemeServiceClient(conn)); err != nil {
		return Result{}, err
	}
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return b.fill(ctx, tips) }, b.build, b.ask, b.count, b.load,
	} {
		if err := step(ctx); err != nil {
			return b.result, err
		}
	}
	return b.result, nil
}

// look reads the tree and the scheme.
func (b *run) look(ctx context.Context, schemes networkv1.SchemeServiceClient) error {
	err := b.inNetwork(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx,
			"SELECT unit_id, path::text FROM units WHERE valid_to = '9999-12-31' ORDER BY nlevel(path), unit_id")
		if err != nil {
			return err
		}
		b.places, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p place, err error) {
			return p, row.Scan(&p.id, &p.path)
		})
		return err
	})
	if err != nil {
		return err
	}
	if len(b.places) < 2 {
		return fmt.Errorf("the instance has %d units", len(b.places))
	}
	resp, err := schemes.GetEffectiveScheme(ctx, &networkv1.GetEffectiveSchemeRequest{Unit: "units/" + b.places[0].id})
	b.scheme = resp
	return err
}

// reader is the unit that asks, by its name.
func (b *run) reader() string { return resource.Name(resource.Units, b.places[0].id) }

// inNetwork runs a transaction in the schema of the network service.
func (b *run) inNetwork(ctx context.Context, fn func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, b.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL search_path = network, public"); err != nil {
			return err
		}
		return fn(tx)
	})
}

// took runs something and tells how long it took.
func (b *run) took(fn func() error) (time.Duration, error) {
	start := b.clock.Now()
	err := fn()
	return b.clock.Now().Sub(start), err
}
