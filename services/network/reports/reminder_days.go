package reports

import (
	"fmt"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/scheme"
)

const (
	beforeOpen  = networkv1.ReminderMoment_REMINDER_MOMENT_BEFORE_OPEN
	onOpen      = networkv1.ReminderMoment_REMINDER_MOMENT_ON_OPEN
	beforeClose = networkv1.ReminderMoment_REMINDER_MOMENT_BEFORE_CLOSE
	onClose     = networkv1.ReminderMoment_REMINDER_MOMENT_ON_CLOSE
	afterClose  = networkv1.ReminderMoment_REMINDER_MOMENT_AFTER_CLOSE
)

// CheckReminders notes what is wrong with the reminders of a schedule that the proto's rules can't say.
func CheckReminders(faults *fault.Fields, field string, reminders []*networkv1.Reminder) {
	scheme.Unique(faults, field, reminders)
	for i, r := range reminders {
		at := fmt.Sprintf("%s[%d].", field, i)
		onTheDay := r.GetMoment() == onOpen || r.GetMoment() == onClose
		if onTheDay != (r.GetDays() == 0) {
			faults.Add(at+"days", "reminder_days")
		}
		every, until := r.GetRepeatEveryDays(), r.GetRepeatUntilDays()
		switch {
		case r.GetMoment() != afterClose && (r.GetAlsoAbove() || every > 0 || until > 0),
			(every > 0) != (until > 0), until > 0 && until < r.GetDays():
			faults.Add(at+"repeat_every_days", "reminder_repeat")
		}
	}
}

// window is the window of one period.
type window struct {
	period        string
	opens, closes calendar.Date
}

// occasion is a reminder on a day.
type occasion struct {
	reminder *networkv1.Reminder
	day      calendar.Date
}

// latest is the occasion that is to be looked after today: of those that have fallen due and are still worth something, the
// one that fell due last, since it says what the earlier ones said. After an outage a unit is so told once, not five times.
func latest(reminders []*networkv1.Reminder, w window, today calendar.Date) (found occasion, ok bool) {
	for _, r := range reminders {
		day, due := dueDay(r, w, today)
		if !due {
			continue
		}
		later := day.After(found.day) || day == found.day && r.GetMoment() > found.reminder.GetMoment()
		if !ok || later {
			found, ok = occasion{reminder: r, day: day}, true
		}
	}
	return found, ok
}

// dueDay is the last day, up to today, on which a reminder fell due; false where there is none or it is worth nothing now.
func dueDay(r *networkv1.Reminder, w window, today calendar.Date) (day calendar.Date, due bool) {
	days := int(r.GetDays())
	switch r.GetMoment() {
	case beforeOpen:
		day = shift(w.opens, -days, -1, r.GetUnit())
		return day, !day.After(today) && today.Before(w.opens)
	case onOpen:
		day = shift(w.opens, 0, 1, r.GetUnit())
	case beforeClose:
		day = shift(w.closes, -days, -1, r.GetUnit())
	case onClose:
		day = shift(w.closes, 0, -1, r.GetUnit())
	case afterClose:
		day = repeated(r, shift(w.closes, days, 1, r.GetUnit()), w.closes, today)
		return day, !day.After(today)
	default:
		return day, false // of a newer version
	}
	return day, !day.After(today) && !today.After(w.closes)
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

// shift counts days from a day, forwards or backwards. With working days it ends on one: with no days to count, on the nearest
// in the direction of step, 1 or -1.
func shift(from calendar.Date, days, step int, unit typev1.DayUnit) calendar.Date {
	if unit != typev1.DayUnit_DAY_UNIT_WORKING {
		return from.AddDays(days)
	}
	day := from
	for left := days * step; left > 0 || !works(day); {
		day = day.AddDays(step)
		if works(day) {
			left--
		}
	}
	return day
}

func works(day calendar.Date) bool {
	workday, _ := calendar.Default().IsWorkday(day) // beyond the notices of the State Council, Monday to Friday
	return workday
}
