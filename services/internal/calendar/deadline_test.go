package calendar_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
)

func working(days int) calendar.Rule { return calendar.Rule{Days: days, Unit: calendar.WorkingDays} }

func natural(days int) calendar.Rule { return calendar.Rule{Days: days, Unit: calendar.CalendarDays} }

func pause(from, to, reason string) calendar.Pause {
	p := calendar.Pause{From: day(from), Reason: reason}
	if to != "" {
		p.To = day(to)
	}
	return p
}

func due(t require.TestingT, start string, rule calendar.Rule, pauses ...calendar.Pause) calendar.Deadline {
	d, err := calendar.BuiltIn().Due(day(start), rule, pauses...)
	require.NoError(t, err)
	return d
}

func TestDeadlinesOfTheCalendar(t *testing.T) {
	t.Parallel()
	counted := func(r calendar.Rule) calendar.Rule { r.CountFirstDay = true; return r }
	rolled := func(r calendar.Rule) calendar.Rule { r.RollToWorkday = true; return r }
	for _, tc := range []struct {
		name, start string
		rule        calendar.Rule
		due         string
		provisional bool
	}{
		{"within a week", "2026-11-23", working(4), "2026-11-27", false},
		{"first day counted", "2026-11-23", counted(working(5)), "2026-11-27", false},
		{"first day counted, but a Sunday", "2026-11-22", counted(working(5)), "2026-11-27", false},
		{"no days", "2026-11-22", working(0), "2026-11-22", false},
		{"no days, rolled", "2026-11-22", rolled(working(0)), "2026-11-23", false},
		{"over National Day 2025 and its two Sundays and Saturdays", "2025-09-26", working(5), "2025-10-10", false},
		{"onto the Saturday after National Day 2025", "2025-09-26", working(6), "2025-10-11", false},
		{"onto the Saturday after National Day 2026", "2026-09-28", working(5), "2026-10-10", false},
		{"over Spring Festival 2026, from its working Saturday", "2026-02-14", working(1), "2026-02-24", false},
		{"to the working Saturday before Spring Festival 2026", "2026-02-13", working(1), "2026-02-14", false},
		{"to the working Saturday after Spring Festival 2026", "2026-02-14", working(5), "2026-02-28", false},
		{"15 calendar days across a holiday", "2026-09-25", natural(15), "2026-10-10", false},
		{"calendar days into a holiday", "2026-09-28", natural(5), "2026-10-03", false},
		{"calendar days into a holiday, rolled", "2026-09-28", rolled(natural(5)), "2026-10-08", false},
		{"rolled onto a swapped Sunday", "2026-09-19", counted(rolled(natural(1))), "2026-09-20", false},
		{"working days into a year without data", "2026-12-30", working(5), "2027-01-06", true},
		{"working days that end with the data", "2026-12-28", working(3), "2026-12-31", false},
		{"calendar days into a year without data", "2026-12-30", natural(5), "2027-01-04", false},
		{"rolled within a year without data", "2026-12-30", rolled(natural(3)), "2027-01-04", true},
	} {
		d := due(t, tc.start, tc.rule)
		got, determined := d.Due()
		assert.True(t, determined, tc.name)
		assert.Equal(t, tc.due, got.String(), tc.name)
		assert.Equal(t, tc.provisional, d.Provisional(), tc.name)
	}
}

func TestArithmeticShowsEveryStep(t *testing.T) {
	t.Parallel()
	got := due(t, "2026-09-24", working(6), pause("2026-09-29", "2026-10-03", "补正材料")).Arithmetic
	assert.Equal(t, calendar.Arithmetic{
		Start: day("2026-09-24"), Rule: working(6), First: day("2026-09-28"), Counted: 6,
		End: day("2026-10-13"), Due: day("2026-10-13"),
		Skipped: []calendar.Skip{
			{From: day("2026-09-25"), To: day("2026-09-27"), Cause: calendar.Holiday, Name: "中秋节"},
			{From: day("2026-09-29"), To: day("2026-10-03"), Cause: calendar.Paused, Name: "补正材料"},
			{From: day("2026-10-04"), To: day("2026-10-07"), Cause: calendar.Holiday, Name: "国庆节"},
			{From: day("2026-10-11"), To: day("2026-10-11"), Cause: calendar.Weekend},
		},
		Swapped: []calendar.Swap{{Date: day("2026-10-10"), Name: "国庆节"}},
	}, got)

	namedMonday := due(t, "2020-02-02", working(1)).Arithmetic
	assert.Equal(t, day("2020-02-03"), namedMonday.Due)
	assert.Empty(t, namedMonday.Swapped, "a Monday that a notice names as worked is no swap")
}

