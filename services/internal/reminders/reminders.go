// Package reminders counts the days on which whoever owes something is reminded of it, by a scheme's reminders (H6).
package reminders

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// Moments that the days of a reminder are counted from.
const (
	BeforeOpen  = typev1.ReminderMoment_REMINDER_MOMENT_BEFORE_OPEN
	OnOpen      = typev1.ReminderMoment_REMINDER_MOMENT_ON_OPEN
	BeforeClose = typev1.ReminderMoment_REMINDER_MOMENT_BEFORE_CLOSE
	OnClose     = typev1.ReminderMoment_REMINDER_MOMENT_ON_CLOSE
	AfterClose  = typev1.ReminderMoment_REMINDER_MOMENT_AFTER_CLOSE
)

const (
	// LookBackDays is how many days after a window closed its reminders may fall due: 366 with repetitions, or 90 working days.
	LookBackDays = 400
	// LookAheadDays is how many days before a window opens its first reminder may fall due: 90 working days.
	LookAheadDays = 200
)

// Check notes what is wrong with the reminders of a scheme that the proto's rules can't say.
func Check(faults *fault.Fields, field string, reminders []*typev1.Reminder) {
	schemes.CheckUnique(faults, field, reminders)
	for i, r := range reminders {
		at := fmt.Sprintf("%s[%d].", field, i)
		if r.GetUnit() == typev1.DayUnit_DAY_UNIT_MONTH {
			faults.Add(at+"unit", words.ReminderUnit())
		}
		onTheDay := r.GetMoment() == OnOpen || r.GetMoment() == OnClose
		if onTheDay != (r.GetDays() == 0) {
			faults.Add(at+"days", words.ReminderDays())
		}
		every, until := r.GetRepeatEveryDays(), r.GetRepeatUntilDays()
		switch {
		case r.GetMoment() != AfterClose && (r.GetTellsAbove() > 0 || every > 0 || until > 0),
			(every > 0) != (until > 0), until > 0 && until < r.GetDays():
			faults.Add(at+"repeat_every_days", words.ReminderRepeat())
		}
	}
}

// Window is the first and the last day on which something is done in time.
type Window struct{ OpenOn, CloseOn calendar.Date }

// firstDay is the first day of a window on which something is told, and the years without a notice that it rests on: a working
// day where those count, and the window has one.
func (w Window) firstDay(days *calendar.Calendar, working bool) (calendar.Date, []int) {
	day, assumed := days.Move(w.OpenOn, 0, 1, working)
	if day.After(w.CloseOn) {
		return w.OpenOn, assumed
	}
	return day, assumed
}

// Due is a reminder on a day.
type Due struct {
	Reminder *typev1.Reminder
	Day      calendar.Date
	// DedupDay tells it from other repetitions, also where its day is counted anew by a calendar that has come since.
	DedupDay calendar.Date
	Assumed  []int // years without a notice that its day rests on
}

// Latest are the occasions that are to be looked after today: of those that have fallen due and are still worth something, the
// last that tells of the window's opening and the last that tells of its close, since each says what the earlier ones said. After
// an outage a unit is so told of either once, not five times.
func Latest(days *calendar.Calendar, reminders []*typev1.Reminder, w Window, today calendar.Date) []Due {
	var opening, closing []Due
	for _, r := range reminders {
		o, due := last(days, r, w, today)
		switch {
		case !due:
		case r.GetMoment() == BeforeOpen || r.GetMoment() == OnOpen:
			opening = append(opening, o)
		default:
			closing = append(closing, o)
		}
	}
	var found []Due
	if o, ok := latestOf(opening); ok && !slices.ContainsFunc(closing, func(c Due) bool { return c.Day == o.Day }) {
		found = append(found, o)
	}
	if o, ok := latestOf(closing); ok {
		found = append(found, o)
	}
	return found
}

// Next is the first day after another on which one of the reminders falls due; false where none does any more.
func Next(days *calendar.Calendar, reminders []*typev1.Reminder, w Window, after calendar.Date) (found calendar.Date, ok bool) {
	for _, r := range reminders {
		if day, due := next(days, r, w, after); due && (!ok || day.Before(found)) {
			found, ok = day, true
		}
	}
	return found, ok
}

