package jobs_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/record/recordtest"
)

func TestQueueAndRunsAreCountedFromTheStart(t *testing.T) {
	t.Parallel()
	begun, release := make(chan struct{}), make(chan struct{})
	queue, err := jobs.New(recordtest.Store(t), zap.NewNop(),
		jobs.Job{Name: "slow", Every: time.Hour, Run: func(context.Context) error {
			close(begun)
			<-release
			return nil
		}},
		jobs.Job{Name: "broken", Every: time.Hour, Run: func(context.Context) error { return errors.New("broken") }})
	require.NoError(t, err)
	registry := prometheus.NewRegistry()
	require.NoError(t, prometheus.WrapRegistererWith(prometheus.Labels{"service": "test"}, registry).Register(queue))
	counted := func(lines ...string) error {
		text := "# HELP qingfeng_jobs Jobs in the service's queue, of all its replicas; those that failed are kept for a week.\n" +
			"# TYPE qingfeng_jobs gauge\n" + strings.Join(lines, "\n") + "\n"
		return testutil.GatherAndCompare(registry, strings.NewReader(text), "qingfeng_jobs")
	}
	require.NoError(t, counted(`qingfeng_jobs{service="test",state="failed"} 0`,
		`qingfeng_jobs{service="test",state="running"} 0`, `qingfeng_jobs{service="test",state="waiting"} 0`))
	runs, err := testutil.GatherAndCount(registry, "qingfeng_job_runs_total")
	require.NoError(t, err)
	require.Equal(t, 6, runs, "two outcomes each, of the queue's own job too")

	require.NoError(t, queue.Start(t.Context()))
	wait(t, begun)
	require.Eventually(t, func() bool {
		return counted(`qingfeng_jobs{service="test",state="failed"} 1`,
			`qingfeng_jobs{service="test",state="running"} 1`, `qingfeng_jobs{service="test",state="waiting"} 0`) == nil
	}, patience, 20*time.Millisecond)
	close(release)
	require.NoError(t, queue.Stop(context.WithoutCancel(t.Context())))
}
