package database

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var things = fstest.MapFS{"00001_things.sql": {Data: []byte("-- +goose Up\nCREATE TABLE things (id text PRIMARY KEY);\n")}}

// open opens a schema at a URL and closes it when the test ends.
func open(t *testing.T, url, schema string) *DB {
	t.Helper()
	db, err := Open(t.Context(), url, schema)
	require.NoError(t, err)
	t.Cleanup(db.Close)
	return db
}

// setup opens a schema with the table things.
func setup(t *testing.T) *DB {
	t.Helper()
	db := open(t, pgtest.URL(t, "things", func(ctx context.Context, url string) error {
		db, err := Open(ctx, url, "things")
		if err != nil {
			return err
		}
		defer db.Close()
		return db.Migrate(ctx, things)
	}), "things")
	return db
}

func add(ctx context.Context, tx Statements, id string) error {
	_, err := tx.Exec(ctx, "INSERT INTO things VALUES ($1)", id)
	return err
}

// clean checks that nothing was committed and that no connection is still held.
func (db *DB) clean(t *testing.T) {
	t.Helper()
	var n int
	require.NoError(t, db.QueryRow(t.Context(), "SELECT count(*) FROM things").Scan(&n))
	assert.Zero(t, n)
	assert.Zero(t, db.Stat().AcquiredConns())
}

func TestADatabaseThatTakesNoChangesIsNotReady(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t, "empty", nil)
	db := open(t, url+"&pool_max_conns=1", "things")
	require.NoError(t, db.Ready(t.Context()))
	set := func(readOnly string) {
		_, err := db.Exec(t.Context(), "SET default_transaction_read_only = "+readOnly)
		require.NoError(t, err)
	}
	set("on")
	require.ErrorIs(t, db.Ready(t.Context()), errReadOnly)
	set("off")
	require.NoError(t, db.Ready(t.Context()))
}

// ways are the two ways to run a transaction, which promise the same.
var ways = map[string]func(*DB) transactions{
	"InTx": func(db *DB) transactions {
		return func(ctx context.Context, fn func(context.Context, Statements) error) error {
			return db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error { return fn(ctx, tx) })
		}
	},
	"InPipeline": func(db *DB) transactions { return db.InPipeline },
}

type transactions func(context.Context, func(context.Context, Statements) error) error

func TestSerializationFailureIsRetriedBoundedly(t *testing.T) {
	t.Parallel()
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := setup(t)
			run := way(db)
			broken := errors.New("broken")
			tests := map[string]struct {
				fail error
				runs int
			}{
				"serialization": {&pgconn.PgError{Code: "40001"}, maxAttempts},
				"deadlock":      {&pgconn.PgError{Code: "40P01"}, maxAttempts},
				"key taken":     {&pgconn.PgError{Code: "23505"}, 2},
				"constraint":    {&pgconn.PgError{Code: "23514"}, 1},
				"other":         {broken, 1},
			}
			for name, test := range tests {
				runs := 0
				err := run(t.Context(), func(ctx context.Context, tx Statements) error {
					runs++
					return errors.Join(add(ctx, tx, name), test.fail)
				})
				require.ErrorIs(t, err, test.fail, name)
				assert.Equal(t, test.runs, runs, name)
			}
			db.clean(t)
		})
	}
}

func TestTwoTransactionsThatCollideBothSucceed(t *testing.T) {
	t.Parallel()
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := setup(t)
			run := way(db)
			var both, read sync.WaitGroup
			failed := make([]error, 2)
			read.Add(2)
			for i, id := range []string{"a", "b"} {
				both.Go(func() {
					first := true
					failed[i] = run(t.Context(), func(ctx context.Context, tx Statements) error {
						var n int
						if _, err := tx.Exec(ctx, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"); err != nil {
							return err
						}
						err := tx.QueryRow(ctx, "SELECT count(*) FROM things").Scan(&n)
						if first { // both have read before either writes
							first = false
							read.Done()
							read.Wait()
						}
						return errors.Join(err, add(ctx, tx, id))
					})
				})
			}
			both.Wait()
			require.NoError(t, errors.Join(failed...))
		})
	}
}

func TestACancelledTransactionIsRolledBack(t *testing.T) {
	t.Parallel()
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := setup(t)
			run := way(db)
			ctx, cancel := context.WithCancel(t.Context())
			err := run(ctx, func(ctx context.Context, tx Statements) error {
				err := add(ctx, tx, "a")
				cancel()
				return err
			})
			require.ErrorIs(t, err, context.Canceled)
			db.clean(t)
		})
	}
}

