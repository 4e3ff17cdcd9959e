package warnings_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/bench/units"
	"github.com/qingfeng-suite/qingfeng/services/bench/warnings"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/internal/treeimport"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
	"github.com/qingfeng-suite/qingfeng/services/warning/detection"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// The figures are for `make bench`; here it is only whether what is measured does what it is measured for.
func TestT7_C12_WhatIsMeasuredIsAnalysedListedAndSweptUp(t *testing.T) {
	t.Parallel()
	rows := units.Generate(7_000)
	var kept []treeimport.Row
	for _, row := range rows {
		if row.ID == rows[0].ID || strings.HasPrefix(row.Code, rows[1].Code[:2]) {
			kept = append(kept, row)
		}
	}
	s := suitetest.Empty(t)
	pool, err := pgxpool.New(t.Context(), s.Database)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	country := s.As(access.Administrator, "units/"+rows[0].ID)
	_, err = treeimport.Create(t.Context(), country, kept, "2023-06-30", nil)
	require.NoError(t, err)
	count := func(what string) (n int64) {
		require.NoError(t, pool.QueryRow(t.Context(), "SELECT "+what).Scan(&n))
		return n
	}

	r := &warnings.Run{Pool: pool, Country: country, Rows: kept, Clock: s.Clock}
	require.NoError(t, r.Load(t.Context()))
	analysis, cells, _, err := r.Analyse(t.Context())
	require.NoError(t, err)
	assert.Equal(t, count("count(*) FROM network.tip_series"), cells)
	assert.Equal(t, count("sum(received) FROM network.tip_series WHERE month = '2026-10-01'"), analysis.GetTips())
	for _, class := range analysis.GetClasses() {
		assert.Positive(t, class.GetTested(), class.GetFindingClass())
	}

	const made = 2_000
	require.NoError(t, r.Fill(t.Context(), made))
	_, _, err = r.List(t.Context(), 2)
	require.NoError(t, err)
	listed, err := warningv1.NewWarningServiceClient(country).ListWarnings(t.Context(), &warningv1.ListWarningsRequest{
		Unit: "units/" + rows[0].ID, AwaitedKinds: []warningv1.StepKind{warningv1.StepKind_STEP_KIND_ACKNOWLEDGE}, PageSize: 1000,
	})
	require.NoError(t, err)
	assert.Len(t, listed.GetWarnings(), made/20+1, "those that are open, and the one they are made after")

	_, err = r.Watch(t.Context(), 3, 2, func() (grpc.ClientConnInterface, error) { return country, nil })
	require.NoError(t, err)

	const late = 20
	overdue := "count(*) FROM warning.warnings WHERE overdue_after < '" + clock.Today(s.Clock).String() + "'"
	require.NoError(t, r.BeLate(t.Context(), late))
	assert.EqualValues(t, late, count(overdue))
	s.RunJob("warning.escalate_overdue")
	assert.Zero(t, count(overdue))
	assert.EqualValues(t, late, count("count(*) FROM warning.warnings WHERE jsonb_array_length(body -> 'history') > 1"))
}

func TestX4_ThousandsOfSeriesAreDetectedAlike(t *testing.T) {
	t.Parallel()
	rows := units.Generate(2_500)
	counts := warnings.Draw(len(rows))
	method, err := detection.New("C2", "baseline=12")
	require.NoError(t, err)
	first, again := warnings.Detect(rows, counts, method, clock.System{}), warnings.Detect(rows, counts, method, clock.System{})
	tested := 0
	for i := 0; i < len(counts); i += 60 {
		tips := 0
		for _, count := range counts[i : i+60] {
			tips += int(count)
		}
		if tips >= 3 {
			tested++
		}
	}
	assert.Equal(t, 6*len(rows), first.Series)
	assert.Equal(t, tested, first.Tested)
	again.Took = first.Took
	assert.Equal(t, first, again)
	counts[len(counts)-1] = 200
	jumped := warnings.Detect(rows, counts, method, clock.System{})
	assert.Greater(t, jumped.Emerging, first.Emerging)
}
