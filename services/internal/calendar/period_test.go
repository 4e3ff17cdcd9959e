package calendar_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
)

var kinds = []calendar.PeriodKind{calendar.Month, calendar.Quarter, calendar.HalfYear, calendar.Year}

func period(s string) calendar.Period {
	p, err := calendar.ParsePeriod(s)
	if err != nil {
		panic(err)
	}
	return p
}

func TestPeriodsHaveTheirDays(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		period, first, last, next string
		kind                      calendar.PeriodKind
	}{
		{"2026-11", "2026-11-01", "2026-11-30", "2026-12", calendar.Month},
		{"2024-02", "2024-02-01", "2024-02-29", "2024-03", calendar.Month},
		{"2026-12", "2026-12-01", "2026-12-31", "2027-01", calendar.Month},
		{"2026-Q1", "2026-01-01", "2026-03-31", "2026-Q2", calendar.Quarter},
		{"2026-Q4", "2026-10-01", "2026-12-31", "2027-Q1", calendar.Quarter},
		{"2026-H1", "2026-01-01", "2026-06-30", "2026-H2", calendar.HalfYear},
		{"2026-H2", "2026-07-01", "2026-12-31", "2027-H1", calendar.HalfYear},
		{"2026", "2026-01-01", "2026-12-31", "2027", calendar.Year},
	} {
		p := period(tc.period)
		assert.Equal(t, tc.kind, p.Kind(), tc.period)
		assert.Equal(t, tc.first, p.First().String(), tc.period)
		assert.Equal(t, tc.last, p.Last().String(), tc.period)
		assert.Equal(t, tc.next, p.Next().String(), tc.period)
	}
}

func TestParsePeriodRefusesWhatIsNoPeriod(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "26", "2026-", "2026-0", "2026-00", "2026-13", "2026-Q0", "2026-Q5", "2026-H3", "2026-q1", "2026Q1",
		"2026-Q10", "2026-+1", "1899", "2200-01", "+026", "2026-11-01", "二零二六",
	} {
		_, err := calendar.ParsePeriod(s)
		assert.Error(t, err, "%q", s)
	}
}

func TestPeriodsPartitionTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		kind, d := rapid.SampledFrom(kinds).Draw(t, "kind"), anyDate(t)
		p := calendar.PeriodOf(kind, d)
		assert.True(t, p.Contains(d))
		assert.True(t, p.Contains(p.First()) && p.Contains(p.Last()))
		assert.Equal(t, p.Last().AddDays(1), p.Next().First())
		assert.False(t, p.Contains(p.Next().First()) || p.Contains(p.First().AddDays(-1)))
		assert.Equal(t, p, p.Next().Previous())
		assert.Equal(t, p, period(p.String()))
		assert.Negative(t, p.Compare(p.Next()))

		text, err := json.Marshal(p)
		require.NoError(t, err)
		var back calendar.Period
		require.NoError(t, json.Unmarshal(text, &back))
		assert.Equal(t, p, back)
	})
}

func TestPeriodsSortByFirstDayThenLength(t *testing.T) {
	t.Parallel()
	want := []calendar.Period{
		period("2025-12"), period("2026-01"), period("2026-Q1"), period("2026-H1"), period("2026"), period("2026-02"),
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, calendar.Period.Compare)
	assert.Equal(t, want, got)
}

func TestZeroPeriodIsNoPeriod(t *testing.T) {
	t.Parallel()
	var p calendar.Period
	assert.True(t, p.IsZero() && p.Next().IsZero() && p.Previous().IsZero())
	assert.Empty(t, p.String())
	assert.False(t, p.Contains(day("2026-11-23")) || p.Contains(calendar.Date{}))
	assert.True(t, calendar.PeriodOf(0, day("2026-11-23")).IsZero())
	assert.True(t, calendar.PeriodOf(calendar.Month, calendar.Date{}).IsZero())
	p = period("2026")
	require.NoError(t, p.UnmarshalText(nil))
	assert.True(t, p.IsZero())
	require.Error(t, p.UnmarshalText([]byte("2026-Q9")))
}

func FuzzParsePeriod(f *testing.F) {
	for _, s := range []string{"2026-11", "2026-Q4", "2026-H2", "2026", "", "2026-Q", "é026-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if p, err := calendar.ParsePeriod(s); err == nil {
			assert.Equal(t, s, p.String())
		} else {
			assert.True(t, p.IsZero())
		}
	})
}
