package reports

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/reports/forms"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// OpenReportsJob is the job that opens what units owe (C10, H6).
const OpenReportsJob = "network.open_reports"

// OpenDue opens, for every scheme and schedule, the reports of every period whose window has opened. A unit owes the report of a
// period if it was asked on one of its days, whenever it came or went (ADR 041); so it may run at any time and after any outage.
// What looks at a moment no unit owes that has ended by then: its successor looks at what it took over.
// Nobody is asked for what was past when the scheme was stored: a window that had closed by then is left alone.
func (s *Server) OpenDue(ctx context.Context) error {
	all, err := schemes.All[*networkv1.Scheme](ctx, s.store)
	if err != nil {
		return err
	}
	opened, err := s.openedPeriods(ctx)
	if err != nil {
		return err
	}
	var due []opening
	for _, stored := range all {
		found, err := s.openingsOf(ctx, stored, all, opened)
		if err != nil {
			return fmt.Errorf("open reports of %s: %w", schemes.Version(stored.Scheme), err)
		}
		due = append(due, found...)
	}
	// Who was asked as the window opened has the form of then. Only then come those who were asked on other days.
	for _, o := range due {
		if o.first && o.asked.has(o.openOn) {
			if err := s.openPeriod(ctx, o, days{o.openOn, o.openOn}, days{o.openOn, o.openOn.AddDays(-1)}); err != nil {
				return err
			}
		}
	}
	for _, o := range due {
		before := daysOf(o.schedule, o.period.Previous())
		if o.looks {
			before = days{o.asked.from, o.asked.from.AddDays(-1)}
		}
		if err := s.openPeriod(ctx, o, o.asked, before); err != nil {
			return err
		}
	}
	return nil
}

// periodKey names a period of a schedule of a version.
type periodKey struct{ version, schedule, period string }

// openedPeriods are the periods opened so far, and the days on which they were last looked at.
func (s *Server) openedPeriods(ctx context.Context) (map[periodKey]calendar.Date, error) {
	rows, err := db.New(s.store).OpenedPeriods(ctx)
	opened := make(map[periodKey]calendar.Date, len(rows))
	for _, row := range rows {
		opened[periodKey{row.SchemeVersion, row.ScheduleID, row.Period}] = row.LookedOn
	}
	return opened, err
}

// otherSchemes are the units that other schemes hold for, and from when on. Of those below its own unit, a scheme keeps out.
type otherSchemes struct {
	units []string
	from  []calendar.Date
}

func othersOf(all []schemes.Stored[*networkv1.Scheme], own *networkv1.Scheme) otherSchemes {
	others := otherSchemes{units: []string{}, from: []calendar.Date{}}
	for _, v := range all {
		from, err := calendar.ParseDate(v.Scheme.GetEffectiveFrom())
		if err == nil && v.Scheme.GetName() != own.GetName() {
			others.units, others.from = append(others.units, resource.ID(v.Scheme.GetUnit())), append(others.from, from)
		}
	}
	return others
}

// opening is a period of a schedule for which it is to be seen who owes a report.
type opening struct {
	obligation

	top    *networkv1.Unit
	others otherSchemes
	asked  days // on which the version asks, up to today
	first  bool // it was never looked at
	looks  bool // its report shows a moment, not what came over days
}

// openingsOf are the periods of a version to look at: their windows have opened, and units may have come since they were last
// looked at.
func (s *Server) openingsOf(
	ctx context.Context, v schemes.Stored[*networkv1.Scheme], all []schemes.Stored[*networkv1.Scheme],
	opened map[periodKey]calendar.Date,
) ([]opening, error) {
	holds := days{to: calendar.LastDay}
	var err error
	if holds.from, err = calendar.ParseDate(v.Scheme.GetEffectiveFrom()); err != nil {
		return nil, err
	}
	if next, ok := schemes.NextFrom(all, v.Scheme); ok {
		holds = holds.until(next)
	}
	top, err := s.directory.Unit(ctx, v.Scheme.GetUnit())
	if fault.IsNotFound(err) {
		return nil, nil // the unit has ended, and its scheme with it
	}
	if err != nil {
		return nil, err
	}
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	today := clock.Today(s.store.Clock)
	var due []opening
	for _, schedule := range v.Scheme.GetSchedules() {
		for period := calendar.PeriodOf(calendarpb.Kind(schedule.GetPeriodKind()), today); ; period = period.Previous() {
			o := opening{
				obligation: obligationFor(days, schedule, period, schemes.Version(v.Scheme)),
				top:        top, others: othersOf(all, v.Scheme),
			}
			form, _ := schemes.Find(v.Scheme.GetReportForms(), schedule.GetForm())
			asks := o.asks()
			if o.looks = forms.LooksAtAMoment(form); o.looks {
				asks.from = later(asks.from, period.First()) // who went before then has nothing left to look at
			}
			if asks.to.Before(holds.from) || o.closeOn.Before(v.On) {
				break
			}
			asks = asks.within(holds)
			o.asked = asks.until(today.AddDays(1))
			looked, known := opened[periodKey{o.scheme, schedule.GetId(), period.String()}]
			o.first = !known
			if !o.openOn.After(today) && !o.asked.isNone() && !looked.After(asks.to) {
				due = append(due, o)
			}
		}
	}
	return due, nil
}

// windows are those of a schedule.
func windows(schedule *networkv1.Schedule) calendar.Windows {
	all := make(calendar.Windows, 1, 1+len(schedule.GetLaterWindows()))
	all[0] = calendarpb.Window(schedule.GetWindow())
	for _, w := range schedule.GetLaterWindows() {
		all = append(all, calendarpb.Window(w))
	}
	return all
}

