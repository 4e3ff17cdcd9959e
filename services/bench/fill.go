package bench

import (
	"context"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/services/internal/profile"
)

// Fill runs statements that fill tables of a schema, without their triggers, and without their indexes until then.
func Fill(ctx context.Context, pool *pgxpool.Pool, schema string, tables []string, statements string) error {
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		for _, setting := range []string{
			"search_path = " + schema + ", public", "maintenance_work_mem = '512MB'", "work_mem = '256MB'",
			"session_replication_role = replica",
		} {
			if _, err := tx.Exec(ctx, "SET LOCAL "+setting); err != nil {
				return err
			}
		}
		restore, err := withoutIndexes(ctx, tx, schema, tables)
		if err != nil {
			return err
		}
		for _, statement := range append([]string{statements}, restore...) {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, table := range tables { // what the planner knows of them, and which pages all see
		if _, err := pool.Exec(ctx, "VACUUM ANALYZE "+schema+"."+table); err != nil {
			return err
		}
	}
	return nil
}

// withoutIndexes drops the indexes of the tables that are filled, and gives what makes them again.
func withoutIndexes(ctx context.Context, tx pgx.Tx, schema string, tables []string) (restore []string, err error) {
	rows, err := tx.Query(ctx, `SELECT format('DROP INDEX %I.%I', i.schemaname, i.indexname), i.indexdef FROM pg_indexes i
		WHERE i.schemaname = $1 AND i.tablename = ANY ($2) AND NOT EXISTS (
			SELECT FROM pg_constraint c WHERE c.conindid = format('%I.%I', i.schemaname, i.indexname)::regclass)`, schema, tables)
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

// LoadScheme loads the scheme of one service from the text of its file.
func LoadScheme(ctx context.Context, conn grpc.ClientConnInterface, file string, text []byte) error {
	folder, err := os.MkdirTemp("", "qingfeng-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a file of a few kilobytes
	if err := os.WriteFile(filepath.Join(folder, file), text, 0o600); err != nil {
		return err
	}
	_, err = profile.Load(ctx, conn, folder)
	return err
}
