package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/record/recordtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const patience = 30 * time.Second

// start starts a queue with one job, "tell", which tells of each run, and stops it when the test ends.
func start(t *testing.T, every time.Duration) (book *record.Store, queue *jobs.Queue, ran chan struct{}) {
	t.Helper()
	book, ran = recordtest.Store(t), make(chan struct{}, 100)
	queue, err := jobs.New(book, zap.NewNop(), jobs.Job{Name: "tell", Every: every, Run: func(context.Context) error {
		ran <- struct{}{}
		return nil
	}})
	require.NoError(t, err)
	require.NoError(t, queue.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, queue.Stop(context.WithoutCancel(t.Context()))) })
	return book, queue, ran
}

func wait(t *testing.T, signal <-chan struct{}) {
	t.Helper()
	select {
	case <-signal:
	case <-time.After(patience):
		t.Fatal("the job did not run")
	}
}

// count is how many jobs of a name are in a state.
func count(t *testing.T, book *record.Store, name, state string) (n int) {
	t.Helper()
	require.NoError(t, book.QueryRow(t.Context(),
		"SELECT count(*) FROM river_job WHERE args->>'name' = $1 AND state::text LIKE $2", name, state).Scan(&n))
	return n
}

func TestAJobRunsAtStartAndWheneverItsTimeComes(t *testing.T) {
	t.Parallel()
	_, _, ran := start(t, 200*time.Millisecond)
	for range 3 {
		wait(t, ran)
	}
}

func TestEnqueuedJobRunsOnlyAfterCommit(t *testing.T) {
	t.Parallel()
	book, queue, ran := start(t, time.Hour)
	wait(t, ran) // the run at start
	back := errors.New("back")
	require.ErrorIs(t, book.InTx(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		return errors.Join(queue.Enqueue(ctx, tx, "tell"), back)
	}), back)
	assert.Equal(t, 1, count(t, book, "tell", "%"))
	require.NoError(t,
		book.InTx(t.Context(), func(ctx context.Context, tx pgx.Tx) error { return queue.Enqueue(ctx, tx, "tell") }))
	wait(t, ran)
	assert.Equal(t, 2, count(t, book, "tell", "%"))
	assert.Empty(t, ran)
}

// TestAFrugalQueueFindsWorkWithoutBeingTold also shows that it keeps no connection for that.
func TestAFrugalQueueFindsWorkWithoutBeingTold(t *testing.T) {
	t.Parallel()
	book, ran := recordtest.Store(t), make(chan struct{}, 100)
	queue, err := jobs.Frugal(book, zap.NewNop(), jobs.Job{Name: "tell", Every: time.Hour, Run: func(context.Context) error {
		ran <- struct{}{}
		return nil
	}})
	require.NoError(t, err)
	require.NoError(t, queue.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, queue.Stop(context.WithoutCancel(t.Context()))) })
	wait(t, ran) // the run at start
	require.NoError(t,
		book.InTx(t.Context(), func(ctx context.Context, tx pgx.Tx) error { return queue.Enqueue(ctx, tx, "tell") }))
	wait(t, ran)
	require.Eventually(t, func() bool { return book.Stat().AcquiredConns() == 0 }, patience, 20*time.Millisecond)
}

func TestUnknownJobIsCancelled(t *testing.T) {
	t.Parallel()
	book, queue, _ := start(t, time.Hour)
	require.NoError(t,
		book.InTx(t.Context(), func(ctx context.Context, tx pgx.Tx) error { return queue.Enqueue(ctx, tx, "of-old") }))
	require.Eventually(t, func() bool { return count(t, book, "of-old", "cancelled") == 1 }, patience, 20*time.Millisecond)
}

func TestStoppingLetsTheRunningJobEnd(t *testing.T) {
	t.Parallel()
	book, begun, release, ended := recordtest.Store(t), make(chan struct{}), make(chan struct{}), false
	queue, err := jobs.New(book, zap.NewNop(), jobs.Job{Name: "slow", Every: time.Hour, Run: func(ctx context.Context) error {
		close(begun)
		<-release
		ended = true
		return ctx.Err()
	}})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	require.NoError(t, queue.Start(ctx))
	wait(t, begun)
	cancel() // what starts a queue does not end its jobs
	stopped := make(chan error, 1)
	go func() { stopped <- queue.Stop(context.WithoutCancel(ctx)) }()
	close(release)
	require.NoError(t, <-stopped)
	assert.True(t, ended)
	assert.Equal(t, 1, count(t, book, "slow", "completed"))
}

func TestStoppingCancelsAJobThatTakesTooLong(t *testing.T) {
	t.Parallel()
	book, begun := recordtest.Store(t), make(chan struct{})
	queue, err := jobs.New(book, zap.NewNop(), jobs.Job{Name: "stuck", Every: time.Hour, Run: func(ctx context.Context) error {
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	}})
	require.NoError(t, err)
	require.NoError(t, queue.Start(t.Context()))
	wait(t, begun)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.NoError(t, queue.Stop(ctx))
	assert.Zero(t, count(t, book, "stuck", "completed"), "it runs again at the next start")
}
