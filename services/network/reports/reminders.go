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
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
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

// Remind sends the reminders that are due: of windows to come by the versions of schemes that hold today, of reports that are
// owed by the version that opened them. Each occasion is taken once, so that it may run at any time and on any replica.
func (s *Server) Remind(ctx context.Context) error {
	all, err := schemes.All[*networkv1.Scheme](ctx, s.book)
	if err != nil {
		return err
	}
	days, err := s.calendar(ctx)
	if err != nil {
		return err
	}
	today := clock.Today(s.book.Clock)
	for _, stored := range all {
		until, holds := holdsOn(all, stored.Scheme, today)
		if !holds {
			continue
		}
		if err := s.remindVersion(ctx, days, stored.Scheme, today, until, others(all, stored.Scheme, today)); err != nil {
			return fmt.Errorf("remind by %s: %w", schemes.Version(stored.Scheme), err)
		}
	}
	return s.remindOwed(ctx, days, all, today)
}

// holdsOn tells whether a version holds on a day, and the first day on which it will hold no more.
func holdsOn(all []schemes.Stored[*networkv1.Scheme], v *networkv1.Scheme, day calendar.Date) (until calendar.Date, holds bool) {
	from, err := calendar.ParseDate(v.GetEffectiveFrom())
	if err != nil || from.After(day) {
		return calendar.LastDay, false
	}
	next, ok := schemes.Next(all, v)
	if !ok {
		return calendar.LastDay, true
	}
	return next, next.After(day)
}

// circle is who a schedule is for. Reports that are open tell it by themselves; before that it is the subtree of the scheme, less
// what has a scheme of its own.
type circle struct {
	scheme   *networkv1.Scheme
	schedule *networkv1.Schedule
	subtree  string
	others   []string // units that other schemes hold for
}

// remindVersion looks after the windows that will open while a version holds.
func (s *Server) remindVersion(
	ctx context.Context, days *calendar.Calendar, v *networkv1.Scheme, today, until calendar.Date, others []string,
) error {
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
		for _, w := range comingWindows(schedule, today, until) {
			if err := s.remindOf(ctx, days, c, w, today); err != nil {
				return err
			}
		}
	}
	return nil
}

// remindOwed looks after the reports that are still owed. The version that opened them may long have been replaced, and its unit
// may have ended.
func (s *Server) remindOwed(
	ctx context.Context, days *calendar.Calendar, all []schemes.Stored[*networkv1.Scheme], today calendar.Date,
) error {
	versions := map[string]*networkv1.Scheme{}
	for _, stored := range all {
		versions[schemes.Version(stored.Scheme)] = stored.Scheme
	}
	rows, err := db.New(s.book).OwedWindows(ctx, today.AddDays(-lookBack).In(time.UTC))
	if err != nil {
		return err
	}
	for _, row := range rows {
		v := versions[row.SchemeVersion]
		schedule, _ := schemes.Find(v.GetSchedules(), row.ScheduleID)
		w := window{period: row.Period, opens: calendar.DateOf(row.OpenOn, time.UTC), closes: calendar.DateOf(row.CloseOn, time.UTC)}
		if err := s.remindOf(ctx, days, circle{scheme: v, schedule: schedule}, w, today); err != nil {
			return fmt.Errorf("remind of what %s opened: %w", row.SchemeVersion, err)
		}
	}
	return nil
}

// remindOf sends the reminder of a window that is due today, if any.
func (s *Server) remindOf(ctx context.Context, days *calendar.Calendar, c circle, w window, today calendar.Date) error {
	if o, due := latest(days, c.schedule.GetReminders(), w, today); due {
		return s.remind(ctx, c, w, o, today)
	}
	return nil
}

// comingWindows are the windows that open after today, and before a version ends.
func comingWindows(schedule *networkv1.Schedule, today, until calendar.Date) []window {
	var list []window
	rule := windows(schedule)
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
			// With the last day and the version: who has an extension, or was asked by another version, is reminded apart.
			ReminderID: strings.Join([]string{o.reminder.GetId(), w.closes.String(), c.scheme.GetEffectiveFrom()}, "@"), DueOn: o.key.In(time.UTC),
		})
		if err != nil || first == 0 {
			return err
		}
		units, err := concerned(ctx, tx, c, w, o, today)
		if err != nil || len(units) == 0 {
			return err
		}
		messages, entries := make([]inbox.Message, 0, len(units)), make([]record.Entry, 0, len(units))
		for _, u := range units {
			m := sentence(c.schedule, w, o, today)
			m.To = inbox.Address{Region: u.Region, UnitID: u.UnitID, UnitPath: u.UnitPath}
			m.About, m.Once = nameOf(u.OwingID, c.schedule.GetId(), w.period), onceOf(o)
			messages, entries = append(messages, m), append(entries, record.Entry{Resource: m.About, UnitPath: u.UnitPath})
		}
		if o.reminder.GetAlsoAbove() {
			above, err := tellAbove(ctx, tx, c, w, o, units, today)
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

// onceOf tells an occasion apart from others of its window.
func onceOf(o occasion) string { return o.reminder.GetId() + "@" + o.key.String() }

// concerned are those who owe a report, or will owe it once its window opens, and the units that act for them.
func concerned(ctx context.Context, tx *record.Tx, c circle, w window, o occasion, today calendar.Date) ([]db.UnitsThatOweRow, error) {
	if o.reminder.GetMoment() != beforeOpen {
		return db.New(tx).UnitsThatOwe(ctx, db.UnitsThatOweParams{
			SchemeVersion: schemes.Version(c.scheme), ScheduleID: c.schedule.GetId(), Period: w.period,
			OpenOn: w.opens.In(time.UTC), CloseOn: w.closes.In(time.UTC), Today: today.In(time.UTC),
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
	args := append(about(schedule, w), inbox.Assumed(o.assumed)...)
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
	ctx context.Context, tx *record.Tx, c circle, w window, o occasion, late []db.UnitsThatOweRow, today calendar.Date,
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
	said := append(about(c.schedule, w), inbox.Assumed(o.assumed)...)
	messages := make([]inbox.Message, len(above))
	for i, u := range above {
		messages[i] = inbox.Message{
			To: inbox.Address(u), Kind: "inbox.reports_late_below", Args: slices.Concat(said, []string{"count", strconv.Itoa(count[u.UnitID])}),
			About: resource.Name(resource.Units, u.UnitID),
			Once:  strings.Join([]string{c.schedule.GetId(), w.period, schemes.Version(c.scheme), onceOf(o)}, " "),
		}
	}
	return messages, nil
}
