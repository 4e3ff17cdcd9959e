package database

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestQueuedStatementsRunBeforeTheNextQuery(t *testing.T) {
	t.Parallel()
	db := setup(t)
	err := db.InPipeline(t.Context(), func(ctx context.Context, tx Statements) error {
		require.NoError(t, add(ctx, tx, "a"))
		require.NoError(t, add(ctx, tx, "b"))
		rows, err := tx.Query(ctx, "SELECT id FROM things ORDER BY id")
		require.NoError(t, err)
		ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		assert.Equal(t, []string{"a", "b"}, ids)
		require.NoError(t, add(ctx, tx, "c"))
		require.ErrorIs(t, tx.QueryRow(ctx, "SELECT id FROM things WHERE id = 'z'").Scan(new(string)), pgx.ErrNoRows)
		return add(ctx, tx, "d")
	})
	require.NoError(t, err)
	var n int
	require.NoError(t, db.QueryRow(t.Context(), "SELECT count(*) FROM things").Scan(&n))
	assert.Equal(t, 4, n)
	assert.EqualValues(t, 1, db.Stat().NewConnsCount())
}

func TestLateFailureRollsBack(t *testing.T) {
	t.Parallel()
	taken := func(ctx context.Context, tx Statements) error {
		return errors.Join(add(ctx, tx, "a"), add(ctx, tx, "a")) // nil: both wait
	}
	tests := map[string]func(context.Context, Statements) error{
		"at the commit": taken,
		"at a query": func(ctx context.Context, tx Statements) error {
			require.NoError(t, taken(ctx, tx))
			rows, err := tx.Query(ctx, "SELECT id FROM things")
			if err == nil {
				rows.Close()
			}
			return err
		},
		"at a row": func(ctx context.Context, tx Statements) error {
			require.NoError(t, taken(ctx, tx))
			return tx.QueryRow(ctx, "SELECT id FROM things").Scan(new(string))
		},
		"in a row": func(ctx context.Context, tx Statements) error {
			require.NoError(t, add(ctx, tx, "a"))
			return tx.QueryRow(ctx, "INSERT INTO things VALUES ('a') RETURNING id").Scan(new(string))
		},
	}
	for name, fn := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := setup(t)
			var refused *pgconn.PgError
			require.ErrorAs(t, db.InPipeline(t.Context(), fn), &refused)
			assert.Equal(t, "23505", refused.Code)
			db.clean(t)
			assert.EqualValues(t, 1, db.Stat().NewConnsCount(), "the rollback reached the server")
		})
	}
}