// obligation is what a schedule asks for one period.
type obligation struct {
	schedule        *networkv1.Schedule
	period          calendar.Period
	openOn, closeOn calendar.Date
	coverTo         calendar.Date // last day that the report covers
	scheme          string        // version of the scheme
}

func obligationFor(
	days *calendar.Calendar, schedule *networkv1.Schedule, period calendar.Period, scheme string,
) obligation {
	o := obligation{schedule: schedule, period: period, coverTo: daysOf(schedule, period).to, scheme: scheme}
	o.openOn, o.closeOn = windowIn(days, schedule, period)
	return o
}

// windowIn are the first and the last day of a schedule's window on a period.
func windowIn(days *calendar.Calendar, schedule *networkv1.Schedule, period calendar.Period) (opens, closes calendar.Date) {
	opens, closes = windows(schedule).In(period)
	if schedule.GetCloseOnWorkday() {
		closes, _ = days.Move(closes, 0, 1, true)
	}
	return opens, closes
}

// asks are the days on which who is asked owes the report: those that it covers by its schedule and, where the window opens after
// them, up to that day.
func (o obligation) asks() days {
	d := daysOf(o.schedule, o.period)
	if o.openOn.After(d.to) {
		d.to = o.openOn
	}
	return d
}

// report is the first version of the report it asks for.
func (o obligation) report() *networkv1.Report {
	return &networkv1.Report{
		Schedule: o.schedule.GetId(), Title: o.schedule.GetTitle(), Period: o.period.String(), SchemeVersion: o.scheme,
		OpenOn: o.openOn.String(), State: Lifecycle.Start, Form: o.schedule.GetForm(),
	}
}

// lockPeriod keeps apart what opens a period and what grants exceptions from it: neither would see what the other has not
// committed.
func lockPeriod(ctx context.Context, tx *record.Tx, schedule, period string) error {
	return tx.Lock(ctx, "qingfeng report "+schedule+" "+period)
}

// openPeriod opens the reports of a period for those who were asked on some days and have none; and for those who were asked on
// earlier days which their report of the period before has left over. Who comes after the period was first looked at hears of it
// at once; the others are reminded.
func (s *Server) openPeriod(ctx context.Context, o opening, asked, earlier days) error {
	schedule, period := o.schedule, o.period.String()
	body, err := document.Encode(o.report())
	if err != nil {
		return err
	}
	today := clock.Today(s.store.Clock)
	return record.System(ctx, s.store, OpenReportsJob, func(ctx context.Context, tx *record.Tx) error {
		if err := lockPeriod(ctx, tx, schedule.GetId(), period); err != nil {
			return err
		}
		if err := db.New(tx).NotePeriod(ctx, db.NotePeriodParams{
			SchemeVersion: o.scheme, ScheduleID: schedule.GetId(), Period: period, LookedOn: today,
		}); err != nil {
			return err
		}
		opened, err := db.New(tx).OpenReports(ctx, db.OpenReportsParams{
			ScheduleID:   schedule.GetId(),
			Period:       period,
			PeriodFirst:  o.period.First(),
			OpenOn:       o.openOn,
			CloseOn:      o.closeOn,
			CoverTo:      o.coverTo,
			State:        Lifecycle.Start.String(),
			Body:         body,
			Top:          resource.ID(o.top.GetName()),
			Levels:       document.EnumCodes(schedule.GetUnitLevels()),
			Kinds:        document.EnumNames(schedule.GetUnitKinds()),
			Sorts:        schedule.GetUnitSorts(),
			OtherUnits:   o.others.units,
			OtherFrom:    o.others.from,
			FirstDay:     asked.from,
			LastDay:      asked.to,
			PeriodBefore: o.period.Previous().String(),
			LeftFrom:     earlier.from,
			LeftBefore:   earlier.to.AddDays(1),
			Today:        today,
			Looks:        o.looks,
		})
		if err != nil || len(opened) == 0 {
			return err
		}
		entries := make([]record.Entry, len(opened))
		for i, r := range opened {
			entries[i] = record.Entry{Resource: nameOf(r.UnitID, schedule.GetId(), period), UnitPath: r.UnitPath}
		}
		if !o.first {
			if err := notifyOfOpening(ctx, tx, o, opened, today); err != nil {
				return err
			}
		}
		return tx.Record(ctx, entries...)
	})
}

// notifyOfOpening tells the units that came late of what they owe, as long as there is time. What is owed by one that has ended
// by now, its successor is reminded of.
func notifyOfOpening(
	ctx context.Context, tx *record.Tx, o opening, opened []db.OpenReportsRow, today calendar.Date,
) error {
	closes := map[string]calendar.Date{}
	for _, r := range opened {
		if !r.Exempted && !r.CloseOn.Before(today) {
			closes[r.UnitID] = r.CloseOn
		}
	}
	units, err := db.New(tx).UnitsOfIDs(ctx, db.UnitsOfIDsParams{UnitIds: slices.Sorted(maps.Keys(closes)), Today: today})
	if err != nil {
		return err
	}
	messages, title := make([]inbox.Message, len(units)), schemes.TitleOf(o.schedule.GetId(), o.schedule.GetTitle())
	for i, u := range units {
		messages[i] = inbox.Message{
			Recipient: inbox.Recipient(u),
			Sentence:  words.InboxReportOpened(title, o.period.String(), closes[u.UnitID].String()),
			Resource:  nameOf(u.UnitID, o.schedule.GetId(), o.period.String()),
		}
	}
	return inbox.Notify(ctx, tx, messages...)
}
