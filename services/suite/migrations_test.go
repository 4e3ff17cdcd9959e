package suite_test

import (
	"testing"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/stretchr/testify/require"

	schema "github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/suite"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// What a way down leaves behind, the way up finds taken.
func TestMigrationsGoDownAndUpAgain(t *testing.T) {
	t.Parallel()
	for _, spec := range suite.Specs() {
		t.Run(spec.Name, func(t *testing.T) {
			t.Parallel()
			db, err := schema.Open(t.Context(), pgtest.URL(t, "empty", nil), spec.Name)
			require.NoError(t, err)
			t.Cleanup(db.Close)
			require.NoError(t, db.Migrate(t.Context(), spec.Migrations))
			store, err := database.NewStore(goose.DialectPostgres, "migrations")
			require.NoError(t, err)
			conn := stdlib.OpenDBFromPool(db.Pool)
			defer func() { require.NoError(t, conn.Close()) }()
			provider, err := goose.NewProvider("", conn, spec.Migrations, goose.WithStore(store))
			require.NoError(t, err)
			_, err = provider.DownTo(t.Context(), 0)
			require.NoError(t, err)
			_, err = provider.Up(t.Context())
			require.NoError(t, err)
		})
	}
}
