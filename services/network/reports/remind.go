package reports

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/reminders"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// RemindReportsJob is the job that reminds units of what they owe (H6).
const RemindReportsJob = "network.remind_reports"

// remindEvery is how often reminders are looked for.
const remindEvery = 5 * time.Minute

// RemindDue sends the reminders that are due: of windows to come by the versions of schemes that hold today, of reports that are
// owed by the version that opened them, of those that were sent back or are to be filed. Each occasion is taken once, so that it
// may run at any time and on any replica.
func (s *Server) RemindDue(ctx context.Context) error {
	all, err := schemes.All[*networkv1.Scheme](ctx, s.store)
	if err != nil {
		return err
	}
	days, err := s.calendar(ctx)
	if err != nil {
		return err
	}
	today := clock.Today(s.store.Clock)
	for _, stored := range all {
		until, holds := effectiveOn(all, stored.Scheme, today)
		if !holds {
			continue
		}
		if err := s.remindVersion(ctx, days, stored.Scheme, today, until, othersOf(all, stored.Scheme)); err != nil {
			return fmt.Errorf("remind by %s: %w", schemes.Version(stored.Scheme), err)
		}
	}
	if err := s.remindOwing(ctx, days, all, today); err != nil {
		return err
	}
	if err := s.remindUnfiled(ctx, days, all, today); err != nil {
		return err
	}
	return s.remindAgain(ctx, today)
}

// effectiveOn tells whether a version holds on a day, and the first day on which it will hold no more.
func effectiveOn(all []schemes.Stored[*networkv1.Scheme], v *networkv1.Scheme, day calendar.Date) (
	until calendar.Date, holds bool,
) {
	from, err := calendar.ParseDate(v.GetEffectiveFrom())
	if err != nil || from.After(day) {
		return calendar.LastDay, false
	}
	next, ok := schemes.NextFrom(all, v)
	if !ok {
		return calendar.LastDay, true
	}
	return next, next.After(day)
}

// window is the window of one period.
type window struct {
	reminders.Window

	period string
}

// audience is the units that a schedule is for, and what they owe. Once reports are open, they say it; before that it is the
// scheme's subtree without the units of other schemes.
type audience struct {
	duty

	scheme   *networkv1.Scheme
	schedule *networkv1.Schedule
	others   otherSchemes
}

// duty is what units owe of a report, and how they are reminded of it.
type duty struct {
	id        string // before those of its reminders
	reminders func(*networkv1.Schedule) []*typev1.Reminder
	units     func(context.Context, *record.Tx, audience, window, reminders.Due, calendar.Date) ([]db.OwingUnitsRow, error)
	says      func(*networkv1.Schedule, window, reminders.Due, calendar.Date) words.Sentence
	below     func(schedule words.Title, period, last, count string) words.Sentence
}

// sending is that a report is sent.
var sending = duty{
	reminders: (*networkv1.Schedule).GetReminders, units: owingUnits, says: sentenceOf, below: words.InboxReportsLateBelow,
}

// remindVersion looks after the windows that will open while a version holds.
func (s *Server) remindVersion(
	ctx context.Context, days *calendar.Calendar, v *networkv1.Scheme, today, until calendar.Date, others otherSchemes,
) error {
	_, err := s.directory.Unit(ctx, v.GetUnit())
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
		c := audience{duty: sending, scheme: v, schedule: schedule, others: others}
		for _, w := range comingWindows(days, schedule, today, until) {
			if err := s.remindWindow(ctx, days, c, w, today); err != nil {
				return err
			}
		}
	}
	return nil
}

// remindOwing looks after the reports that are still owed. The version that opened them may long have been replaced, and its unit
// may have ended.
func (s *Server) remindOwing(
	ctx context.Context, days *calendar.Calendar, all []schemes.Stored[*networkv1.Scheme], today calendar.Date,
) error {
	versions := byVersion(all)
	rows, err := db.New(s.store).OwedWindows(ctx, today.AddDays(-reminders.LookBackDays))
	if err != nil {
		return err
	}
	for _, row := range rows {
		v := versions[row.SchemeVersion]
		schedule, _ := schemes.Find(v.GetSchedules(), row.ScheduleID)
		w := window{period: row.Period, Window: reminders.Window{OpenOn: row.OpenOn, CloseOn: row.CloseOn}}
		if err := s.remindWindow(ctx, days, audience{duty: sending, scheme: v, schedule: schedule}, w, today); err != nil {
			return fmt.Errorf("remind of what %s opened: %w", row.SchemeVersion, err)
		}
	}
	return nil
}

