package logline_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/zap"

	"github.com/qingfeng-suite/qingfeng/services/internal/logline"
)

func TestEveryLayerAddsToItsCallsLine(t *testing.T) {
	t.Parallel()
	ctx, line := logline.With(t.Context())
	other, empty := logline.With(ctx)
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() { logline.Add(ctx, zap.Int("a", 1), zap.Int("b", 2)) })
	}
	all.Wait()
	assert.Len(t, line.Fields(), 200)
	assert.Empty(t, empty.Fields(), "a call in a call has a line of its own")
	logline.Add(other, zap.Int("c", 3))
	assert.Len(t, line.Fields(), 200)
	assert.NotPanics(t, func() { logline.Add(t.Context(), zap.Int("a", 1)) }, "outside a call")
}
