package cache_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/internal/cache"
)

func TestWhatWasFoundIsRememberedForATime(t *testing.T) {
	t.Parallel()
	now, asked := time.Unix(0, 0), 0
	c := cache.New[string, int](2, func() time.Time { return now }, cache.For(time.Minute))
	ask := func(context.Context) (int, error) { asked++; return asked, nil }
	for _, step := range []struct {
		after time.Duration
		want  int
	}{{0, 1}, {59 * time.Second, 1}, {time.Second, 2}, {-2 * time.Minute, 3}} {
		now = now.Add(step.after)
		got, err := c.Get(t.Context(), "a", ask)
		require.NoError(t, err)
		assert.Equal(t, step.want, got)
	}
}

func TestAFailureIsNotRemembered(t *testing.T) {
	t.Parallel()
	c := cache.New[string, int](2, time.Now, cache.Always)
	_, err := c.Get(t.Context(), "a", func(context.Context) (int, error) { return 0, errors.New("failed") })
	require.EqualError(t, err, "failed")
	got, err := c.Get(t.Context(), "a", func(context.Context) (int, error) { return 1, nil })
	require.NoError(t, err)
	assert.Equal(t, 1, got)
}

func TestOfManyOneAsksAndOneMayGoAway(t *testing.T) {
	t.Parallel()
	c := cache.New[string, int](2, time.Now, cache.Always)
	var asked atomic.Int32
	begun, answer := make(chan struct{}), make(chan struct{})
	ask := func(ctx context.Context) (int, error) {
		asked.Add(1)
		close(begun)
		<-answer
		return 7, ctx.Err()
	}
	impatient, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		_, err := c.Get(impatient, "a", ask)
		left <- err
	}()
	<-begun
	leave()
	require.ErrorIs(t, <-left, context.Canceled)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			got, err := c.Get(t.Context(), "a", ask)
			assert.True(t, err == nil && got == 7)
		})
	}
	close(answer)
	all.Wait()
	assert.EqualValues(t, 1, asked.Load())
}