func TestPausesStopTheClock(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		rule   calendar.Rule
		pauses []calendar.Pause
		due    string // empty while undetermined
	}{
		{"one", natural(5), []calendar.Pause{pause("2026-11-03", "2026-11-04", "")}, "2026-11-08"},
		{"one day", natural(5), []calendar.Pause{pause("2026-11-03", "2026-11-03", "")}, "2026-11-07"},
		{
			"overlapping", natural(5),
			[]calendar.Pause{
				pause("2026-11-03", "2026-11-05", "a"), pause("2026-11-04", "2026-11-06", "b"),
				pause("2026-11-04", "2026-11-04", "c"),
			},
			"2026-11-10",
		},
		{"over before the start", natural(5), []calendar.Pause{pause("2026-10-01", "2026-11-01", "")}, "2026-11-06"},
		{"after the deadline", natural(5), []calendar.Pause{pause("2026-11-07", "", "")}, "2026-11-06"},
		{"on the deadline", natural(5), []calendar.Pause{pause("2026-11-06", "", "")}, ""},
		{"closed and open", natural(5), []calendar.Pause{pause("2026-11-02", "2026-11-20", ""), pause("2026-11-05", "", "")}, ""},
		{"over the start of no days", natural(0), []calendar.Pause{pause("2026-11-01", "2026-11-03", "")}, "2026-11-04"},
		{
			"over the day it moves to",
			calendar.Rule{Days: 6, Unit: calendar.CalendarDays, RollToWorkday: true},
			[]calendar.Pause{pause("2026-11-09", "2026-11-10", "")},
			"2026-11-11",
		},
		{
			"open over the day it moves to",
			calendar.Rule{Days: 6, Unit: calendar.CalendarDays, RollToWorkday: true},
			[]calendar.Pause{pause("2026-11-09", "", "")},
			"",
		},
	} {
		got, determined := due(t, "2026-11-01", tc.rule, tc.pauses...).Due()
		assert.Equal(t, tc.due, got.String(), tc.name)
		assert.Equal(t, tc.due != "", determined, tc.name)
	}
}

func TestDueRefusesWhatCannotBeCounted(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		start  string
		rule   calendar.Rule
		pauses []calendar.Pause
		want   error
	}{
		"negative days": {"2026-11-23", natural(-1), nil, calendar.ErrRule},
		"too many days": {"2026-11-23", natural(calendar.MaxDays + 1), nil, calendar.ErrRule},
		"no unit":       {"2026-11-23", calendar.Rule{Days: 5}, nil, calendar.ErrRule},
		"no beginning":  {"2026-11-23", natural(5), []calendar.Pause{{}}, calendar.ErrPause},
		"ends too early": {
			"2026-11-23", natural(5),
			[]calendar.Pause{pause("2026-11-24", "2026-11-23", "")},
			calendar.ErrPause,
		},
		"too many pauses":  {"2026-11-23", natural(5), make([]calendar.Pause, calendar.MaxPauses+1), calendar.ErrPause},
		"end of the years": {"2199-12-30", natural(2), nil, calendar.ErrOutOfRange},
	} {
		_, err := calendar.BuiltIn().Due(day(tc.start), tc.rule, tc.pauses...)
		require.ErrorIs(t, err, tc.want, name)
	}
	_, err := calendar.BuiltIn().Due(calendar.Date{}, natural(5))
	assert.ErrorIs(t, err, calendar.ErrOutOfRange, "no start")
}

func TestTextTellsTheArithmetic(t *testing.T) {
	t.Parallel()
	counted := calendar.Rule{Days: 5, Unit: calendar.CalendarDays, CountFirstDay: true, RollToWorkday: true}
	for _, tc := range []struct {
		deadline calendar.Deadline
		zh, en   string
	}{
		{
			due(t, "2026-09-28", working(5)),
			"从2026-09-28起算（首日不计），5个工作日，跳过国庆节7天，调休上班日计入：2026-10-10（国庆节），截止2026-10-10",
			"from 2026-09-28 (first day not counted), 5 working days; skipping National Day 7 days; " +
				"counting swapped working days: 2026-10-10 (National Day); due 2026-10-10",
		},
		{
			due(t, "2026-09-29", counted),
			"从2026-09-29起算（首日计入），5个自然日，期满日2026-10-03逢国庆节，顺延至下一工作日，截止2026-10-08",
			"from 2026-09-29 (first day counted), 5 calendar days; " +
				"the end 2026-10-03 falls on National Day and moves to the next working day; due 2026-10-08",
		},
		{
			due(t, "2026-12-24", working(10), pause("2026-12-29", "2026-12-30", "补正材料")),
			"从2026-12-24起算（首日不计），10个工作日，跳过周末6天、暂停（补正材料）2天，截止2027-01-11，2027年放假安排尚未公布，暂按周一至周五推定",
			"from 2026-12-24 (first day not counted), 10 working days; skipping weekend 6 days, pause (补正材料) 2 days; due 2027-01-11; " +
				"no holiday notice yet for 2027: Monday to Friday assumed, the due day is provisional",
		},
		{
			due(t, "2026-11-20", working(5), pause("2026-11-25", "", "听证")),
			"从2026-11-20起算（首日不计），5个工作日，跳过周末2天，自2026-11-25起暂停（听证），已计2天，截止日待定",
			"from 2026-11-20 (first day not counted), 5 working days; skipping weekend 2 days; " +
				"standing from 2026-11-25: pause (听证), days counted so far: 2, due day not yet determined",
		},
	} {
		assert.Equal(t, tc.zh, tc.deadline.Arithmetic.Text("zh-CN"))
		assert.Equal(t, tc.en, tc.deadline.Arithmetic.Text("en-GB"))
	}
	assert.True(t, strings.HasPrefix(calendar.Arithmetic{}.Text(""), "从"), "Chinese by default, and no panic on nothing")
}

