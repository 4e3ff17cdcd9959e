package calendar_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
)

// TestTheLimitsOfTheRulesInForce counts the time limits that bodies ship as data, each from a day that crosses a holiday.
func TestTheLimitsOfTheRulesInForce(t *testing.T) {
	t.Parallel()
	days := func(n int) calendar.Rule { return calendar.Rule{Days: n, Unit: calendar.CalendarDays} }
	for name, test := range map[string]struct {
		rule       calendar.Rule
		start, due string
	}{
		"检举控告工作规则 15, 16: 5 working days":   {working(5), "2026-09-29", "2026-10-12"},
		"检举控告工作规则: result, 15 working days": {working(15), "2026-02-09", "2026-03-06"},
		"信访工作条例 22: 15 days":                {days(15), "2026-09-28", "2026-10-13"},
		"信访工作条例 23: 5 working days":         {working(5), "2026-04-29", "2026-05-09"},
		"信访工作条例 34: 60 days":                {days(60), "2026-11-02", "2027-01-01"},
		"信访工作条例 34: 30 days more":           {days(30), "2027-01-01", "2027-01-31"},
		"信访工作条例 35, 36: 30 days":            {days(30), "2026-01-31", "2026-03-02"},
		"EU 2019/1937 art. 9: 7 days":       {days(7), "2026-12-28", "2027-01-04"},
		"EU 2019/1937 art. 9: 3 months":     {calendar.Rule{Days: 3, Unit: calendar.Months}, "2026-11-30", "2027-02-28"},
		"网络安全法: logs, 6 months":             {calendar.Rule{Days: 6, Unit: calendar.Months}, "2026-08-31", "2027-02-28"},
		"个人信息保护法 56: 3 years":               {calendar.Rule{Days: 36, Unit: calendar.Months}, "2024-02-29", "2027-02-28"},
	} {
		deadline, err := calendar.BuiltIn().Due(day(test.start), test.rule)
		require.NoError(t, err, name)
		due, _ := deadline.Due()
		assert.Equal(t, test.due, due.String(), name)
	}
}

func TestMonthsEndOnTheStartsDayAndPausesMoveThemByTheirLength(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		k := drawTask(t)
		k.rule.Unit, k.rule.Days, k.rule.RollToWorkday, k.rule.CountFirstDay = calendar.Months, rapid.IntRange(1, 36).Draw(t,
			"months"), false, false
		bare, later := k, k
		bare.pauses, later.pauses = nil, nil
		later.start = k.start.AddDays(1)
		end := bare.due(t)
		assert.False(t, later.due(t).Before(end), "a day later")
		month := (int(k.start.Month())-1+k.rule.Days)%12 + 1
		assert.Equal(t, month, int(end.Month()))
		if end.Day() != k.start.Day() {
			assert.Less(t, end.Day(), k.start.Day())
			assert.Equal(t, 1, end.AddDays(1).Day(), "only a month that is too short ends earlier")
		}
		due, stood := k.due(t), 0
		for d := k.start.AddDays(1); !d.After(due); d = d.AddDays(1) {
			if k.paused(d) {
				stood++
			}
		}
		assert.Equal(t, end.AddDays(stood), due)
	})
	_, err := calendar.BuiltIn().Due(day("2026-01-01"), calendar.Rule{Days: calendar.MaxMonths + 1, Unit: calendar.Months})
	require.ErrorIs(t, err, calendar.ErrRule)
}

// Where the first day counts, months end on the eve of the start's day, or with a month that has no such day.
func TestMonthsFromTheirFirstDayEndOnTheEve(t *testing.T) {
	t.Parallel()
	months := func(n int) calendar.Rule { return calendar.Rule{Days: n, Unit: calendar.Months, CountFirstDay: true} }
	for _, c := range []struct {
		start  string
		months int
		due    string
	}{
		{"2026-01-31", 1, "2026-02-28"},
		{"2026-01-30", 1, "2026-02-28"},
		{"2026-01-29", 1, "2026-02-28"},
		{"2026-01-28", 1, "2026-02-27"},
		{"2028-01-31", 1, "2028-02-29"},
		{"2028-01-29", 1, "2028-02-28"},
		{"2026-02-28", 1, "2026-03-27"},
		{"2026-01-01", 1, "2026-01-31"},
		{"2026-11-30", 3, "2027-02-28"},
		{"2026-10-01", 3, "2026-12-31"},
		{"2024-02-29", 12, "2025-02-28"},
		{"2024-02-29", 48, "2028-02-28"},
		{"2026-08-31", 1, "2026-09-30"},
		{"2026-01-31", 0, "2026-01-31"},
	} {
		end, _ := due(t, c.start, months(c.months)).Due()
		assert.Equal(t, c.due, end.String(), "%d months from %s", c.months, c.start)
	}
	rapid.Check(t, func(t *rapid.T) {
		start, n := anyDate(t), rapid.IntRange(1, calendar.MaxMonths).Draw(t, "months")
		if start.Year() > calendar.MaxYear-11 {
			t.Skip("beyond the calendar")
		}
		end, _ := due(t, start.String(), months(n)).Due()
		plain, _ := due(t, start.String(), calendar.Rule{Days: n, Unit: calendar.Months}).Due()
		if plain.Day() == start.Day() {
			assert.Equal(t, plain.AddDays(-1), end, "the eve")
		} else {
			assert.Equal(t, plain, end, "the month's last day")
		}
	})
}

func TestAnImportedYearTakesThePlaceOfWhatWasKnown(t *testing.T) {
	t.Parallel()
	workdays := calendar.BuiltIn()
	more := workdays.With(2027, []calendar.Day{
		{Date: day("2026-12-31"), Name: "元旦"},
		{Date: day("2027-01-01"), Name: "元旦"},
		{Date: day("2027-01-02"), Work: true, Name: "元旦"},
	})
	for date, want := range map[string][2]bool{
		"2026-12-31": {false, true}, "2027-01-01": {false, true}, "2027-01-02": {true, true}, "2027-01-04": {true, true},
		"2028-01-03": {true, false},
	} {
		works, known := more.IsWorkday(day(date))
		assert.Equal(t, want, [2]bool{works, known}, date)
	}
	works, known := workdays.IsWorkday(day("2027-01-01"))
	assert.Equal(t, [2]bool{true, false}, [2]bool{works, known}, "the calendar it was made from stays as it is")
	assert.Equal(t, workdays.ListedDays(2026), workdays.With(2026, workdays.ListedDays(2026)).ListedDays(2026))
	assert.Equal(t, "元旦", more.Name(day("2027-01-02")))
}
