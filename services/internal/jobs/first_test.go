package jobs

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
)

func TestTheFirstJobOfADayRunsOnceBeforeTheOthers(t *testing.T) {
	t.Parallel()
	runs, fails := 0, errors.New("the network is away")
	first := firstOfDay{job: Job{Name: "first", Run: func(context.Context) error {
		runs++
		return fails
	}}}
	day := calendar.LastDay.AddDays(-10)
	before := func(other Job, day calendar.Date) int {
		first.before(t.Context(), other, day)
		return runs
	}
	other := Job{Name: "other"}
	assert.Equal(t, 1, before(other, day))
	assert.Equal(t, 2, before(other, day), "it failed, and is tried again")
	fails = nil
	assert.Equal(t, 3, before(other, day))
	assert.Equal(t, 3, before(other, day), "it has run")
	assert.Equal(t, 3, before(Job{Name: "timeless", Timeless: true}, day.AddDays(1)))
	assert.Equal(t, 3, before(first.job, day.AddDays(1)), "not before itself")
	assert.Equal(t, 4, before(other, day.AddDays(1)))
	assert.Equal(t, 4, func() int { (&firstOfDay{}).before(t.Context(), other, day); return runs }(), "a queue without one")
}
