package metrics_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/internal/metrics"
)

func TestPoolsAreToldApartAndThereFromTheStart(t *testing.T) {
	t.Parallel()
	registry := metrics.NewRegistry()
	for _, name := range []string{"network", "risk"} {
		pool, err := pgxpool.New(t.Context(), "postgres://127.0.0.1:1/none?pool_max_conns=7")
		require.NoError(t, err)
		defer pool.Close()
		require.NoError(t, registry.Register(metrics.NewPool(name, pool.Stat)))
	}
	n, err := testutil.GatherAndCount(registry, "qingfeng_db_connections_max", "qingfeng_db_acquire_wait_seconds_total")
	require.NoError(t, err)
	assert.Equal(t, 4, n)
	problems, err := testutil.GatherAndLint(registry)
	require.NoError(t, err)
	assert.Empty(t, problems)
}

func TestBuildIsTold(t *testing.T) {
	t.Parallel()
	var registry prometheus.Gatherer = metrics.NewRegistry()
	n, err := testutil.GatherAndCount(registry, "qingfeng_build_info")
	require.NoError(t, err)
	assert.Equal(t, 1, n)
}
