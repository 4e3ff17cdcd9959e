package rollups

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// Folder adds up deltas. Any number of replicas may have one.
type Folder struct {
	Book *record.Book

	spent atomic.Int64 // deltas taken away since their room was last won back
}

const (
	// foldAtOnce is how many deltas one transaction adds up, so that it stays short.
	foldAtOnce = 20_000
	// vacuumAfter is after how many deltas their room is won back. Autovacuum looks once a minute, and until then every reading
	// would step over all that was noted in that minute.
	vacuumAfter = 1000
)

// Fold adds up what has been noted so far and tells how many deltas that were; none where another replica is at it.
func (f *Folder) Fold(ctx context.Context) (int, error) {
	folded := 0
	for {
		n, err := f.once(ctx)
		if err == nil {
			folded += n
			err = f.tidy(ctx, n)
		}
		if err != nil {
			return folded, fmt.Errorf("fold roll-ups: %w", err)
		}
		if n < foldAtOnce {
			return folded, nil
		}
	}
}

// once adds up the oldest deltas.
func (f *Folder) once(ctx context.Context) (folded int, err error) {
	err = f.Book.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		queries := db.New(tx)
		mine, err := queries.TryFoldLock(ctx)
		if err != nil || !mine {
			return err
		}
		n, err := queries.FoldDeltas(ctx, foldAtOnce)
		folded = int(n)
		return err
	})
	return folded, err
}

// tidy wins back the room of deltas that were taken away.
func (f *Folder) tidy(ctx context.Context, folded int) error {
	if f.spent.Add(int64(folded)) < vacuumAfter {
		return nil
	}
	f.spent.Store(0)
	_, err := f.Book.Exec(ctx, "VACUUM tip_deltas") // not a query of sqlc: it runs in no transaction
	return err
}
