package reports

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
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
	if err := requireAbove(ctx, unit.GetName(), unit); err != nil {
		return nil, err
	}
	o, err := s.parseOpening(ctx, unit, req)
	if err != nil {
		return nil, err
	}
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.Report, error) {
		report := o.report()
		report.OpenedBy, report.OpenReason = access.PrincipalOf(ctx).Unit, req.GetReason()
		body, err := document.Encode(report)
		if err != nil {
			return nil, err
		}
		if err := lockPeriod(ctx, tx, report.GetSchedule(), report.GetPeriod()); err != nil {
			return nil, err
		}
		name := nameOf(resource.ID(unit.GetName()), report.GetSchedule(), report.GetPeriod())
		opened, err := db.New(tx).OpenOneReport(ctx, db.OpenOneReportParams{
			Region: unit.GetRegion(), UnitID: resource.ID(unit.GetName()), ScheduleID: report.GetSchedule(),
			Period:      report.GetPeriod(),
			PeriodFirst: o.period.First(), UnitPath: access.Path(unit), OpenOn: o.openOn,
			CloseOn: o.closeOn, CoverTo: o.coverTo, State: report.GetState().String(), Body: body,
		})
		if err != nil {
			return nil, err
		}
		if opened == 0 {
			return nil, fault.AlreadyExists(name)
		}
		c, err := s.lockReport(ctx, tx, name)
		if err != nil {
			return nil, err
		}
		c.version = c.current
		says := words.InboxReportOpened(titleOf(report), report.GetPeriod(), c.row.CloseOn.String())
		if err := c.notify(ctx, c.actingUnit, says); err != nil {
			return nil, err
		}
		return c.current, tx.Record(ctx, record.Entry{Resource: name, UnitPath: c.row.UnitPath})
	})
}

// parseOpening is the obligation that a request to open a report describes; its faults are told all at once.
func (s *Server) parseOpening(
	ctx context.Context, unit *networkv1.Unit, req *networkv1.OpenReportRequest,
) (obligation, error) {
	var faults fault.Fields
	o, err := s.obligationOf(ctx, s.store, &faults, "", unit, req.GetSchedule(), req.GetPeriod())
	if err != nil {
		return o, err
	}
	today := clock.Today(s.store.Clock)
	if !o.period.IsZero() && o.openOn.After(today) {
		faults.Add("period", words.WindowAhead(o.openOn.String()))
	}
	if req.GetCloseOn() != "" {
		o.closeOn, _ = faults.ParseDay("close_on", req.GetCloseOn())
		o.coverTo = lastToCover(o.period, o.closeOn)
	}
	if !o.closeOn.IsZero() && o.closeOn.Before(today) {
		faults.Add("close_on", words.PastDay(o.closeOn.String()))
	}
	return o, faults.Err()
}

// obligationOf is what a schedule of the scheme that holds for a unit asks for a period. A schedule that is none or that asks no
// such unit, and a period that is not of its kind or lies before any scheme held, are faults of the fields below prefix.
func (s *Server) obligationOf(
	ctx context.Context, tx db.DBTX, faults *fault.Fields, prefix string, unit *networkv1.Unit, schedule, period string,
) (obligation, error) {
	scheme, today := &networkv1.Scheme{}, clock.Today(s.store.Clock)
	if err := schemes.Effective(ctx, tx, access.PathIDs(unit), today, scheme); err != nil {
		return obligation{}, err
	}
	o := obligation{scheme: schemes.Version(scheme)}
	schemes.CheckKnown(faults, prefix+"schedule", schedule, scheme.GetSchedules())
	found, ok := schemes.Find(scheme.GetSchedules(), schedule)
	o.schedule = found
	if ok && !asks(found, unit) {
		faults.Add(prefix+"unit", words.NotAsked(schemes.TitleOf(schedule, found.GetTitle())))
	}
	p, err := calendar.ParsePeriod(period)
	switch {
	case err != nil:
		faults.Add(prefix+"period", words.StringPeriod())
	case ok && p.Kind() != calendarpb.Kind(found.GetPeriodKind()):
		faults.Add(prefix+"period",
			words.PeriodKind(calendar.PeriodOf(calendarpb.Kind(found.GetPeriodKind()), p.First()).String()))
	case ok:
		days, err := s.calendar(ctx)
		if err != nil {
			return o, err
		}
		o = obligationFor(days, found, p, o.scheme)
		if first := unit.GetEffectiveFrom(); first > today.String() && o.asks().to.String() < first { // it is to come
			faults.Add(prefix+"period", words.NotBefore(first))
		}
		return o, schemes.CheckInForce(ctx, tx, faults, prefix+"period", access.PathIDs(unit), p.Last())
	}
	return o, nil
}
