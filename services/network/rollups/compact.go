package rollups

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// Compactor adds deltas to the kept counts. Any number of replicas may run one.
type Compactor struct {
	Store *record.Store

	sinceVacuum atomic.Int64 // deltas taken away since their room was last won back
}

const (
	// compactBatchSize is how many deltas one transaction adds up, so that it stays short.
	compactBatchSize = 20_000
	// vacuumAfter is after how many deltas their room is won back. Autovacuum looks once a minute, and until then every reading
	// would step over all that was noted in that minute.
	vacuumAfter = 1000
)

// Compact adds up what has been noted so far and tells how many deltas that were; none where another replica is at it.
func (c *Compactor) Compact(ctx context.Context) (int, error) {
	compacted := 0
	for {
		n, err := c.compactBatch(ctx)
		if err == nil {
			compacted += n
			err = c.vacuum(ctx, n)
		}
		if err != nil {
			return compacted, fmt.Errorf("compact roll-ups: %w", err)
		}
		if n < compactBatchSize {
			return compacted, nil
		}
	}
}

// compactBatch adds up the oldest deltas.
func (c *Compactor) compactBatch(ctx context.Context) (compacted int, err error) {
	err = c.Store.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		queries := db.New(tx)
		mine, err := queries.TryLockCompaction(ctx)
		if err != nil || !mine {
			return err
		}
		n, err := queries.CompactDeltas(ctx, compactBatchSize)
		compacted = int(n)
		return err
	})
	return compacted, err
}

// vacuum frees the space of deleted deltas.
func (c *Compactor) vacuum(ctx context.Context, compacted int) error {
	if c.sinceVacuum.Add(int64(compacted)) < vacuumAfter {
		return nil
	}
	c.sinceVacuum.Store(0)
	_, err := c.Store.Exec(ctx, "VACUUM tip_deltas") // not a query of sqlc: it runs in no transaction
	return err
}
