package reports

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// RevokeReportException ends an exception. Once the report would be overdue without it, it stays: its unit relied on it.
func (s *Server) RevokeReportException(
	ctx context.Context, req *networkv1.RevokeReportExceptionRequest,
) (*networkv1.ReportException, error) {
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.ReportException, error) {
		row, e, actor, err := s.lockException(ctx, tx, req)
		if err != nil {
			return nil, err
		}
		if err := lockPeriod(ctx, tx, row.ScheduleID, row.Period); err != nil {
			return nil, err
		}
		report, open, err := lockIfOpened(ctx, tx, row.UnitID, row.ScheduleID, row.Period)
		if err != nil {
			return nil, err
		}
		if err := requireNotSubmitted(report); err != nil {
			return nil, err
		}
		if due := report.ScheduledCloseOn; open && clock.Today(s.store.Clock).After(due) {
			return nil, fault.Precondition(words.WindowClosed(due.String()))
		}
		e.Revoked, e.RevokeReason, e.RevokedBy = true, req.GetReason(), access.PrincipalOf(ctx).Unit
		e.RevokeTime = timestamppb.New(tx.Now())
		body, err := document.Rewrite(row.Body, e, row.Revision)
		if err != nil {
			return nil, err
		}
		if err := db.New(tx).EndReportException(ctx, db.EndReportExceptionParams{
			Region: row.Region, ExceptionKey: row.ExceptionKey, Revision: row.Revision + 1, Body: body,
		}); err != nil {
			return nil, err
		}
		if open {
			if err := setException(ctx, tx, report, nil, nil); err != nil {
				return nil, err
			}
		}
		if err := s.notifyOfRevocation(ctx, tx, actor, e); err != nil {
			return nil, err
		}
		return e, tx.Record(ctx, entriesOf(e, row.UnitPath, open)...)
	})
}

// notifyOfRevocation tells the unit that acts for a report that an exception from it has ended.
func (s *Server) notifyOfRevocation(
	ctx context.Context, tx *record.Tx, actor *networkv1.Unit, e *networkv1.ReportException,
) error {
	scheme, err := access.SchemeFor(ctx, s.directory, actor)
	if err != nil {
		return err
	}
	title := schemes.TitleIn(scheme.GetSchedules(), e.GetSchedule())
	return notifyOfException(ctx, tx, actor, e, words.InboxReportExceptionRevoked(title, e.GetPeriod()))
}

// lockException reads an exception that is to end: in force, within reach, of a unit that is not the caller's, nor inherited by
// it, as last read. It also tells the unit that acts.
func (s *Server) lockException(
	ctx context.Context, tx *record.Tx, req *networkv1.RevokeReportExceptionRequest,
) (row db.ReportException, e *networkv1.ReportException, actor *networkv1.Unit, err error) {
	region, key, err := resource.Split(req.GetName())
	if err != nil {
		return row, nil, nil, err
	}
	row, err = db.New(tx).LockReportException(ctx, db.LockReportExceptionParams{Region: region, ExceptionKey: key})
	if err := document.Authorize(ctx, err, row.UnitPath, req.GetName()); err != nil {
		return row, nil, nil, err
	}
	owing := resource.Name(resource.Units, row.UnitID)
	if actor, err = actorOf(ctx, tx, owing, row.UnitPath); err != nil {
		return row, nil, nil, err
	}
	if err := requireAbove(ctx, owing, actor); err != nil {
		return row, nil, nil, err
	}
	if err := document.CheckEtag(req.GetEtag(), row.Revision, req.GetName()); err != nil {
		return row, nil, nil, err
	}
	if !row.InForce {
		return row, nil, nil, fault.Precondition(words.ExceptionRevoked())
	}
	if e, err = exceptionOf(row); err != nil {
		return row, nil, nil, err
	}
	return row, e, actor, requireGranter(ctx, tx, e)
}

// requireGranter refuses callers below the unit that granted an exception, or that acts for it since.
func requireGranter(ctx context.Context, tx *record.Tx, e *networkv1.ReportException) error {
	if e.GetGrantedBy() == "" {
		return nil // another service of the suite granted it
	}
	granter, err := actorOf(ctx, tx, e.GetGrantedBy(), resource.ID(e.GetGrantedBy()))
	if err == nil && !access.Reaches(ctx, access.Path(granter)) {
		err = fault.Denied(words.ExceptionOfAnother(words.Titled(granter)))
	}
	return err
}

// GetReportException reads one exception.
func (s *Server) GetReportException(
	ctx context.Context, req *networkv1.GetReportExceptionRequest,
) (*networkv1.ReportException, error) {
	region, key, err := resource.Split(req.GetName())
	if err != nil {
		return nil, err
	}
	row, err := db.New(s.store).GetReportException(ctx, db.GetReportExceptionParams{Region: region, ExceptionKey: key})
	if err := document.Authorize(ctx, err, row.UnitPath, req.GetName()); err != nil {
		return nil, err
	}
	e, err := exceptionOf(row)
	return e, err
}

// ListReportExceptions lists what was granted in a subtree, the newest first.
func (s *Server) ListReportExceptions(
	ctx context.Context, req *networkv1.ListReportExceptionsRequest,
) (*networkv1.ListReportExceptionsResponse, error) {
	if err := s.checkSchedule(ctx, req.GetSchedule()); err != nil {
		return nil, err
	}
	subtrees, err := access.Listed(ctx, s.directory, req.GetAlongSystemLine())
	if err != nil {
		return nil, err
	}
	p, err := page.Parse(req, page.MaxKey)
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.store.Afresh()).ListReportExceptions(ctx, db.ListReportExceptionsParams{
		Subtrees: subtrees, Schedule: req.GetSchedule(), Period: req.GetPeriod(),
		BeforeKey: p.Cursor, PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(ctx, p, rows, func(r db.ReportException) string { return r.ExceptionKey }, exceptionOf)
	return &networkv1.ListReportExceptionsResponse{Exceptions: list, NextPageToken: next}, err
}

func exceptionOf(row db.ReportException) (*networkv1.ReportException, error) {
	return document.Read[*networkv1.ReportException](row.Body, row.Revision)
}
