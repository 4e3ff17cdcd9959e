package clock_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
)

const soon, late = time.Millisecond, time.Minute

func TestTodayIsTheDateInChina(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(time.Date(2026, time.December, 31, 15, 59, 59, 999_999_999, time.UTC))
	assert.Equal(t, "2026-12-31", clock.Today(c).String())
	c.Advance(time.Microsecond)
	assert.Equal(t, "2027-01-01", clock.Today(c).String())
}

func TestClocksKeepWhatPostgreSQLKeeps(t *testing.T) {
	t.Parallel()
	for _, now := range []time.Time{clock.System{}.Now(), clock.NewManual(time.Unix(1, 1999)).Now()} {
		assert.Equal(t, time.UTC, now.Location())
		assert.Zero(t, now.Nanosecond()%1000)
	}
}

func TestAManualClockMovesOnlyWhenTold(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(time.Unix(0, 0))
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { c.Advance(time.Second); _ = c.Now() })
	}
	all.Wait()
	assert.Equal(t, time.Unix(50, 0).UTC(), c.Now())
}

func TestPollAsksAtOnceAndUntilTheAnswerIsYes(t *testing.T) {
	t.Parallel()
	asked := 0
	require.NoError(t,
		clock.PollUntil(t.Context(), late, late, func(context.Context) (bool, error) { asked++; return true, nil }))
	assert.Equal(t, 1, asked)
	require.NoError(t,
		clock.PollUntil(t.Context(), late, soon, func(context.Context) (bool, error) { asked++; return asked == 4, nil }))
	assert.Equal(t, 4, asked)
}

func TestPollEndsWithAnErrorOrWhenTheTimeIsUp(t *testing.T) {
	t.Parallel()
	broken, asked := errors.New("broken"), 0
	no := func(context.Context) (bool, error) { asked++; return false, nil }
	require.ErrorIs(t, clock.PollUntil(t.Context(), late, soon, func(context.Context) (bool, error) { return false, broken }),
		broken)
	require.ErrorIs(t, clock.PollUntil(t.Context(), 5*soon, soon, no), context.DeadlineExceeded)
	assert.Positive(t, asked)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, clock.PollUntil(gone, late, late, no), context.Canceled)
	require.ErrorIs(t, clock.PollUntil(t.Context(), 5*soon, late, func(ctx context.Context) (bool, error) {
		<-ctx.Done() // what is asked hears that the time is up
		return false, ctx.Err()
	}), context.DeadlineExceeded)
}
