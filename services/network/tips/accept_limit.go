package tips

import (
	"context"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// startAcceptLimit starts the time limit within which a tip is to be accepted, returned or passed on, by the scheme of the
// unit that handles it. A limit of closing it that ran is put aside.
func (s *Server) startAcceptLimit(ctx context.Context, tip *networkv1.Tip, handler *networkv1.Unit, from calendar.Date) error {
	scheme, err := s.directory.Scheme(ctx, handler.GetName())
	if err != nil && !fault.IsNotFound(err) {
		return err
	}
	if limit := tip.GetCloseBy(); limit != nil {
		tip.EarlierCloseBy = append(tip.EarlierCloseBy, limit)
	}
	tip.AcceptBy, tip.CloseBy = nil, nil
	rule := scheme.GetTipLimits().GetAccept()
	if rule == nil {
		return nil
	}
	days, err := s.calendar(ctx)
	if err != nil {
		return err
	}
	tip.AcceptBy, err = calendarpb.Due(days, from, rule)
	return err
}
