package tips

import (
	"context"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// maxOnwardReports bounds the list that a tip carries.
const maxOnwardReports = 20

// ReportTipOnward records that a tip went on to a body above the instance (H5).
func (s *Server) ReportTipOnward(ctx context.Context, req *networkv1.ReportTipOnwardRequest) (*networkv1.Tip, error) {
	return s.act(ctx, req, "report_onward", func(ctx context.Context, c *lockedTip) error {
		handler, err := s.handlingUnit(ctx, c.tx, c.row.HandlingPath)
		switch {
		case err != nil:
			return err
		case handler.GetParent() != "":
			return fault.Precondition(words.HasUnitAbove(words.Titled(handler)))
		case len(c.tip.GetOnwardReports()) >= maxOnwardReports:
			return fault.Precondition(words.ReportedTooOften())
		}
		var faults fault.Fields
		faults.ParseDayBetween("report.sent_on", req.GetReport().GetSentOn(), dayReceived(c.tip), c.tx.Today())
		schemes.CheckKnown(&faults, "report.channel", req.GetReport().GetChannel(), c.scheme.GetChannels())
		report := proto.CloneOf(req.GetReport())
		report.RecordTime = timestamppb.New(c.tx.Now())
		c.tip.OnwardReports = append(c.tip.OnwardReports, report)
		return faults.Err()
	})
}

// dayReceived is the day on which a tip came: what staff entered had come before.
func dayReceived(tip *networkv1.Tip) calendar.Date {
	if day, err := calendar.ParseDate(tip.GetRegistration().GetReceivedOn()); err == nil {
		return day
	}
	return calendar.DateOf(tip.GetReceiveTime().AsTime(), calendar.Shanghai)
}
