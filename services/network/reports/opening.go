package reports

import (
	"context"
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
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// OpenReport opens a report that the schedule did not ask for.
func (s *Server) OpenReport(ctx context.Context, req *networkv1.OpenReportRequest) (*networkv1.Report, error) {
	unit := access.Target(ctx)
	if err := above(ctx, unit.GetName()); err != nil {
		return nil, err
	}
	o, err := s.asked(ctx, req)
	if err != nil {
		return nil, err
	}
	return record.Change(ctx, s.book, req, func(ctx context.Context, tx *record.Tx) (*networkv1.Report, error) {
		report := o.report()
		report.OpenedBy, report.OpenReason = access.From(ctx).Unit, req.GetReason()
		body, err := document.Encode(report)
		if err != nil {
			return nil, err
		}
		if err := lockPeriod(ctx, tx, report.GetSchedule(), report.GetPeriod()); err != nil {
			return nil, err
		}
		name := nameOf(resource.ID(unit.GetName()), report.GetSchedule(), report.GetPeriod())
		opened, err := db.New(tx).OpenOneReport(ctx, db.OpenOneReportParams{
			Region: unit.GetRegion(), UnitID: resource.ID(unit.GetName()), ScheduleID: report.GetSchedule(), Period: report.GetPeriod(),
			PeriodFirst: o.period.First().In(time.UTC), UnitPath: access.Path(unit), OpenOn: o.opens.In(time.UTC),
			CloseOn: o.closes.In(time.UTC), State: int16(report.GetState()), Body: body,
		})
		if err != nil {
			return nil, err
		}
		if opened == 0 {
			return nil, fault.Exists(name)
		}
		c, err := s.take(ctx, tx, name)
		if err != nil {
			return nil, err
		}
		return c.standing, tx.Record(ctx, record.Entry{Resource: name, UnitPath: c.row.UnitPath})
	})
}

// asked is the obligation that a request to open a report describes; its faults are told all at once.
func (s *Server) asked(ctx context.Context, req *networkv1.OpenReportRequest) (obligation, error) {
	var faults fault.Fields
	o, err := s.obligationOf(ctx, &faults, "", req.GetUnit(), req.GetSchedule(), req.GetPeriod())
	if err != nil {
		return o, err
	}
	today := clock.Today(s.book.Clock)
	if !o.period.IsZero() && o.opens.After(today) {
		faults.Add("period", "window_ahead", "date", o.opens.String())
	}
	if req.GetCloseOn() != "" {
		o.closes, _ = faults.Day("close_on", req.GetCloseOn())
	}
	if !o.closes.IsZero() && o.closes.Before(today) {
		faults.Add("close_on", "past_day", "date", o.closes.String())
	}
	return o, faults.Err()
}

// obligationOf is what a schedule of the scheme that holds for a unit asks for a period. A schedule that is none and a
// period that is not of its kind are faults of the fields below prefix.
func (s *Server) obligationOf(ctx context.Context, faults *fault.Fields, prefix, unit, schedule, period string) (obligation, error) {
	held, err := s.directory.Scheme(ctx, unit)
	if err != nil {
		return obligation{}, err
	}
	o := obligation{scheme: schemes.Version(held)}
	schemes.Known(faults, prefix+"schedule", schedule, held.GetSchedules())
	found, ok := schemes.Find(held.GetSchedules(), schedule)
	o.schedule = found
	p, err := calendar.ParsePeriod(period)
	switch {
	case err != nil:
		faults.Add(prefix+"period", "string.period")
	case ok && p.Kind() != calendarpb.Kind(found.GetPeriodKind()):
		faults.Add(prefix+"period", "period_kind", "example", calendar.PeriodOf(calendarpb.Kind(found.GetPeriodKind()), p.First()).String())
	case ok:
		o.period = p
		o.opens, o.closes = windows(found).In(p)
	}
	return o, nil
}
