package register

import (
	"context"
	_ "embed"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
)

//go:embed fill.sql
var made string

// filled are the tables that are filled, without their indexes at first.
var filled = []string{
	"risk_points", "risk_point_versions", "power_items", "controls", "publications", "publication_entries",
}

// countedWithin is how long is waited until the suite has counted what was filled in.
const countedWithin = 10 * time.Minute

// fill fills the register, without the triggers that note each row, and then all units at once.
func (r *run) fill(ctx context.Context, points int) error {
	err := pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		for _, setting := range []string{
			"search_path = risk, public", "maintenance_work_mem = '512MB'", "work_mem = '256MB'",
			"session_replication_role = replica",
		} {
			if _, err := tx.Exec(ctx, "SET LOCAL "+setting); err != nil {
				return err
			}
		}
		restore, err := withoutIndexes(ctx, tx)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, strings.ReplaceAll(made, ":points", strconv.Itoa(points))); err != nil {
			return err
		}
		for _, statement := range restore {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, table := range filled { // what the planner knows of them, and which pages all see
		if _, err := r.pool.Exec(ctx, "VACUUM ANALYZE risk."+table); err != nil {
			return err
		}
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

// withoutIndexes drops the indexes of the tables that are filled, and gives what makes them again.
func withoutIndexes(ctx context.Context, tx pgx.Tx) (restore []string, err error) {
	rows, err := tx.Query(ctx, `SELECT format('DROP INDEX risk.%I', i.indexname), i.indexdef FROM pg_indexes i
		WHERE i.schemaname = 'risk' AND i.tablename = ANY ($1)
		  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = format('risk.%I', i.indexname)::regclass)`, filled)
	if err != nil {
		return nil, err
	}
	var drop []string
	var one, again string
	if _, err := pgx.ForEachRow(rows, []any{&one, &again}, func() error {
		drop, restore = append(drop, one), append(restore, again)
		return nil
	}); err != nil {
		return nil, err
	}
	for _, statement := range drop {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return nil, err
		}
	}
	return restore, nil
}
