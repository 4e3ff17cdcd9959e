package reports

import (
	"fmt"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

const (
	beforeOpen  = networkv1.ReminderMoment_REMINDER_MOMENT_BEFORE_OPEN
	onOpen      = networkv1.ReminderMoment_REMINDER_MOMENT_ON_OPEN
	beforeClose = networkv1.ReminderMoment_REMINDER_MOMENT_BEFORE_CLOSE
	onClose     = networkv1.ReminderMoment_REMINDER_MOMENT_ON_CLOSE
	afterClose  = networkv1.ReminderMoment_REMINDER_MOMENT_AFTER_CLOSE

	working = typev1.DayUnit_DAY_UNIT_WORKING
)

// CheckReminders notes what is wrong with the reminders of a schedule that the proto's rules can't say.
func CheckReminders(faults *fault.Fields, field string, reminders []*networkv1.Reminder) {
	schemes.CheckUnique(faults, field, reminders)
	for i, r := range reminders {
		at := fmt.Sprintf("%s[%d].", field, i)
		if r.GetUnit() == typev1.DayUnit_DAY_UNIT_MONTH {
			faults.Add(at+"unit", words.ReminderUnit())
		}
		onTheDay := r.GetMoment() == onOpen || r.GetMoment() == onClose
		if onTheDay != (r.GetDays() == 0) {
			faults.Add(at+"days", words.ReminderDays())
		}
		every, until := r.GetRepeatEveryDays(), r.GetRepeatUntilDays()
		switch {
		case r.GetMoment() != afterClose && (r.GetTellsAbove() > 0 || every > 0 || until > 0),
			(every > 0) != (until > 0), until > 0 && until < r.GetDays():
			faults.Add(at+"repeat_every_days", words.ReminderRepeat())
		}
	}
}

// window is the window of one period.
type window struct {
	period          string
	openOn, closeOn calendar.Date
}

// dueReminder is a reminder on a day.
type dueReminder struct {
	reminder *networkv1.Reminder
	day      calendar.Date
	// tells it from other repetitions, also where its day is counted anew by a calendar that has come since
	dedupDay calendar.Date
	assumed  []int // years without a notice that its day rests on
}

// latestDue is the occasion that is to be looked after today: of those that have fallen due and are still worth something, the
// one that fell due last, since it says what the earlier ones said. After an outage a unit is so told once, not five times.
func latestDue(days *calendar.Calendar, reminders []*networkv1.Reminder, w window, today calendar.Date) (
	found dueReminder, ok bool,
) {
	for _, r := range reminders {
		o, due := lastDueDay(days, r, w, today)
		if !due {
			continue
		}
		later := o.day.After(found.day) || o.day == found.day && r.GetMoment() > found.reminder.GetMoment()
		if !ok || later {
			found, ok = o, true
		}
	}
	return found, ok
}

// lastDueDay is the last day, up to today, on which a reminder fell due; false where there is none or it is worth nothing now.
func lastDueDay(days *calendar.Calendar, r *networkv1.Reminder, w window, today calendar.Date) (o dueReminder, due bool) {
	o.reminder, o.dedupDay = r, w.closeOn
	count := int(r.GetDays())
	switch r.GetMoment() {
	case beforeOpen:
		o.dedupDay = w.openOn
		o.day, o.assumed = days.Move(w.openOn, -count, -1, r.GetUnit() == working)
		return o, !o.day.After(today) && today.Before(w.openOn)
	case onOpen:
		o.dedupDay = w.openOn
		o.day, o.assumed = days.Move(w.openOn, 0, 1, r.GetUnit() == working)
	case beforeClose:
		o.day, o.assumed = days.Move(w.closeOn, -count, -1, r.GetUnit() == working)
	case onClose:
		o.day, o.assumed = days.Move(w.closeOn, 0, -1, r.GetUnit() == working)
	case afterClose:
		o.day, o.assumed = days.Move(w.closeOn, count, 1, r.GetUnit() == working)
		first := o.day
		o.day = repeated(r, first, w.closeOn, today)
		o.dedupDay = w.closeOn.AddDays(first.DaysUntil(o.day))
		return o, !o.day.After(today)
	default:
		return o, false // of a newer version
	}
	return o, !o.day.After(today) && !today.After(w.closeOn)
}

// repeated is the last repetition up to today of a reminder that first falls due on a day; that day where there is none.
func repeated(r *networkv1.Reminder, first, closes, today calendar.Date) calendar.Date {
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
