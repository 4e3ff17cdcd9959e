package tips

import (
	"cmp"
	"context"
	"strconv"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// ReturnTip sends a tip back for falling short of quality and starts the limit within which it comes again (H8).
func (s *Server) ReturnTip(ctx context.Context, req *networkv1.ReturnTipRequest) (*networkv1.Tip, error) {
	return s.act(ctx, req, "return", func(ctx context.Context, c *lockedTip) error {
		if err := checkCriteria(c.scheme, "criteria", req.GetCriteria()); err != nil {
			return err
		}
		resubmitBy, err := s.resubmitLimit(ctx, c)
		if err != nil {
			return err
		}
		files, err := attachments.Count(ctx, c.tx, c.tip.GetName())
		if err != nil {
			return err
		}
		c.tip.Returns = append(c.tip.Returns, &networkv1.TipReturn{
			Criteria: req.GetCriteria(), Reason: req.GetReason(), ReturnTime: timestamppb.New(c.tx.Now()), ResubmitBy: resubmitBy,
			Files: files,
		})
		c.tip.AcceptBy = nil // the clock begins anew when it comes again
		handler, err := s.handlingUnit(ctx, c.tx, c.row.HandlingPath)
		if err != nil {
			return err
		}
		if err := tellReferrer(ctx, c, c.tip.GetReferrals(), words.InboxTipReturnedAbove(), handler); err != nil {
			return err
		}
		return tellSender(ctx, c, words.InboxSentTipReturned(), len(c.tip.GetReturns()))
	})
}

// resubmitLimit is the day by which a tip returned today comes again; nil where the scheme has no such limit.
func (s *Server) resubmitLimit(ctx context.Context, c *lockedTip) (*typev1.Deadline, error) {
	rule := c.scheme.GetTipLimits().GetResubmit()
	if rule == nil {
		return nil, nil //nolint:nilnil // no limit is no fault
	}
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return calendarpb.Due(days, c.tx.Today(), rule)
}

// tellSender tells the unit that sent a tip as such, if any, what is asked of it, for the nth time.
func tellSender(ctx context.Context, c *lockedTip, says words.Sentence, nth int) error {
	name := senderName(c.tip)
	if name == "" {
		return nil
	}
	acting, err := units.Acting(ctx, c.tx, c.tx.Today(), name)
	unit := acting[name]
	if err != nil || unit == nil {
		return err
	}
	lineages, err := units.LineagesOf(ctx, c.tx, c.tx.Today(), unit.GetName())
	if err != nil || isConcealedFromSender(c.tip, lineages[unit.GetName()]) {
		return err
	}
	return inbox.Notify(ctx, c.tx, inbox.Message{
		Recipient: inbox.RecipientOf(unit), Sentence: says, Resource: c.tip.GetName(), For: resource.ID(name),
		DedupKey: strconv.Itoa(nth),
	})
}

// senderName is the unit that a tip was sent for, or whose staff entered it. Who sends for themselves alone finds by the receipt
// what is asked: nothing may lead to them.
func senderName(tip *networkv1.Tip) string {
	return cmp.Or(tip.GetSendingUnit(), tip.GetRegistration().GetUnit())
}
