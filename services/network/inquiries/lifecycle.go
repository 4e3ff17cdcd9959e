package inquiries

import (
	"context"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

const (
	open     = networkv1.InquiryState_INQUIRY_STATE_OPEN
	answered = networkv1.InquiryState_INQUIRY_STATE_ANSWERED
	closed   = networkv1.InquiryState_INQUIRY_STATE_CLOSED
)

const (
	answer lifecycle.Act = "answer"
	note   lifecycle.Act = "record"
	end    lifecycle.Act = "close"
)

var (
	opener = lifecycle.Own("opening unit")
	// noter is the opening unit as well: for it the risk service notes what a check of its came to.
	noter = lifecycle.Party{Title: opener.Title, May: func(ctx context.Context, units []string) error {
		if access.PrincipalOf(ctx).Service != "" {
			return nil
		}
		return opener.May(ctx, units)
	}}
	point = lifecycle.By("point") // isPoint
)

// Lifecycle is the life of an inquiry (H4).
var Lifecycle = lifecycle.Table[networkv1.InquiryState]{
	Resource: "Inquiry",
	Start:    open,
	Transitions: []lifecycle.Transition[networkv1.InquiryState]{
		{From: open, Act: answer, To: answered, By: point},
		{From: open, Act: note, To: open, By: noter},
		{From: open, Act: end, To: closed, By: opener},
		{From: answered, Act: answer, To: answered, By: point},
		{From: answered, Act: note, To: answered, By: noter},
		{From: answered, Act: end, To: closed, By: opener},
	},
}

// isPoint lets only the point act, or its successor.
func isPoint(ctx context.Context, c *change) error {
	acting, err := pointOf(ctx, c)
	if err != nil {
		return err
	}
	return access.RequireOwn(ctx, acting.GetName())
}

// pointOf is the point of an inquiry or its successor.
func pointOf(ctx context.Context, c *change) (*networkv1.Unit, error) {
	return units.Successor(ctx, c, c.Beside[pointPath], c.Today())
}

// reachesEitherSide lets those see an inquiry who reach the point or the unit that asks, which a split may have put side by side,
// unless it is concealed from them.
func (s *Server) reachesEitherSide(ctx context.Context, c *change) error {
	if access.Require(ctx, c.UnitPath, c.Record.GetName()) != nil {
		if err := access.Require(ctx, c.Beside[pointPath], c.Record.GetName()); err != nil {
			return err
		}
	}
	return s.checkConcealed(ctx, c)
}

// hideFindings leaves findings and conclusion to those who reach the unit that asks.
func hideFindings(ctx context.Context, c *change) {
	if !access.Reaches(ctx, c.UnitPath) {
		c.Record.Findings, c.Record.Conclusion = nil, ""
	}
}
