package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestASmallHeapMayGrowMore(t *testing.T) {
	t.Parallel()
	for inUse, percent := range map[uint64]int{0: 200, 20 << 20: 200, 32 << 20: 150, 40 << 20: 100, 128 << 20: 50, 300 << 20: 50} {
		assert.Equal(t, percent, sweepPercent(inUse), "%d bytes", inUse)
	}
}
