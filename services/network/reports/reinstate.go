package reports

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// ReinstateReport has a unit owe a report from which a service has exempted it, once that has something of it (T9).
func (s *Server) ReinstateReport(ctx context.Context, req *networkv1.ReinstateReportRequest) (*networkv1.ReportException, error) {
	if err := requireComputes(ctx, req.GetComputation()); err != nil {
		return nil, err
	}
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.ReportException, error) {
		c, err := s.lockReport(ctx, tx, req.GetName())
		if err != nil {
			return nil, err
		}
		if e := c.current.GetException(); !e.GetWaived() || e.GetComputation() != req.GetComputation() {
			return nil, fault.NotFound(req.GetName())
		}
		if err := requireNotSubmitted(c.row); err != nil {
			return nil, err
		}
		if due := c.row.ScheduledCloseOn; tx.Today().After(due) {
			return nil, fault.Precondition(words.WindowClosed(due.String()))
		}
		last, err := c.lastDay(days)
		if err != nil {
			return nil, err
		}
		says := words.InboxReportReinstated(titleOf(c.current), c.row.Period, last.String())
		e, err := c.endException(ctx, says)
		if err != nil {
			return nil, err
		}
		granted, err := c.extendTo(ctx, last, req.GetComputation(), says)
		if err != nil {
			return nil, err
		}
		entries := entriesOf(e, c.row.UnitPath, true)
		if granted != nil {
			entries = append(entries, entriesOf(granted, c.row.UnitPath, false)...)
		}
		if err := notifyOfException(ctx, tx, c.actingUnit, e, says); err != nil {
			return nil, err
		}
		return e, tx.Record(ctx, entries...)
	})
}

// lastDay is the last day of a report that is owed from today on: that of its window or, where it has a limit for what is sent
// back and that ends later, the end of that.
func (c *lockedReport) lastDay(days *calendar.Calendar) (calendar.Date, error) {
	schedule, _ := schemes.Find(c.scheme.GetSchedules(), c.row.ScheduleID)
	if schedule.GetReturnLimit() == nil {
		return c.row.ScheduledCloseOn, nil
	}
	limit, err := calendarpb.Due(days, c.tx.Today(), schedule.GetReturnLimit())
	if err != nil {
		return calendar.Date{}, err
	}
	last, err := calendar.ParseDate(limit.GetDue())
	if err != nil || last.Before(c.row.ScheduledCloseOn) {
		return c.row.ScheduledCloseOn, err
	}
	return last, nil
}

// endException ends the exception that a report has, for a reason.
func (c *lockedReport) endException(ctx context.Context, says words.Sentence) (*networkv1.ReportException, error) {
	region, key, err := resource.Split(c.current.GetException().GetName())
	if err != nil {
		return nil, err
	}
	row, err := db.New(c.tx).LockReportException(ctx, db.LockReportExceptionParams{Region: region, ExceptionKey: key})
	if err != nil {
		return nil, err
	}
	e, err := exceptionOf(row)
	if err != nil {
		return nil, err
	}
	e.Revoked, e.RevokeReason, e.RevokeTime = true, says.In(words.Chinese), timestamppb.New(c.tx.Now())
	body, err := document.Rewrite(row.Body, e, row.Revision)
	if err != nil {
		return nil, err
	}
	return e, db.New(c.tx).EndReportException(ctx, db.EndReportExceptionParams{
		Region: region, ExceptionKey: key, Revision: row.Revision + 1, Body: body,
	})
}

// extendTo has a report without an exception be due on a day; where that is later than by its schedule, by an extension.
func (c *lockedReport) extendTo(
	ctx context.Context, last calendar.Date, computation string, says words.Sentence,
) (*networkv1.ReportException, error) {
	from := c.row.ScheduledCloseOn
	if !last.After(from) {
		return nil, setException(ctx, c.tx, c.row, nil, nil)
	}
	e := c.exceptionBy(computation, says)
	e.ExtendTo, e.ExtendedFrom, e.DaysAdded = last.String(), from.String(), int32(from.DaysUntil(last))
	body, err := addException(ctx, c.tx, c.row.UnitPath, e)
	if err != nil {
		return nil, err
	}
	return e, setException(ctx, c.tx, c.row, e, body)
}