// task is a drawn question to the engine. Its days lie around the edges of the
// data, so that known and assumed years meet.
type task struct {
	start  calendar.Date
	rule   calendar.Rule
	pauses []calendar.Pause
}

func drawTask(t *rapid.T) task {
	origin := day("2025-08-01")
	near := rapid.IntRange(0, 700)
	pauses := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) calendar.Pause {
		from := origin.AddDays(near.Draw(t, "from"))
		return calendar.Pause{From: from, To: from.AddDays(rapid.IntRange(0, 30).Draw(t, "length"))}
	}), 0, 5)
	return task{
		start: origin.AddDays(near.Draw(t, "start")),
		rule: calendar.Rule{
			Days:          rapid.IntRange(0, 120).Draw(t, "days"),
			Unit:          rapid.SampledFrom([]calendar.DayUnit{calendar.CalendarDays, calendar.WorkingDays}).Draw(t, "unit"),
			CountFirstDay: rapid.Bool().Draw(t, "countFirstDay"),
			RollToWorkday: rapid.Bool().Draw(t, "roll"),
		},
		pauses: pauses.Draw(t, "pauses"),
	}
}

func (k task) due(t *rapid.T) calendar.Date {
	d, err := calendar.BuiltIn().Due(k.start, k.rule, k.pauses...)
	require.NoError(t, err)
	got, determined := d.Due()
	require.True(t, determined)
	return got
}

func (k task) paused(d calendar.Date) bool {
	for _, p := range k.pauses {
		if !d.Before(p.From) && !d.After(p.To) {
			return true
		}
	}
	return false
}

func TestMoreDaysOrALaterStartNeverMeanAnEarlierDeadline(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		k := drawTask(t)
		longer, later, counted := k, k, k
		longer.rule.Days++
		later.start = k.start.AddDays(1)
		counted.rule.CountFirstDay = true
		assert.False(t, longer.due(t).Before(k.due(t)), "one day more")
		assert.False(t, later.due(t).Before(k.due(t)), "a day later")
		assert.False(t, counted.due(t).After(k.due(t)), "first day counted")
	})
}

func TestPausesOnlyEverDelay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		k := drawTask(t)
		without, shuffled, doubled := k, k, k
		without.pauses = nil
		shuffled.pauses = rapid.Permutation(k.pauses).Draw(t, "order")
		doubled.pauses = append(append([]calendar.Pause{}, k.pauses...), k.pauses...)
		assert.False(t, k.due(t).Before(without.due(t)))
		assert.Equal(t, k.due(t), shuffled.due(t))
		assert.Equal(t, k.due(t), doubled.due(t))
		assert.False(t, k.paused(k.due(t)))
	})
}

func TestCountingBackGivesTheDays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		k := drawTask(t)
		deadline, err := calendar.BuiltIn().Due(k.start, k.rule, k.pauses...)
		require.NoError(t, err)
		a := deadline.Arithmetic
		counted, skipped := 0, 0
		for d := a.Due; !d.Before(k.start); d = d.AddDays(-1) {
			workday, _ := calendar.BuiltIn().IsWorkday(d)
			switch free := !k.paused(d) && (workday || k.rule.Unit == calendar.CalendarDays); {
			case d.After(a.End), d == k.start && !k.rule.CountFirstDay:
			case free:
				counted++
			default:
				skipped++
			}
		}
		if k.rule.Days == 0 {
			return
		}
		assert.Equal(t, k.rule.Days, counted)
		assert.Equal(t, counted, a.Counted)
		for _, s := range a.Skipped {
			if s.From.Before(a.End) {
				skipped -= s.Days()
			}
		}
		assert.Zero(t, skipped, "the arithmetic shows every day skipped")
		if workday, _ := calendar.BuiltIn().IsWorkday(a.Due); k.rule.RollToWorkday {
			assert.True(t, workday)
		}
	})
}

func TestOnlyAYearWithoutDataMakesADeadlineProvisional(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		k := drawTask(t)
		deadline, err := calendar.BuiltIn().Due(k.start, k.rule, k.pauses...)
		require.NoError(t, err)
		asked := k.rule.RollToWorkday || k.rule.Unit == calendar.WorkingDays && k.rule.Days > 0
		beyond := deadline.Arithmetic.Due.Year() > 2026
		assert.Equal(t, asked && beyond, deadline.Provisional())
	})
}

func BenchmarkDue(b *testing.B) {
	start := day("2026-01-05")
	for b.Loop() {
		if _, err := calendar.BuiltIn().Due(start, working(60)); err != nil {
			b.Fatal(err)
		}
	}
}
