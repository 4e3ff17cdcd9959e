package rollups_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/bench/rollups"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// The figures are for `make bench`; here it is only whether every answer is exact.
func TestX10_RollUpsAreWhatTheTipsCount(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	s.Clock.Advance(clock.System{}.Now().Sub(suitetest.Start))
	pool, err := pgxpool.New(t.Context(), s.Database)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	result, err := rollups.Measure(t.Context(), s.As(access.Administrator, suitetest.City), pool, 20_000)
	require.NoError(t, err)
	assert.EqualValues(t, 20_000, result.Tips)
	assert.Positive(t, result.Cells)
	assert.Positive(t, result.Grouped.Count)
	t.Logf("%+v", result)
}
