package jobs_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/record/recordtest"
)

// A tick goes on after a failure, which is logged, leaves nothing in the queue, and ends with it.
func TestTickRunsUntilTheQueueStops(t *testing.T) {
	t.Parallel()
	core, logged := observer.New(zap.WarnLevel)
	book, ran, running := recordtest.Store(t), make(chan struct{}, 100), atomic.Int32{}
	queue, err := jobs.New(book, zap.New(core))
	require.NoError(t, err)
	queue.Tick(jobs.Job{Name: "ticked", Every: time.Millisecond, Run: func(ctx context.Context) error {
		assert.EqualValues(t, 1, running.Add(1), "never twice at once")
		defer running.Add(-1)
		select {
		case ran <- struct{}{}:
		case <-ctx.Done():
		}
		return errors.New("broken")
	}})
	require.NoError(t, queue.Start(t.Context()))
	for range 3 {
		wait(t, ran)
	}
	assert.Zero(t, count(t, book, "ticked", "%"))
	require.NoError(t, queue.Stop(context.WithoutCancel(t.Context())))
	assert.Zero(t, running.Load(), "who stops waits for it")
	assert.GreaterOrEqual(t, logged.FilterMessage("a job failed").Len(), 2)
}
