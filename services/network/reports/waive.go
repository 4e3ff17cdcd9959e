package reports

import (
	"context"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// WaiveReport exempts a unit from a report for which a service has nothing of it (T9).
func (s *Server) WaiveReport(ctx context.Context, req *networkv1.WaiveReportRequest) (*networkv1.ReportException, error) {
	if err := requireComputes(ctx, req.GetComputation()); err != nil {
		return nil, err
	}
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.ReportException, error) {
		c, err := s.lockReport(ctx, tx, req.GetName())
		if err != nil {
			return nil, err
		}
		if err := requireNotSubmitted(c.row); err != nil {
			return nil, err
		}
		says := words.InboxReportWaivedEmpty(titleOf(c.current), c.row.Period)
		e := c.exceptionBy(req.GetComputation(), says)
		e.Waived = true
		body, err := addException(ctx, tx, c.row.UnitPath, e)
		if err != nil {
			return nil, err
		}
		if err := setException(ctx, tx, c.row, e, body); err != nil {
			return nil, err
		}
		if err := notifyOfException(ctx, tx, c.actingUnit, e, says); err != nil {
			return nil, err
		}
		return e, tx.Record(ctx, entriesOf(e, c.row.UnitPath, true)...)
	})
}

// requireComputes refuses a service to speak of what another one computes.
func requireComputes(ctx context.Context, computation string) error {
	if strings.HasPrefix(computation, access.PrincipalOf(ctx).Service+".") {
		return nil
	}
	return fault.Invalid("computation", words.NotComputed(computation))
}

// exceptionBy is an exception from a report that a service grants by what it computes.
func (c *lockedReport) exceptionBy(computation string, says words.Sentence) *networkv1.ReportException {
	return &networkv1.ReportException{
		Name: resource.Sharded(resource.ReportExceptions, c.row.Region, resource.NewKey()),
		Unit: resource.Name(resource.Units, c.row.UnitID), Schedule: c.row.ScheduleID, Period: c.row.Period,
		Computation: computation, Reason: says.In(words.Chinese), GrantTime: timestamppb.New(c.tx.Now()), Etag: document.Etag(1),
	}
}
