package tips

import (
	"context"
	"slices"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/limits"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// startCloseLimit starts the time limit of closing a tip that is accepted, where the scheme has one. The limit of a unit that
// accepted it before goes on, the days since then included: to pass a tip on and take it back, or to link it as a duplicate and
// unlink it, gains no time.
func (s *Server) startCloseLimit(ctx context.Context, c *lockedTip) error {
	counter, err := s.counter(ctx, c.tx)
	if err != nil {
		return err
	}
	handler := c.tip.GetHandlingUnit()
	lineages, err := units.LineagesOf(ctx, c.tx, counter.Today(), handler)
	if err != nil {
		return err
	}
	earlier := slices.IndexFunc(c.tip.GetEarlierCloseBy(), func(e *typev1.TimeLimit) bool {
		return slices.Contains(lineages[handler], e.GetUnit())
	})
	if earlier >= 0 {
		c.tip.CloseBy = c.tip.GetEarlierCloseBy()[earlier]
		c.tip.EarlierCloseBy = slices.Delete(c.tip.GetEarlierCloseBy(), earlier, earlier+1)
		return counter.Recount(c.tip.GetCloseBy())
	}
	if rule := c.scheme.GetTipLimits().GetClose(); rule != nil {
		c.tip.CloseBy, err = counter.Start(handler, counter.Today(), rule)
	}
	return err
}

// ExtendTip gives more time to close a tip.
func (s *Server) ExtendTip(ctx context.Context, req *networkv1.ExtendTipRequest) (*networkv1.Tip, error) {
	return s.changeCloseLimit(ctx, req, "extend", func(c limits.Counter, limit *typev1.TimeLimit, leeway *typev1.Leeway) error {
		return c.Extend(limit, leeway, req.GetReason())
	})
}

// PauseTip has the limit of closing a tip stand for some days.
func (s *Server) PauseTip(ctx context.Context, req *networkv1.PauseTipRequest) (*networkv1.Tip, error) {
	return s.changeCloseLimit(ctx, req, "pause", func(c limits.Counter, limit *typev1.TimeLimit, leeway *typev1.Leeway) error {
		return c.Pause(limit, leeway, req.GetUntil(), req.GetReason())
	})
}

// ResumeTip has the limit of closing a tip run again.
func (s *Server) ResumeTip(ctx context.Context, req *networkv1.ResumeTipRequest) (*networkv1.Tip, error) {
	return s.changeCloseLimit(ctx, req, "resume", func(c limits.Counter, limit *typev1.TimeLimit, _ *typev1.Leeway) error {
		return c.Resume(limit)
	})
}

// changeCloseLimit is the common part of what is done to the limit of closing a tip.
func (s *Server) changeCloseLimit(
	ctx context.Context, req record.ActRequest, act lifecycle.Act,
	change func(limits.Counter, *typev1.TimeLimit, *typev1.Leeway) error,
) (*networkv1.Tip, error) {
	return s.act(ctx, req, act, func(ctx context.Context, c *lockedTip) error {
		counter, err := s.counter(ctx, c.tx)
		if err != nil {
			return err
		}
		return change(counter, c.tip.GetCloseBy(), c.scheme.GetTipLimits().GetCloseLeeway())
	})
}

// counter counts limits by the calendar as it is known now.
func (s *Server) counter(ctx context.Context, tx *record.Tx) (limits.Counter, error) {
	days, err := s.calendar(ctx)
	return limits.Counter{Calendar: days, Now: tx.Now()}, err
}
