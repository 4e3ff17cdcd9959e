package owed_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
)

func TestT18_T19_SpansOfTheYear(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		months, firstMonth int32
		day, first, last   string
	}{
		{1, 1, "2026-02-28", "2026-02-01", "2026-02-28"},
		{3, 1, "2026-11-02", "2026-10-01", "2026-12-31"},
		{3, 2, "2026-01-31", "2025-11-01", "2026-01-31"},
		{6, 1, "2026-07-01", "2026-07-01", "2026-12-31"},
		{12, 7, "2026-06-30", "2025-07-01", "2026-06-30"},
		{12, 7, "2026-07-01", "2026-07-01", "2027-06-30"},
	} {
		day, err := calendar.ParseDate(c.day)
		require.NoError(t, err)
		first, last := owed.Span(&riskv1.Recurrence{Months: c.months, FirstMonth: c.firstMonth}, day)
		assert.Equal(t, c.first+" "+c.last, first.String()+" "+last.String(), c.day)
	}
}

func TestT18_T19_SpansFollowEachOther(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		every := &riskv1.Recurrence{
			Months:     rapid.SampledFrom([]int32{1, 2, 3, 4, 6, 12}).Draw(t, "months"),
			FirstMonth: rapid.Int32Range(1, 12).Draw(t, "first month"),
		}
		day := calendar.NewDate(2026, time.January, rapid.IntRange(1, 2000).Draw(t, "day"))
		first, last := owed.Span(every, day)
		assert.False(t, day.Before(first) || day.After(last))
		next, _ := owed.Span(every, last.AddDays(1))
		assert.Equal(t, last.AddDays(1), next)
		same, _ := owed.Span(every, first)
		assert.Equal(t, first, same)
	})
}
