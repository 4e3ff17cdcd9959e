package suite_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/suite"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// TestJobsRunByThemselves looks at jobs of services before and after which others were added.
func TestJobsRunByThemselves(t *testing.T) {
	t.Parallel()
	s := suitetest.Empty(t, suitetest.With(func(cfg *suite.Config) { cfg.Unscheduled = false }))
	conn, err := pgx.Connect(t.Context(), s.Database)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, conn.Close(t.Context())) })
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		var ran []string
		require.NoError(c, conn.QueryRow(t.Context(), `SELECT array_agg(DISTINCT args->>'name') FROM (
			SELECT args FROM network.river_job WHERE state = 'completed'
			UNION SELECT args FROM risk.river_job WHERE state = 'completed') j`).Scan(&ran))
		assert.Subset(c, ran, []string{"network.delete_responses", "network.open_reports", "risk.follow_moves"})
	}, time.Minute, 50*time.Millisecond)
}
