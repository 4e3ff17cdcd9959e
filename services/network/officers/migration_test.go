package officers_test

import (
	"context"
	"io/fs"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	goosedb "github.com/pressly/goose/v3/database"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/network"
	"github.com/qingfeng-suite/qingfeng/services/network/store"
)

// TestC6_OfficersOfAnEarlierVersionStayInOffice brings up to date, takes back and brings up to date again a database that
// held an officer before offices had states.
func TestC6_OfficersOfAnEarlierVersionStayInOffice(t *testing.T) {
	t.Parallel()
	db, err := database.Open(t.Context(), pgtest.URL(t, "officers", func(context.Context, string) error { return nil }), network.Name)
	require.NoError(t, err)
	t.Cleanup(db.Close)
	files, err := fs.Sub(store.Migrations, "migrations")
	require.NoError(t, err)
	require.NoError(t, db.Migrate(t.Context(), files))
	table, err := goosedb.NewStore(goose.DialectPostgres, "migrations")
	require.NoError(t, err)
	conn := stdlib.OpenDBFromPool(db.Pool)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	provider, err := goose.NewProvider("", conn, files, goose.WithStore(table))
	require.NoError(t, err)
	_, err = provider.DownTo(t.Context(), 2)
	require.NoError(t, err)
	_, err = db.Exec(t.Context(), `INSERT INTO officers (region, officer_key, unit_path, create_time, body) VALUES ('340503', 'a',
		'340500.340503', now(), '{"unit":"units/340503","appointingUnit":"units/340500","type":"OFFICER_TYPE_DUTY_REPORTER",
		"termFrom":"2026-01-01","termTo":"2026-12-31"}')`)
	require.NoError(t, err)
	_, err = provider.Up(t.Context())
	require.NoError(t, err)
	var text string
	require.NoError(t, db.QueryRow(t.Context(),
		"SELECT concat_ws(' ', unit_id, appointing_id, type, state, term_from, term_to, pledged_on, revision) FROM officers").Scan(&text))
	assert.Equal(t, "340503 340500 3 1 2026-01-01 2026-12-31 1", text)
}
