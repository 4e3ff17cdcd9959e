package tips

import (
	"context"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// startAcceptLimit starts the time limit within which a tip is to be accepted, returned or passed on, by the scheme of the
// unit that handles it. A clock of closing it that ran is put aside.
func (s *Server) startAcceptLimit(ctx context.Context, tip *networkv1.Tip, handler *networkv1.Unit, from calendar.Date) error {
	scheme, err := s.directory.Scheme(ctx, handler.GetName())
	if err != nil && !fault.IsNotFound(err) {
		return err
	}
	if c := tip.GetCloseClock(); c != nil {
		tip.EarlierClocks = append(tip.EarlierClocks, c)
	}
	tip.AcceptBy, tip.CloseBy, tip.CloseClock = nil, nil, nil
	if rule := scheme.GetTipLimits().GetAccept(); rule != nil {
		tip.AcceptBy, err = s.computeDeadline(ctx, from, rule)
		return err
	}
	return nil
}

// computeDeadline counts a time limit by the calendar as it is known now.
func (s *Server) computeDeadline(
	ctx context.Context, from calendar.Date, rule *typev1.DeadlineRule, pauses ...calendar.Pause,
) (*typev1.Deadline, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return calendarpb.Due(days, from, rule, pauses...)
}

// CheckLimits notes what the limits of a scheme lack.
func CheckLimits(faults *fault.Fields, field string, limits *networkv1.TipLimits) {
	if limits.GetCloseExtensions() > 0 && limits.GetCloseExtension() == nil {
		faults.Add(field+".close_extension", "required")
	}
	if limits.GetClosePauses() > 0 && limits.GetClosePauseDays() == 0 {
		faults.Add(field+".close_pause_days", "required")
	}
}