func TestACancelledTransactionThatGivesUpKeepsItsConnection(t *testing.T) {
	t.Parallel()
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := setup(t)
			run := way(db)
			ctx, cancel := context.WithCancel(t.Context())
			err := run(ctx, func(ctx context.Context, tx Statements) error {
				err := add(ctx, tx, "a")
				cancel()
				return errors.Join(err, ctx.Err())
			})
			require.ErrorIs(t, err, context.Canceled)
			db.clean(t)
			assert.EqualValues(t, 1, db.Stat().NewConnsCount(), "the rollback reached the server")
		})
	}
}

func TestAPanicRollsBack(t *testing.T) {
	t.Parallel()
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := setup(t)
			run := way(db)
			assert.Panics(t, func() {
				_ = run(t.Context(), func(ctx context.Context, tx Statements) error {
					panic(add(ctx, tx, "a"))
				})
			})
			db.clean(t)
		})
	}
}

func TestReplicasMigrateAtOnceAndAgain(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t, "empty", nil)
	schemas := []string{"one", "one", "one", "one", "two", "two", "two", "three"}
	failed, begin := make([]error, len(schemas)), make(chan struct{})
	var all sync.WaitGroup
	for i, schema := range schemas {
		db := open(t, url, schema)
		require.NoError(t, db.Ping(t.Context()))
		all.Go(func() {
			<-begin
			failed[i] = db.Migrate(t.Context(), things)
		})
	}
	close(begin)
	all.Wait()
	require.NoError(t, errors.Join(failed...))
	for _, schema := range []string{"one", "two", "three"} {
		db := open(t, url, schema)
		require.NoError(t, db.Migrate(t.Context(), things))
		for _, table := range []string{"things", "journal", "stored_responses", "schemes", "river_job"} {
			assert.True(t, db.has(t, table), "%s.%s", schema, table)
		}
	}
}

// has tells whether a table stands in the schema itself.
func (db *DB) has(t *testing.T, table string) bool {
	t.Helper()
	var found bool
	require.NoError(t, db.QueryRow(t.Context(), "SELECT to_regclass($1) IS NOT NULL", db.Schema+"."+table).Scan(&found))
	return found
}

func TestSharedMigrationsGoDownAndUpAgain(t *testing.T) {
	t.Parallel()
	db := setup(t)
	files, err := fs.Sub(sharedMigrations, "migrations")
	require.NoError(t, err)
	store, err := database.NewStore(goose.DialectPostgres, "migrations_shared")
	require.NoError(t, err)
	conn := stdlib.OpenDBFromPool(db.Pool)
	defer func() { require.NoError(t, conn.Close()) }()
	provider, err := goose.NewProvider("", conn, files, goose.WithStore(store))
	require.NoError(t, err)
	for range 2 {
		_, err = provider.DownTo(t.Context(), 0)
		require.NoError(t, err)
		for _, table := range []string{"journal", "stored_responses", "schemes"} {
			assert.False(t, db.has(t, table), table)
		}
		_, err = provider.Up(t.Context())
		require.NoError(t, err)
		assert.True(t, db.has(t, "stored_responses"))
	}
}

func TestAFaultyMigrationIsNamed(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.URL(t, "empty", nil), "one")
	err := db.Migrate(t.Context(), fstest.MapFS{"00001_bad.sql": {Data: []byte("-- +goose Up\nCREATE NONSENSE;\n")}})
	require.ErrorContains(t, err, "migrate one: ")
}

func TestAPasswordIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"postgres://u:hunter2@host:port/db", "postgres://u:hunter2@h/db?sslmode=perhaps"} {
		_, err := Open(t.Context(), url, "one")
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

func TestTheURLSaysHowManyConnectionsAndForHowLong(t *testing.T) {
	t.Parallel()
	const url = "postgres://u@h/db"
	for query, want := range map[string][2]any{
		"":                             {int32(16), time.Minute},
		"?pool_max_conns=3":            {int32(3), time.Minute},
		"?pool_max_conn_idle_time=10m": {int32(16), 10 * time.Minute},
	} {
		db, err := Open(t.Context(), url+query, "one") // it does not connect yet
		require.NoError(t, err)
		assert.Equal(t, want, [2]any{db.Config().MaxConns, db.Config().MaxConnIdleTime}, query)
		db.Close()
	}
}
