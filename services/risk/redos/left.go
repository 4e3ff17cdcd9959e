package redos

import (
	"context"
	"maps"
	"slices"

	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/riskpoints"
)

// Left has redos say how many risk points have left them with a power: for another unit, or retired (T12).
func Left(env service.Env) func(context.Context, *record.Tx, map[string]riskpoints.LeftRedo) error {
	redos := collected(env)
	return func(ctx context.Context, tx *record.Tx, left map[string]riskpoints.LeftRedo) error {
		return redos.ActAll(ctx, tx, slices.Sorted(maps.Keys(left)), leaveAct, func(_ context.Context, c *change) error {
			points := left[c.Record.GetName()]
			c.Record.TransferredPoints += points.Transferred
			c.Record.RetiredPoints += points.Retired
			return nil
		})
	}
}
