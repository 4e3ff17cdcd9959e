package database

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
)

func TestAQueryAfreshLeavesNoPlanToBeKept(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t, "empty", nil)
	db := open(t, url+"&pool_max_conns=1", "one")
	const query = "SELECT v FROM unnest($1::int[]) v WHERE $2::text = '' OR v::text = $2"
	ask := func() []int32 {
		rows, err := db.Afresh().Query(t.Context(), query, []int32{1, 2}, "2")
		require.NoError(t, err)
		found, err := pgx.CollectRows(rows, pgx.RowTo[int32])
		require.NoError(t, err)
		return found
	}
	for range 10 {
		assert.Equal(t, []int32{2}, ask())
	}
	var kept int
	require.NoError(t,
		db.QueryRow(t.Context(), "SELECT count(*) FROM pg_prepared_statements WHERE statement = $1", query).Scan(&kept))
	assert.Zero(t, kept)
}