func next(days *calendar.Calendar, r *typev1.Reminder, w Window, after calendar.Date) (calendar.Date, bool) {
	o, ok := first(days, r, w)
	day := o.Day
	if r.GetMoment() != BeforeOpen && r.GetMoment() != AfterClose {
		if earliest, _ := w.firstDay(days, isWorking(r)); day.Before(earliest) {
			day = earliest
		}
	}
	every := int(r.GetRepeatEveryDays())
	if !ok || day.After(after) || every == 0 {
		return day, ok && day.After(after)
	}
	day = day.AddDays((day.DaysUntil(after)/every + 1) * every)
	return day, !day.After(w.CloseOn.AddDays(int(r.GetRepeatUntilDays())))
}

// NextOn is the day of Next as a record keeps it, empty where no reminder is left.
func NextOn(days *calendar.Calendar, reminders []*typev1.Reminder, w Window, after calendar.Date) string {
	day, ok := Next(days, reminders, w, after)
	if !ok {
		return ""
	}
	return day.String()
}

// Above are those units above another, given the root first, that hear of a delay by the latest reminders: each with what is
// above it.
func Above(
	days *calendar.Calendar, reminders []*typev1.Reminder, w Window, today calendar.Date, above []string,
) (told [][]string) {
	most := 0
	for _, due := range Latest(days, reminders, w, today) {
		most = max(most, int(due.Reminder.GetTellsAbove()))
	}
	for n := max(0, len(above)-most); n < len(above); n++ {
		told = append(told, above[:n+1])
	}
	return told
}

// latestOf is the occasion that fell due last; of those of one day, that of the later moment, and then the one that tells more
// units above.
func latestOf(due []Due) (found Due, ok bool) {
	for _, o := range due {
		if !ok || cmp.Or(
			o.Day.Compare(found.Day), cmp.Compare(o.Reminder.GetMoment(), found.Reminder.GetMoment()),
			cmp.Compare(o.Reminder.GetTellsAbove(), found.Reminder.GetTellsAbove()),
		) > 0 {
			found, ok = o, true
		}
	}
	return found, ok
}

// last is the last occasion, up to today, on which a reminder fell due; false where there is none or it is worth nothing now. One
// of a window's end falls due on the first day in it at the earliest: nobody owes anything before.
func last(days *calendar.Calendar, r *typev1.Reminder, w Window, today calendar.Date) (o Due, due bool) {
	o, ok := first(days, r, w)
	switch r.GetMoment() {
	case BeforeOpen:
		ok = ok && today.Before(w.OpenOn)
	case AfterClose:
		begins := o.Day
		o.Day = repeated(r, begins, w.CloseOn, today)
		o.DedupDay = w.CloseOn.AddDays(begins.DaysUntil(o.Day))
	default:
		if earliest, assumed := w.firstDay(days, isWorking(r)); o.Day.Before(earliest) {
			o.Day, o.Assumed = earliest, append(o.Assumed, assumed...)
		}
		ok = ok && !today.After(w.CloseOn)
	}
	return o, ok && !o.Day.After(today)
}

// first is the first occasion of a reminder; none of a moment that a newer version has.
func first(days *calendar.Calendar, r *typev1.Reminder, w Window) (o Due, ok bool) {
	o.Reminder, o.DedupDay = r, w.CloseOn
	count, working := int(r.GetDays()), isWorking(r)
	switch r.GetMoment() {
	case BeforeOpen:
		o.DedupDay = w.OpenOn
		o.Day, o.Assumed = days.Move(w.OpenOn, -count, -1, working)
	case OnOpen:
		o.DedupDay = w.OpenOn
		o.Day, o.Assumed = w.firstDay(days, working)
	case BeforeClose:
		o.Day, o.Assumed = days.Move(w.CloseOn, -count, -1, working)
	case OnClose:
		o.Day, o.Assumed = days.Move(w.CloseOn, 0, -1, working)
	case AfterClose:
		o.Day, o.Assumed = days.Move(w.CloseOn, count, 1, working)
	default:
		return o, false
	}
	return o, true
}

func isWorking(r *typev1.Reminder) bool { return r.GetUnit() == typev1.DayUnit_DAY_UNIT_WORKING }

// repeated is the last repetition up to today of a reminder that first falls due on a day; that day where there is none.
func repeated(r *typev1.Reminder, first, closes, today calendar.Date) calendar.Date {
	every := int(r.GetRepeatEveryDays())
	if every == 0 {
		return first
	}
	end := closes.AddDays(int(r.GetRepeatUntilDays()))
	if today.Before(end) {
		end = today
	}
	if !end.After(first) {
		return first
	}
	return first.AddDays(first.DaysUntil(end) / every * every)
}
