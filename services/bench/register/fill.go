package register

import (
	"context"
	_ "embed"
	"strconv"
	"strings"
	"time"

	"github.com/qingfeng-suite/qingfeng/services/bench"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
)

//go:embed fill.sql
var made string

// filled are the tables that are filled.
var filled = []string{
	"risk_points", "risk_point_versions", "power_items", "controls", "publications", "publication_entries",
}

// countedWithin is how long is waited until the suite has counted what was filled in.
const countedWithin = 10 * time.Minute

// fill fills the register, and then all units are counted at once.
func (r *run) fill(ctx context.Context, points int) error {
	statements := strings.ReplaceAll(made, ":points", strconv.Itoa(points))
	if err := bench.Fill(ctx, r.pool, "risk", filled, statements); err != nil {
		return err
	}
	return r.count(ctx)
}

// count waits until the suite has counted what every unit has.
func (r *run) count(ctx context.Context) error {
	if _, err := r.pool.Exec(ctx, "INSERT INTO risk.uncounted_units SELECT DISTINCT unit_id FROM risk.power_items"); err != nil {
		return err
	}
	if err := clock.PollUntil(ctx, countedWithin, 100*time.Millisecond, func(ctx context.Context) (counted bool, err error) {
		err = r.pool.QueryRow(ctx, "SELECT NOT EXISTS (SELECT FROM risk.uncounted_units)").Scan(&counted)
		return counted, err
	}); err != nil {
		return err
	}
	_, err := r.pool.Exec(ctx, "VACUUM ANALYZE risk.register_counts, risk.uncounted_units")
	return err
}
