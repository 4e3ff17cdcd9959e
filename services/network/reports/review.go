package reports

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
)

// AcceptReport finds the version that stands in order.
func (s *Server) AcceptReport(ctx context.Context, req *networkv1.AcceptReportRequest) (*networkv1.Report, error) {
	return s.act(ctx, req, "accept", current, requireAbove, func(ctx context.Context, c *lockedReport) error {
		c.version.AcceptTime, c.version.AcceptedBy = timestamppb.New(c.tx.Now()), access.PrincipalOf(ctx).Unit
		return nil
	})
}

// ReturnReport sends the version that stands back and opens the next one, unless the unit is writing it already.
func (s *Server) ReturnReport(ctx context.Context, req *networkv1.ReturnReportRequest) (*networkv1.Report, error) {
	return s.act(ctx, req, "return", current, requireAbove, func(ctx context.Context, c *lockedReport) error {
		schedule, _ := schemes.Find(c.scheme.GetSchedules(), c.version.GetSchedule())
		returned := &networkv1.ReportReturn{
			Version:    c.version.GetVersion(),
			ReturnedBy: access.PrincipalOf(ctx).Unit,
			Reason:     req.GetReason(),
			ReturnTime: timestamppb.New(c.tx.Now()),
		}
		if limit := schedule.GetReturnLimit(); limit != nil {
			workdays, err := s.calendar(ctx)
			if err != nil {
				return err
			}
			if returned.Due, err = calendarpb.Due(workdays, clock.Today(s.store.Clock), limit); err != nil {
				return err
			}
		}
		c.version.Returns = append(c.version.Returns, returned)
		if c.draft == nil {
			c.startDraft()
		} else {
			c.draft.Returns = c.version.GetReturns()
		}
		c.toSave = append(c.toSave, c.draft)
		return inbox.Notify(ctx, c.tx, inbox.Message{
			Recipient: inbox.RecipientOf(c.actingUnit),
			Sentence:  words.InboxReportReturned(c.version.GetName()),

			Resource: c.version.GetName(), DedupKey: c.version.GetEtag(),
		})
	})
}