// byVersion are schemes by their versions.
func byVersion(all []schemes.Stored[*networkv1.Scheme]) map[string]*networkv1.Scheme {
	versions := map[string]*networkv1.Scheme{}
	for _, stored := range all {
		versions[schemes.Version(stored.Scheme)] = stored.Scheme
	}
	return versions
}

// remindWindow sends the reminders of a window that are due today.
func (s *Server) remindWindow(ctx context.Context, days *calendar.Calendar, c audience, w window, today calendar.Date) error {
	for _, o := range reminders.Latest(days, c.reminders(c.schedule), w.Window, today) {
		if err := s.sendReminder(ctx, c, w, o, today); err != nil {
			return err
		}
	}
	return nil
}

// comingWindows are the windows that open after today, and before a version ends.
func comingWindows(days *calendar.Calendar, schedule *networkv1.Schedule, today, until calendar.Date) []window {
	var list []window
	last := today.AddDays(reminders.LookAheadDays)
	// A window opens in the period it is about or after it, so that no later period need be looked at.
	for period := calendar.PeriodOf(calendarpb.Kind(schedule.GetPeriodKind()), last); ; period = period.Previous() {
		opens, closes := windowIn(days, schedule, period)
		if !opens.After(today) {
			return list
		}
		if !opens.After(last) && opens.Before(until) {
			list = append(list, window{period: period.String(), Window: reminders.Window{OpenOn: opens, CloseOn: closes}})
		}
	}
}

// sendReminder takes an occasion and tells every unit that it concerns, in one transaction.
func (s *Server) sendReminder(ctx context.Context, c audience, w window, o reminders.Due, today calendar.Date) error {
	return record.System(ctx, s.store, RemindReportsJob, func(ctx context.Context, tx *record.Tx) error {
		first, err := db.New(tx).ClaimReminder(ctx, db.ClaimReminderParams{
			UnitID:     resource.ID(c.scheme.GetUnit()),
			ScheduleID: c.schedule.GetId(),
			Period:     w.period,
			// With the last day and the version: who has an extension, or was asked by another version, is reminded apart.
			ReminderID: strings.Join(
				[]string{c.id + o.Reminder.GetId(), w.CloseOn.String(), c.scheme.GetEffectiveFrom()},
				"@",
			),
			DueOn: o.DedupDay, Today: today, NotSince: today.AddDays(-int(o.Reminder.GetRepeatEveryDays())),
		})
		if err != nil || first == 0 {
			return err
		}
		units, err := c.units(ctx, tx, c, w, o, today)
		if err != nil || len(units) == 0 {
			return err
		}
		messages, entries := make([]inbox.Message, 0, len(units)), make([]record.Entry, 0, len(units))
		reminder := inbox.WithAssumedYears(c.says(c.schedule, w, o, today), o.Assumed)
		for _, u := range units {
			m := inbox.Message{
				Recipient: inbox.Recipient{Region: u.Region, UnitID: u.UnitID, UnitPath: u.UnitPath}, Sentence: reminder,
				Resource: nameOf(u.OwingID, c.schedule.GetId(), w.period), For: u.OwingID, DedupKey: dedupKey(o),
			}
			messages, entries = append(messages, m), append(entries, record.Entry{Resource: m.Resource, UnitPath: u.UnitPath})
		}
		if o.Reminder.GetTellsAbove() > 0 {
			above, err := s.notifyAncestors(ctx, tx, c, w, o, units, today)
			if err != nil {
				return err
			}
			messages = append(messages, above...)
		}
		if err := inbox.Notify(ctx, tx, messages...); err != nil {
			return err
		}
		return tx.Record(ctx, entries...)
	})
}

// dedupKey tells an occasion apart from others of its window. That one has opened is told once, as whoever came late has heard
// when the report was opened.
func dedupKey(o reminders.Due) string {
	if o.Reminder.GetMoment() == reminders.OnOpen {
		return ""
	}
	return o.Reminder.GetId() + "@" + o.DedupDay.String()
}

