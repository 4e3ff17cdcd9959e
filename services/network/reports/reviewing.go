package reports

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
)

// AcceptReport finds the version that stands in order.
func (s *Server) AcceptReport(ctx context.Context, req *networkv1.AcceptReportRequest) (*networkv1.Report, error) {
	return record.Act(ctx, s.book, req, s.lock("accept", (*change).stands, above), func(
		ctx context.Context, c *change,
	) (*networkv1.Report, error) {
		c.version.AcceptTime, c.version.AcceptedBy = timestamppb.New(c.tx.Now()), access.From(ctx).Unit
		return c.version, nil
	})
}

// ReturnReport sends the version that stands back and opens the next one, unless the unit is writing it already.
func (s *Server) ReturnReport(ctx context.Context, req *networkv1.ReturnReportRequest) (*networkv1.Report, error) {
	return record.Act(ctx, s.book, req, s.lock("return", (*change).stands, above), func(
		ctx context.Context, c *change,
	) (*networkv1.Report, error) {
		schedule, err := s.scheduleOf(ctx, c)
		if err != nil {
			return nil, err
		}
		returned := &networkv1.ReportReturn{
			Version: c.version.GetVersion(), ReturnedBy: access.From(ctx).Unit, Reason: req.GetReason(), ReturnTime: timestamppb.New(c.tx.Now()),
		}
		if limit := schedule.GetReturnLimit(); limit != nil {
			held, err := s.calendar(ctx)
			if err != nil {
				return nil, err
			}
			if returned.Due, err = calendarpb.Due(held, clock.Today(s.book.Clock), limit); err != nil {
				return nil, err
			}
		}
		c.version.Returns = append(c.version.Returns, returned)
		if c.draft == nil {
			c.open()
		} else {
			c.draft.Returns = c.version.GetReturns()
		}
		c.keep(c.draft)
		return c.version, inbox.Send(ctx, c.tx, inbox.Message{
			To:    inbox.To(c.actor),
			Kind:  "inbox.report_returned",
			Args:  []string{"name", c.version.GetName()},
			About: c.version.GetName(), Once: c.version.GetEtag(),
		})
	})
}
