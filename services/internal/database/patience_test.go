package database

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
)

// hurry is how long who is impatient in a test waits for a connection.
const hurry = 50 * time.Millisecond

func TestWhoIsImpatientWaitsForNoConnection(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.URL(t, "empty", nil)+"&pool_max_conns=1", "things")
	held, err := db.Acquire(t.Context())
	require.NoError(t, err)
	for _, patience := range []time.Duration{hurry, time.Hour} { // the second knows of the first
		_, err = db.Acquire(Impatient(t.Context(), patience))
		require.ErrorIs(t, err, context.DeadlineExceeded)
	}
	patient := make(chan error, 1)
	go func() { patient <- db.Ping(t.Context()) }()
	held.Release()
	require.NoError(t, <-patient)
	require.NoError(t, db.Ping(Impatient(t.Context(), time.Hour)), "it is there again")
}

func TestWhoIsImpatientWaitsForNoStatement(t *testing.T) {
	t.Parallel()
	db := setup(t)
	const long = "SELECT pg_sleep(600)"
	impatient := Impatient(t.Context(), hurry)
	for name, wait := range map[string]func() error{
		"a statement": func() error { _, err := db.Exec(impatient, long); return err },
		"rows":        func() error { return db.QueryRow(impatient, "SELECT 1 FROM pg_sleep(600)").Scan(new(int)) },
		"a transaction": func() error {
			return db.InTx(impatient, func(ctx context.Context, tx pgx.Tx) error { _, err := tx.Exec(ctx, long); return err })
		},
		"a pipeline": func() error {
			return db.InPipeline(impatient, func(ctx context.Context, s Statements) error { _, err := s.Exec(ctx, long); return err })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorIs(t, wait(), context.DeadlineExceeded)
			assert.NoError(t, impatient.Err(), "the call itself goes on")
		})
	}
}

func TestWhoIsImpatientWaitsForAStatementForAWhile(t *testing.T) {
	t.Parallel()
	db := setup(t)
	require.NoError(t, db.InTx(Impatient(t.Context(), time.Minute), func(ctx context.Context, tx pgx.Tx) error { return add(ctx, tx, "1") }))
}
