// Package recordtest gives tests a service's schema of their own, with one table, things.
package recordtest

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/internal/access/accesstest"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

const schema = "things"

// Migrations make the table things (id text primary key).
func Migrations() fstest.MapFS {
	return fstest.MapFS{"00001_things.sql": {Data: []byte(
		"-- +goose Up\nCREATE TABLE things (id text PRIMARY KEY);\n-- +goose Down\nDROP TABLE things;\n",
	)}}
}

// Store opens a migrated schema in a fresh database; its clock stands at accesstest.Start. TestMain must call pgtest.Main.
func Store(tb testing.TB) *record.Store {
	tb.Helper()
	url := pgtest.URL(tb, "record", func(ctx context.Context, url string) error {
		db, err := database.Open(ctx, url, schema)
		if err != nil {
			return err
		}
		defer db.Close()
		return db.Migrate(ctx, Migrations())
	})
	db, err := database.Open(tb.Context(), url, schema)
	require.NoError(tb, err)
	tb.Cleanup(db.Close)
	return &record.Store{DB: db, Clock: clock.NewManual(accesstest.Start)}
}
