package calendar_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
)

func TestWindowsOpenAndClose(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name                  string
		window                calendar.Window
		period, opens, closes string
	}{
		{"days 10-15 of the quarter's third month", calendar.Window{3, 10, 3, 15}, "2026-Q4", "2026-12-10", "2026-12-15"},
		{"by 20 June", calendar.Window{1, 1, 6, 20}, "2026-H1", "2026-01-01", "2026-06-20"},
		{"by 20 November", calendar.Window{1, 1, 5, 20}, "2026-H2", "2026-07-01", "2026-11-20"},
		{"the five days after the month", calendar.Window{2, 1, 2, 5}, "2026-12", "2027-01-01", "2027-01-05"},
		{"the month after the quarter", calendar.Window{4, 1, 4, 31}, "2026-Q1", "2026-04-01", "2026-04-30"},
		{"the last days of a leap February", calendar.Window{1, 29, 1, 31}, "2024-02", "2024-02-29", "2024-02-29"},
		{"all the year after the year", calendar.Window{13, 1, 24, 31}, "2026", "2027-01-01", "2027-12-31"},
	} {
		require.NoError(t, tc.window.Validate(), tc.name)
		opens, closes := tc.window.In(period(tc.period))
		assert.Equal(t, tc.opens, opens.String(), tc.name)
		assert.Equal(t, tc.closes, closes.String(), tc.name)
	}
}

func TestWindowRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	for fault, w := range map[string]calendar.Window{
		"opening month 0":    {},
		"opening day 32":     {1, 32, 2, 1},
		"close month 25":     {1, 1, 25, 1},
		"close day 0":        {1, 1, 1, 0},
		"is after the close": {1, 16, 1, 15},
		"opening (month 2":   {2, 1, 1, 31},
	} {
		assert.ErrorContains(t, w.Validate(), fault)
	}
}

func TestWindowsMayDifferWithinAYear(t *testing.T) {
	t.Parallel()
	halves := calendar.Windows{{1, 1, 6, 20}, {1, 1, 5, 20}}
	require.NoError(t, halves.Validate(calendar.HalfYear))
	for p, closes := range map[string]string{"2026-H1": "2026-06-20", "2026-H2": "2026-11-20", "2027-H1": "2027-06-20"} {
		_, got := halves.In(period(p))
		assert.Equal(t, closes, got.String())
	}
	for fault, ws := range map[string]calendar.Windows{
		"0 windows: want 1 or 2": {}, "3 windows": {{1, 1, 1, 2}, {1, 1, 1, 2}, {1, 1, 1, 2}},
		"window 2: opening": {{1, 1, 6, 20}, {3, 2, 3, 1}},
		"the window of 1901-H1 is before that of 1900-H2": {{1, 1, 6, 20}, {13, 1, 14, 1}},
	} {
		assert.ErrorContains(t, ws.Validate(calendar.HalfYear), fault)
	}
}

func TestAValidWindowNeverClosesBeforeItOpens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		month, dayNumber := rapid.IntRange(0, 25), rapid.IntRange(0, 32)
		w := calendar.Window{month.Draw(t, "om"), dayNumber.Draw(t, "od"), month.Draw(t, "cm"), dayNumber.Draw(t, "cd")}
		if w.Validate() != nil {
			t.Skip("not a window")
		}
		p := calendar.PeriodOf(rapid.SampledFrom(kinds).Draw(t, "kind"), anyDate(t))
		opens, closes := w.In(p)
		assert.False(t, opens.After(closes))
		assert.False(t, opens.Before(p.First()))
	})
}
