package collection

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// sweepSize is how many records a transaction of Sweep changes at most.
const sweepSize = 100

// Sweep has a job of the suite change every record that a condition finds, in which ? stands for the value: the rules must leave
// it so that the condition no longer does. What others have locked waits for the next time.
func (c *Collection[M]) Sweep(ctx context.Context, job, condition string, value any, rules ...Rule[M]) error {
	for {
		swept, err := c.sweepBatch(ctx, job, condition, value, rules)
		if err != nil || swept < sweepSize {
			return err
		}
	}
}

func (c *Collection[M]) sweepBatch(
	ctx context.Context, job, condition string, value any, rules []Rule[M],
) (swept int, err error) {
	err = record.System(ctx, c.Store, job, func(ctx context.Context, tx *record.Tx) error {
		due := c.selectWhere(strings.Replace(condition, "?", "$1", 1)) + " ORDER BY region, key LIMIT $2 FOR UPDATE SKIP LOCKED"
		rows, err := tx.Query(ctx, due, value, sweepSize)
		if err != nil {
			return err
		}
		changes, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*Change[M], error) { return c.scan(row) })
		if swept = len(changes); err != nil || swept == 0 {
			return err
		}
		entries := make([]record.Entry, swept)
		for i, change := range changes {
			change.Tx = tx
			if err := c.save(ctx, change, rules); err != nil {
				return err
			}
			entries[i] = entry(change)
		}
		return tx.Record(ctx, entries...)
	})
	return swept, err
}
