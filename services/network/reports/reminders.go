package reports

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/scheme"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// RemindJob is the job that reminds units of what they owe (H6).
const RemindJob = "network.remind_reports"

const (
	// remindEvery is how often reminders are looked for.
	remindEvery = 5 * time.Minute
	// lookBack is how many days after a window closed its reminders may fall due: 366 with repetitions, or 90 working days.
	lookBack = 400
	// lookAhead is how many days before a window opens its first reminder may fall due: 90 working days.
	lookAhead = 200
)

// owed are the states of a report that its unit still has to send.
var owed = []networkv1.ReportState{reportOpen, reportComputed, reportConfirmed}

// Remind sends the reminders that are due. Each occasion is taken once, so that it may run at any time and on any replica.
func (s *Server) Remind(ctx context.Context) error {
	all, err := scheme.All[*networkv1.Scheme](ctx, s.book)
	if err != nil {
		return err
	}
	today := clock.Today(s.book.Clock)
	for _, stored := range all {
		until, holds := holdsOn(all, stored.Scheme, today)
		if !holds {
			continue
		}
		if err := s.remindVersion(ctx, stored.Scheme, today, until, others(all, stored.Scheme, today)); err != nil {
			return fmt.Errorf("remind by %s: %w", scheme.Version(stored.Scheme), err)
		}
	}
	return nil
}

// holdsOn tells whether a version holds on a day, and the first day on which it will hold no more.
func holdsOn(all []scheme.Stored[*networkv1.Scheme], v *networkv1.Scheme, day calendar.Date) (until calendar.Date, holds bool) {
	from, err := calendar.ParseDate(v.GetEffectiveFrom())
	if err != nil || from.After(day) {
		return calendar.LastDay, false
	}
	next, ok := scheme.Next(all, v)
	if !ok {
		return calendar.LastDay, true
	}
	return next, next.After(day)
}

// circle is who a schedule is for: the subtree of its scheme, less what has a scheme of its own.
type circle struct {
	scheme   *networkv1.Scheme
	schedule *networkv1.Schedule
	subtree  string
	others   []string // units that other schemes hold for
}

func (s *Server) remindVersion(ctx context.Context, v *networkv1.Scheme, today, until calendar.Date, others []string) error {
	top, err := s.directory.Unit(ctx, v.GetUnit())
	if fault.IsNotFound(err) {
		return nil // the unit is no more, and nobody below it is
	}
	if err != nil {
		return err
	}
	for _, schedule := range v.GetSchedules() {
		if len(schedule.GetReminders()) == 0 {
			continue
		}
		c := circle{scheme: v, schedule: schedule, subtree: access.Path(top), others: others}
		if err := s.remindSchedule(ctx, c, today, until); err != nil {
			return err
		}
	}
	return nil
}

// remindSchedule looks after windows that will open while the version holds, and those with reports still owed. Of the
// latter, the reports say when they open and close: the version may be newer than they are.
func (s *Server) remindSchedule(ctx context.Context, c circle, today, until calendar.Date) error {
	rows, err := db.New(s.book).OwedWindows(ctx, db.OwedWindowsParams{
		ScheduleID: c.schedule.GetId(), ClosedFrom: today.AddDays(-lookBack).In(time.UTC), Owed: document.Codes(owed), Subtree: c.subtree,
	})
	if err != nil {
		return err
	}
	windows := comingWindows(c.schedule, today, until)
	for _, row := range rows {
		windows = append(windows, window{
			period: row.Period, opens: calendar.DateOf(row.OpenOn, time.UTC), closes: calendar.DateOf(row.CloseOn, time.UTC),
		})
	}
	for _, w := range windows {
		if o, due := latest(c.schedule.GetReminders(), w, today); due {
			if err := s.remind(ctx, c, w, o, today); err != nil {
				return err
			}
		}
	}
	return nil
}

// comingWindows are the windows that open after today, and before a version ends.
func comingWindows(schedule *networkv1.Schedule, today, until calendar.Date) []window {
	var list []window
	rule := calendarpb.Window(schedule.GetWindow())
	last := today.AddDays(lookAhead)
	// A window opens in the period it is about or after it, so that no later period need be looked at.
	for period := calendar.PeriodOf(calendarpb.Kind(schedule.GetPeriodKind()), last); ; period = period.Previous() {
		opens, closes := rule.In(period)
		if !opens.After(today) {
			return list
		}
		if !opens.After(last) && opens.Before(until) {
			list = append(list, window{period: period.String(), opens: opens, closes: closes})
		}
	}
}

