package units_test

import (
	"os"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	measured "github.com/qingfeng-suite/qingfeng/services/bench"
	bench "github.com/qingfeng-suite/qingfeng/services/bench/units"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/internal/treeimport"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestX10_ImportIsMeasuredBesideACopy(t *testing.T) {
	t.Parallel()
	rows := bench.Generate(9000)
	if file := os.Getenv("QINGFENG_UNITS"); file != "" { // the whole country, for whoever has it
		var err error
		rows, err = treeimport.Read(treeimport.Source{File: file})
		require.NoError(t, err)
	}
	s := suitetest.Empty(t)
	pool, err := pgxpool.New(t.Context(), s.Database)
	require.NoError(t, err)
	defer pool.Close()
	result, err := bench.Import(t.Context(), s.As("administrator", "units/"+rows[0].ID), pool, rows,
		func(job func() error) (measured.CPU, error) { return measured.CPU{}, job() })
	require.NoError(t, err)
	assert.Equal(t, len(rows), result.Rows)
	assert.Positive(t, result.Ratio())
	t.Logf("%d units: import %v, COPY %v, ratio %.2f", result.Rows, result.Import, result.Copy, result.Ratio())
}
