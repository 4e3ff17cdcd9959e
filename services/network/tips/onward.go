package tips

import (
	"context"
	"strconv"

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
		sentOn, dated := faults.ParseDayBetween("report.sent_on", req.GetReport().GetSentOn(), dayReceived(c.tip), c.tx.Today())
		schemes.CheckKnown(&faults, "report.channel", req.GetReport().GetChannel(), c.scheme.GetChannels())
		report := proto.CloneOf(req.GetReport())
		report.RecordTime, report.Number = timestamppb.New(c.tx.Now()), int32(len(c.tip.GetOnwardReports())+1)
		if dated && (report.GetReceipt() != "" || report.GetReceiptOn() != "") {
			checkOnwardReceipt(&faults, "report.", report, sentOn, c.tx.Today())
		}
		c.tip.OnwardReports = append(c.tip.OnwardReports, report)
		return faults.Err()
	})
}

// RecordOnwardReceipt records the receipt of an onward report that came later (H5). The tip may be with another unit by then.
func (s *Server) RecordOnwardReceipt(
	ctx context.Context, req *networkv1.RecordOnwardReceiptRequest,
) (*networkv1.Tip, error) {
	return s.act(ctx, req, "record_receipt", func(_ context.Context, c *lockedTip) error {
		number := int(req.GetReport())
		if number > len(c.tip.GetOnwardReports()) {
			return fault.Invalid("report", words.UnknownNumber(strconv.Itoa(number)))
		}
		report := c.tip.GetOnwardReports()[number-1]
		if report.GetReceipt() != "" {
			return fault.Precondition(words.HasReceipt())
		}
		sentOn, err := calendar.ParseDate(report.GetSentOn())
		if err != nil {
			return err
		}
		var faults fault.Fields
		checkOnwardReceipt(&faults, "", req, sentOn, c.tx.Today())
		report.Receipt, report.ReceiptOn = req.GetReceipt(), req.GetReceiptOn()
		return faults.Err()
	})
}

// onwardReceipt is a receipt of an onward report, given with the report or later.
type onwardReceipt interface {
	GetReceipt() string
	GetReceiptOn() string
}

// checkOnwardReceipt checks the receipt of a report sent on a day, and the receipt's own day, which stand together.
func checkOnwardReceipt(faults *fault.Fields, at string, receipt onwardReceipt, sentOn, today calendar.Date) {
	if receipt.GetReceipt() == "" {
		faults.Add(at+"receipt", words.Required())
	}
	faults.ParseDayBetween(at+"receipt_on", receipt.GetReceiptOn(), sentOn, today)
}

// dayReceived is the day on which a tip came: what staff entered had come before.
func dayReceived(tip *networkv1.Tip) calendar.Date {
	if day, err := calendar.ParseDate(tip.GetRegistration().GetReceivedOn()); err == nil {
		return day
	}
	return calendar.DateOf(tip.GetReceiveTime().AsTime(), calendar.Shanghai)
}