// remind takes an occasion and tells every unit that it concerns, in one transaction.
func (s *Server) remind(ctx context.Context, c circle, w window, o occasion, today calendar.Date) error {
	return record.System(ctx, s.book, RemindJob, func(ctx context.Context, tx *record.Tx) error {
		first, err := db.New(tx).AddReminding(ctx, db.AddRemindingParams{
			UnitID: resource.ID(c.scheme.GetUnit()), ScheduleID: c.schedule.GetId(), Period: w.period,
			// With the last day: who has an extension is reminded apart.
			ReminderID: o.reminder.GetId() + "@" + w.closes.String(), DueOn: o.day.In(time.UTC),
		})
		if err != nil || first == 0 {
			return err
		}
		units, err := concerned(ctx, tx, c, w, o, today)
		if err != nil || len(units) == 0 {
			return err
		}
		once := o.reminder.GetId() + "@" + o.day.String()
		messages, entries := make([]inbox.Message, 0, len(units)), make([]record.Entry, 0, len(units))
		for _, u := range units {
			m := sentence(c.schedule, w, o, today)
			m.To, m.About, m.Once = inbox.Address(u), nameOf(u.UnitID, c.schedule.GetId(), w.period), once
			messages, entries = append(messages, m), append(entries, record.Entry{Resource: m.About, UnitPath: u.UnitPath})
		}
		if o.reminder.GetAlsoAbove() {
			above, err := tellAbove(ctx, tx, c, w, units, once, today)
			if err != nil {
				return err
			}
			messages = append(messages, above...)
		}
		if err := inbox.Send(ctx, tx, messages...); err != nil {
			return err
		}
		return tx.Record(ctx, entries...)
	})
}

// concerned are the units that owe a report, or will owe it once its window opens.
func concerned(ctx context.Context, tx *record.Tx, c circle, w window, o occasion, today calendar.Date) ([]db.UnitsThatOweRow, error) {
	if o.reminder.GetMoment() != beforeOpen {
		return db.New(tx).UnitsThatOwe(ctx, db.UnitsThatOweParams{
			ScheduleID: c.schedule.GetId(), CloseOn: w.closes.In(time.UTC), Period: w.period, OpenOn: w.opens.In(time.UTC),
			Owed: document.Codes(owed), Subtree: c.subtree, Excluded: c.others, Today: today.In(time.UTC),
		})
	}
	rows, err := db.New(tx).UnitsThatWillOwe(ctx, db.UnitsThatWillOweParams{
		Subtree: c.subtree, Today: today.In(time.UTC), Levels: document.Codes(c.schedule.GetUnitLevels()),
		Kinds: document.Codes(c.schedule.GetUnitKinds()), Excluded: c.others, ScheduleID: c.schedule.GetId(), Period: w.period,
	})
	units := make([]db.UnitsThatOweRow, len(rows))
	for i, row := range rows {
		units[i] = db.UnitsThatOweRow(row)
	}
	return units, err
}

// sentence says what a reminder says, to nobody yet.
func sentence(schedule *networkv1.Schedule, w window, o occasion, today calendar.Date) inbox.Message {
	args := about(schedule, w)
	switch moment := o.reminder.GetMoment(); {
	case moment == beforeOpen:
		return inbox.Message{Kind: "inbox.report_opens", Args: args}
	case moment == onOpen:
		return inbox.Message{Kind: "inbox.report_opened", Args: args}
	case moment == onClose && today == w.closes: // its last working day may be an earlier one
		return inbox.Message{Kind: "inbox.report_closes_today", Args: args}
	case moment == afterClose:
		return inbox.Message{Kind: "inbox.report_late", Args: args}
	default:
		return inbox.Message{Kind: "inbox.report_closes", Args: args}
	}
}

// about are the words of every sentence about a report.
func about(schedule *networkv1.Schedule, w window) []string {
	title := schedule.GetTitle()
	return []string{
		"title", title.GetZh(), "title_en", cmp.Or(title.GetEn(), title.GetZh()), "period", w.period,
		"open", w.opens.String(), "close", w.closes.String(),
	}
}

// tellAbove tells each unit directly above those that are late how many they are: one message, however many.
func tellAbove(
	ctx context.Context, tx *record.Tx, c circle, w window, late []db.UnitsThatOweRow, once string, today calendar.Date,
) ([]inbox.Message, error) {
	count := map[string]int{}
	for _, u := range late {
		if path := strings.Split(u.UnitPath, "."); len(path) > 1 {
			count[path[len(path)-2]]++
		}
	}
	ids := make([]string, 0, len(count))
	for id := range count {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	above, err := db.New(tx).UnitsOfIDs(ctx, db.UnitsOfIDsParams{UnitIds: ids, Today: today.In(time.UTC)})
	if err != nil {
		return nil, err
	}
	messages := make([]inbox.Message, len(above))
	for i, u := range above {
		messages[i] = inbox.Message{
			To: inbox.Address(u), Kind: "inbox.reports_late_below", Args: append(about(c.schedule, w), "count", strconv.Itoa(count[u.UnitID])),
			About: resource.Name(resource.Units, u.UnitID), Once: strings.Join([]string{c.schedule.GetId(), w.period, once}, " "),
		}
	}
	return messages, nil
}
