package register_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/bench/register"
	"github.com/qingfeng-suite/qingfeng/services/bench/units"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/internal/treeimport"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// The figures are for `make bench`; here it is only whether what is counted of a campaign is what stands in the register.
func TestJ5_T21_ProgressIsWhatTheRegisterCounts(t *testing.T) {
	t.Parallel()
	rows := units.Generate(7_000)
	root, province := rows[0], rows[1]
	kept := []treeimport.Row{root}
	for _, row := range rows[1:] {
		if strings.HasPrefix(row.Code, province.Code[:2]) || strings.HasSuffix(row.Code, "0000") {
			kept = append(kept, row)
		}
	}
	s := suitetest.Empty(t)
	s.Clock.Advance(clock.System{}.Now().Sub(suitetest.Start))
	pool, err := pgxpool.New(t.Context(), s.Database)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	country := s.As(access.Administrator, "units/"+root.ID)
	_, err = treeimport.Create(t.Context(), country, kept, "2023-06-30", nil)
	require.NoError(t, err)

	const points = 3_000
	result, err := register.Measure(t.Context(), country, s.As(access.Administrator, "units/"+province.ID), pool, kept, points)
	require.NoError(t, err)
	measures := map[string][2]int64{}
	for _, m := range result.Progress.GetMeasures() {
		measures[m.GetMeasure()] = [2]int64{m.GetDone(), m.GetMissing()}
	}
	count := func(condition string) (n int64) {
		require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM risk.risk_points p WHERE "+condition).Scan(&n))
		return n
	}
	const public = "EXISTS (SELECT FROM risk.publication_entries e WHERE e.entry_region = p.region AND e.entry_key = p.key)"
	const controlled = "EXISTS (SELECT FROM risk.controls c WHERE c.risk_point = 'riskPoints/' || p.region || '-' || p.key)"
	units := result.Progress.GetUnitCount()
	assert.Equal(t, [2]int64{4 * units, 0}, measures["powers"])
	assert.EqualValues(t, points, measures["found"][0])
	assert.Equal(t, [2]int64{count("version > 0"), count("version = 0")}, measures["reviewed"])
	assert.Equal(t, [2]int64{count("version > 0 AND " + public), count("version > 0 AND NOT " + public)}, measures["public"])
	assert.Equal(t, [2]int64{count("version > 0 AND " + controlled), count("version > 0 AND NOT " + controlled)}, measures["controls"])
	assert.Positive(t, measures["done"][1])
	t.Logf("%d units: %+v", units, result)
}
