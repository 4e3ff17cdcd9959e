package reminders

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
)

func drawReminder(t *rapid.T) *typev1.Reminder {
	r := &typev1.Reminder{
		Id:     rapid.StringMatching("[a-z]{1,8}").Draw(t, "id"),
		Moment: typev1.ReminderMoment(rapid.IntRange(1, 5).Draw(t, "moment")),
		Unit:   typev1.DayUnit(rapid.IntRange(1, 2).Draw(t, "unit")),
	}
	if r.GetMoment() != OnOpen && r.GetMoment() != OnClose {
		r.Days = rapid.Int32Range(1, 90).Draw(t, "days")
	}
	if r.GetMoment() == AfterClose && rapid.Bool().Draw(t, "repeats") {
		r.RepeatEveryDays = rapid.Int32Range(1, 90).Draw(t, "every")
		r.RepeatUntilDays = rapid.Int32Range(r.GetDays(), 366).Draw(t, "until")
	}
	return r
}

// Whatever the reminder, day after day shows each occasion once, in
// order, never before its day and within the days that the job looks back and ahead.
func TestH6_RemindersFallDueInOrderWithinTheLookBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		opens := calendar.NewDate(2026, time.January, 1).AddDays(rapid.IntRange(0, 700).Draw(t, "opens"))
		w := Window{OpenOn: opens, CloseOn: opens.AddDays(rapid.IntRange(0, 60).Draw(t, "length"))}
		r := drawReminder(t)
		var latest calendar.Date
		for today := opens.AddDays(-LookAheadDays - 10); !today.After(w.CloseOn.AddDays(LookBackDays +
			10)); today = today.AddDays(1) {
			o, due := last(calendar.BuiltIn(), r, w, today)
			if !due {
				continue
			}
			day := o.Day
			require.False(t, day.After(today))
			require.False(t, day.Before(latest), "occasions come in order")
			if latest = day; day == today && r.GetUnit() == typev1.DayUnit_DAY_UNIT_WORKING && r.GetRepeatEveryDays() == 0 {
				works, _ := calendar.BuiltIn().IsWorkday(day)
				require.True(t, works || day == opens && !worksOnSome(w))
			}
			require.Equal(t, r.GetMoment() == BeforeOpen, today.Before(opens))
			require.True(t, r.GetMoment() == AfterClose || !today.After(w.CloseOn))
		}
		require.False(t, latest.IsZero(), "every reminder falls due while it is worth something")
		if r.GetMoment() == BeforeOpen || r.GetMoment() == AfterClose {
			require.False(t, latest.Before(opens.AddDays(-LookAheadDays)) || latest.After(w.CloseOn.AddDays(LookBackDays)),
				"it is found while it is looked for")
		}
	})
}

// Next names the very days on which a reminder falls due as day after day shows it.
func TestJ4_TheNextReminderIsTheOneThatWillFallDue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		opens := calendar.NewDate(2026, time.January, 1).AddDays(rapid.IntRange(0, 700).Draw(t, "opens"))
		w := Window{OpenOn: opens, CloseOn: opens.AddDays(rapid.IntRange(0, 60).Draw(t, "length"))}
		r := drawReminder(t)
		day := opens.AddDays(-LookAheadDays - 10)
		next, ok := Next(calendar.BuiltIn(), []*typev1.Reminder{r}, w, day)
		for ; !day.After(w.CloseOn.AddDays(LookBackDays + 10)); day = day.AddDays(1) {
			o, due := last(calendar.BuiltIn(), r, w, day)
			require.Equal(t, due && o.Day == day, ok && next == day, "%s", day)
			if ok && next == day {
				next, ok = Next(calendar.BuiltIn(), []*typev1.Reminder{r}, w, day)
			}
		}
		require.False(t, ok)
	})
}

// worksOnSome tells whether a window has a working day.
func worksOnSome(w Window) bool {
	for day := w.OpenOn; !day.After(w.CloseOn); day = day.AddDays(1) {
		if works, _ := calendar.BuiltIn().IsWorkday(day); works {
			return true
		}
	}
	return false
}

func TestH6_OnlyTheLatestOfSeveralRemindersIsSent(t *testing.T) {
	t.Parallel()
	day := func(n int) calendar.Date { return calendar.NewDate(2026, time.December, n) }
	w := Window{OpenOn: day(10), CloseOn: day(15)}
	natural := typev1.DayUnit_DAY_UNIT_CALENDAR
	list := []*typev1.Reminder{
		{Id: "last", Moment: OnClose, Unit: natural},
		{Id: "soon", Moment: BeforeClose, Days: 5, Unit: natural},
		{Id: "open", Moment: OnOpen, Unit: natural},
		{Id: "week", Moment: BeforeOpen, Days: 7, Unit: natural},
		{Id: "late", Moment: AfterClose, Days: 1, Unit: natural, RepeatEveryDays: 5, RepeatUntilDays: 12},
	}
	said := map[int]string{
		2: "", 3: "week@3", 9: "week@3", 10: "soon@10", 14: "soon@10", 15: "last@15", 16: "late@16", 20: "late@16", 21: "late@21",
		25: "late@21", 26: "late@26", 31: "late@26",
	}
	for today, want := range said {
		assert.Equal(t, want, dueOn(list, w, day(today)), "on %d December", today)
	}
	list[1].Days = 2
	assert.Equal(t, "open@10 soon@13", dueOn(list, w, day(14)), "one of the opening and one of the close")
	assert.Equal(t, "late@16", dueOn(list, w, day(16)), "that it opened is of no use any more")
}

// dueOn are the reminders that are due on a day, with the days on which they fell due.
func dueOn(list []*typev1.Reminder, w Window, today calendar.Date) string {
	all := Latest(calendar.BuiltIn(), list, w, today)
	said := make([]string, len(all))
	for i, o := range all {
		said[i] = trimZero(o.Reminder.GetId() + "@" + o.Day.String()[8:])
	}
	return strings.Join(said, " ")
}

// trimZero makes "late@03" "late@3".
func trimZero(text string) string {
	if i := len(text) - 2; text[i] == '0' {
		return text[:i] + text[i+1:]
	}
	return text
}

// Of two reminders of one day the one that tells more units above is not lost.
func TestH6_OfTwoRemindersOfADayTheOneThatTellsMoreIsSent(t *testing.T) {
	t.Parallel()
	closes := calendar.NewDate(2026, time.November, 6)
	late := func(id string, above int32) *typev1.Reminder {
		return &typev1.Reminder{
			Id: id, Moment: AfterClose, Days: 1, Unit: typev1.DayUnit_DAY_UNIT_CALENDAR, TellsAbove: above,
		}
	}
	list := []*typev1.Reminder{late("late", 0), late("above", 2), late("again", 1)}
	found := Latest(calendar.BuiltIn(), list, Window{OpenOn: closes, CloseOn: closes}, closes.AddDays(1))
	require.Len(t, found, 1)
	require.Equal(t, "above", found[0].Reminder.GetId())
}
