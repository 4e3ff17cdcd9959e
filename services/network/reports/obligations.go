package reports

import (
	"context"
	"fmt"

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
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// OpenReportsJob is the job that opens what units owe (C10, H6).
const OpenReportsJob = "network.open_reports"

// OpenDue opens, for every scheme and schedule, the reports of every period whose window has opened under it. What was opened
// stays, and who owes is fixed on that day, so that it may run at any time and after any outage. Nobody is asked for what
// was past when the scheme was stored: a window that had closed by then is left alone.
func (s *Server) OpenDue(ctx context.Context) error {
	all, err := schemes.All[*networkv1.Scheme](ctx, s.store)
	if err != nil {
		return err
	}
	today := clock.Today(s.store.Clock)
	for _, stored := range all {
		until := today
		if next, ok := schemes.NextFrom(all, stored.Scheme); ok && !next.After(today) {
			until = next.AddDays(-1)
		}
		if err := s.openVersion(ctx, stored, until, all); err != nil {
			return fmt.Errorf("open reports of %s: %w", schemes.Version(stored.Scheme), err)
		}
	}
	return nil
}

// otherSchemeUnits are the ids of the units that other schemes hold for on a day. Of those below its own unit, a scheme keeps
// out.
func otherSchemeUnits(all []schemes.Stored[*networkv1.Scheme], own *networkv1.Scheme, on calendar.Date) []string {
	units := []string{}
	for _, v := range all {
		if v.Scheme.GetName() != own.GetName() && v.Scheme.GetEffectiveFrom() <= on.String() {
			units = append(units, resource.ID(v.Scheme.GetUnit()))
		}
	}
	return units
}

// openVersion opens what windows opened between the first day of a version and until.
func (s *Server) openVersion(
	ctx context.Context, v schemes.Stored[*networkv1.Scheme], until calendar.Date, all []schemes.Stored[*networkv1.Scheme],
) error {
	from, err := calendar.ParseDate(v.Scheme.GetEffectiveFrom())
	if err != nil {
		return err
	}
	top, err := s.directory.Unit(ctx, v.Scheme.GetUnit())
	if fault.IsNotFound(err) {
		return nil // the unit has ended, and its scheme with it
	}
	if err != nil {
		return err
	}
	for _, schedule := range v.Scheme.GetSchedules() {
		rule := windows(schedule)
		for period := calendar.PeriodOf(calendarpb.Kind(schedule.GetPeriodKind()), until); ; period = period.Previous() {
			opens, closes := rule.In(period)
			if opens.Before(from) || closes.Before(v.On) {
				break
			}
			if opens.After(until) {
				continue
			}
			due := obligation{
				schedule: schedule, period: period, openOn: opens, closeOn: closes, scheme: schemes.Version(v.Scheme),
			}
			if err := s.openPeriod(ctx, due, top, otherSchemeUnits(all, v.Scheme, opens)); err != nil {
				return err
			}
		}
	}
	return nil
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
	scheme          string // version of the scheme
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

func (s *Server) openPeriod(ctx context.Context, o obligation, top *networkv1.Unit, excluded []string) error {
	schedule, period := o.schedule, o.period.String()
	body, err := document.Encode(o.report())
	if err != nil {
		return err
	}
	return record.System(ctx, s.store, OpenReportsJob, func(ctx context.Context, tx *record.Tx) error {
		if err := lockPeriod(ctx, tx, schedule.GetId(), period); err != nil {
			return err
		}
		first, err := db.New(tx).
			ClaimPeriod(ctx, db.ClaimPeriodParams{UnitPath: access.Path(top), ScheduleID: schedule.GetId(), Period: period})
		if err != nil || first == 0 {
			return err
		}
		opened, err := db.New(tx).OpenReports(ctx, db.OpenReportsParams{
			ScheduleID:  schedule.GetId(),
			Period:      period,
			PeriodFirst: o.period.First(),
			OpenOn:      o.openOn,
			CloseOn:     o.closeOn,
			CoverTo:     lastToCover(o.period, o.closeOn),
			State:       Lifecycle.Start.String(),
			Body:        body,
			Top:         resource.ID(top.GetName()),
			Levels:      document.EnumCodes(schedule.GetUnitLevels()),
			Kinds:       document.EnumNames(schedule.GetUnitKinds()),
			Sorts:       schedule.GetUnitSorts(),
			Excluded:    excluded,
			Today:       clock.Today(s.store.Clock),
		})
		if err != nil || len(opened) == 0 {
			return err
		}
		entries := make([]record.Entry, len(opened))
		for i, r := range opened {
			entries[i] = record.Entry{Resource: nameOf(r.UnitID, schedule.GetId(), period), UnitPath: r.UnitPath}
		}
		return tx.Record(ctx, entries...)
	})
}
