package campaigns

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// countedAtOnce is how many units one transaction counts, so that it stays short.
const countedAtOnce = 500

// keepCounts counts again what units have in the register that have changed it since. Until then each reading counts them itself,
// so that it is exact at any moment.
func keepCounts(ctx context.Context, store *record.Store) error {
	today := clock.Today(store.Clock)
	for {
		counted := int64(0)
		err := store.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
			queries := db.New(tx)
			mine, err := queries.TryLockCounting(ctx)
			if err != nil || !mine {
				return err
			}
			if err := queries.FollowSchemes(ctx, today); err != nil {
				return err
			}
			counted, err = queries.KeepCounts(ctx, db.KeepCountsParams{Today: today, Most: countedAtOnce})
			return err
		})
		if err != nil || counted < countedAtOnce {
			return err
		}
	}
}