// owingUnits are those who owe a report, or will owe it once its window opens, and the units that act for them.
func owingUnits(ctx context.Context, tx *record.Tx, c audience, w window, o reminders.Due, today calendar.Date) (
	[]db.OwingUnitsRow, error,
) {
	if o.Reminder.GetMoment() != reminders.BeforeOpen {
		return db.New(tx).OwingUnits(ctx, db.OwingUnitsParams{
			SchemeVersion: schemes.Version(c.scheme), ScheduleID: c.schedule.GetId(), Period: w.period,
			OpenOn: w.OpenOn, CloseOn: w.CloseOn, Today: today,
		})
	}
	rows, err := db.New(tx).FutureOwingUnits(ctx, db.FutureOwingUnitsParams{
		Top:        resource.ID(c.scheme.GetUnit()),
		Today:      today,
		Levels:     document.EnumCodes(c.schedule.GetUnitLevels()),
		Kinds:      document.EnumNames(c.schedule.GetUnitKinds()),
		Sorts:      c.schedule.GetUnitSorts(),
		OtherUnits: c.others.units,
		OtherFrom:  c.others.from,
		ScheduleID: c.schedule.GetId(),
		Period:     w.period,
	})
	units := make([]db.OwingUnitsRow, len(rows))
	for i, row := range rows {
		units[i] = db.OwingUnitsRow(row)
	}
	return units, err
}

// sentenceOf is what a reminder tells those who owe a report.
func sentenceOf(schedule *networkv1.Schedule, w window, o reminders.Due, today calendar.Date) words.Sentence {
	title, open, end := schemes.TitleOf(schedule.GetId(), schedule.GetTitle()), w.OpenOn.String(), w.CloseOn.String()
	switch moment := o.Reminder.GetMoment(); {
	case moment == reminders.BeforeOpen:
		return words.InboxReportOpens(title, w.period, open, end)
	case moment == reminders.OnOpen:
		return words.InboxReportOpened(title, w.period, end)
	case moment == reminders.OnClose && today == w.CloseOn: // its last working day may be an earlier one
		return words.InboxReportClosesToday(title, w.period)
	case moment == reminders.AfterClose:
		return words.InboxReportLate(title, w.period, end)
	default:
		return words.InboxReportCloses(title, w.period, end)
	}
}

// notifyAncestors tells as many units above those that are late, on each line, as the reminder says how many are below them: one
// message each, however many.
func (s *Server) notifyAncestors(
	ctx context.Context, tx *record.Tx, c audience, w window, o reminders.Due, late []db.OwingUnitsRow, today calendar.Date,
) ([]inbox.Message, error) {
	tellsAbove := int(o.Reminder.GetTellsAbove())
	system, err := s.systemAbove(ctx, tx, late, today)
	if err != nil {
		return nil, err
	}
	count := map[string]int{}
	for _, u := range late {
		above := strings.Split(u.UnitPath, ".")
		slices.Reverse(above)
		for _, line := range [][]string{above[1:], system[u.UnitPath]} {
			for _, id := range line[:min(len(line), tellsAbove)] {
				count[id]++
			}
		}
	}
	ids := make([]string, 0, len(count))
	for id := range count {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	above, err := db.New(tx).UnitsOfIDs(ctx, db.UnitsOfIDsParams{UnitIds: ids, Today: today})
	if err != nil {
		return nil, err
	}
	title := schemes.TitleOf(c.schedule.GetId(), c.schedule.GetTitle())
	messages := make([]inbox.Message, len(above))
	for i, u := range above {
		messages[i] = inbox.Message{
			Recipient: inbox.Recipient(u),
			Sentence: inbox.WithAssumedYears(
				c.below(title, w.period, w.CloseOn.String(), strconv.Itoa(count[u.UnitID])), o.Assumed),
			Resource: resource.Name(resource.Units, u.UnitID),
			DedupKey: strings.Join([]string{c.schedule.GetId(), w.period, schemes.Version(c.scheme), dedupKey(o)}, " "),
		}
	}
	return messages, nil
}

// systemAbove are the units above those that are late on the system line alone, the nearest first, that have a role that reaches
// along it, by the paths of those.
func (s *Server) systemAbove(
	ctx context.Context, tx *record.Tx, late []db.OwingUnitsRow, today calendar.Date,
) (map[string][]string, error) {
	paths := make([]string, len(late))
	for i, u := range late {
		paths[i] = u.UnitPath
	}
	slices.Sort(paths)
	rows, err := db.New(tx).SystemAbove(ctx, db.SystemAboveParams{Paths: slices.Compact(paths), Today: today})
	if err != nil {
		return nil, err
	}
	above, reaches := map[string][]string{}, map[string]bool{}
	for _, row := range rows {
		if _, asked := reaches[row.UnitID]; !asked {
			reaches[row.UnitID], err = access.HasSystemRole(ctx, s.directory, resource.Name(resource.Units, row.UnitID))
			if err != nil {
				return nil, err
			}
		}
		if reaches[row.UnitID] {
			above[row.Below] = append(above[row.Below], row.UnitID)
		}
	}
	return above, nil
}
