package reports

import (
	"context"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// AcceptReport finds the version that stands in order.
func (s *Server) AcceptReport(ctx context.Context, req *networkv1.AcceptReportRequest) (*networkv1.Report, error) {
	return s.act(ctx, req, "accept", current, requireAbove, func(ctx context.Context, c *lockedReport) error {
		c.version.AcceptTime, c.version.AcceptedBy = timestamppb.New(c.tx.Now()), access.PrincipalOf(ctx).Unit
		return c.notify(ctx, c.actingUnit, words.InboxReportAccepted(titleOf(c.version), c.version.GetPeriod()))
	})
}

// ReturnReport sends the version that stands back and opens the next one, unless the unit is writing it already. Who accepted it
// keeps nobody above from sending it back.
func (s *Server) ReturnReport(ctx context.Context, req *networkv1.ReturnReportRequest) (*networkv1.Report, error) {
	return s.act(ctx, req, "return", current, requireAbove, func(ctx context.Context, c *lockedReport) error {
		if err := s.checkAccepted(ctx, c); err != nil {
			return err
		}
		schedule, _ := schemes.Find(c.scheme.GetSchedules(), c.version.GetSchedule())
		accepter := c.version.GetAcceptedBy()
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
		if err := c.notifyAccepter(ctx, accepter, req.GetReason()); err != nil {
			return err
		}
		return c.notify(ctx, c.actingUnit, words.InboxReportReturned(titleOf(c.version), c.version.GetPeriod(), req.GetReason()))
	})
}

// checkAccepted refuses whoever does not stand above the unit that accepted the version, on either line, save that unit itself
// where nobody is above it. A unit that is no longer above the report's own does not count.
func (s *Server) checkAccepted(ctx context.Context, c *lockedReport) error {
	by := c.version.GetAcceptedBy()
	above, err := access.AboveOnAnyLine(ctx, s.directory.Unit, c.actingUnit)
	if err != nil || !slices.Contains(above, by) {
		return err
	}
	accepter, err := s.directory.Unit(ctx, by)
	if err != nil {
		return err
	}
	if above, err = access.AboveOnAnyLine(ctx, s.directory.Unit, accepter); err != nil {
		return err
	}
	if caller := access.PrincipalOf(ctx).Unit; !slices.Contains(above, caller) && (len(above) > 0 || caller != by) {
		return fault.Denied(words.AcceptedBelowOnly(words.Untitled(by)))
	}
	return nil
}
