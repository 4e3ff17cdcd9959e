package comments

import (
	"context"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// WithdrawComment takes back what staff entered by mistake.
func (s *Server) WithdrawComment(ctx context.Context, req *riskv1.WithdrawCommentRequest) (*riskv1.Comment, error) {
	return s.comments.ActBy(ctx, req, withdrawAct, s.requireEnterer, func(_ context.Context, c *change) error {
		withdraw(c, req.GetReason())
		if toldOf(c) {
			c.Tell(c.Record.GetUnit(), takenBack(c.Record))
		}
		return nil
	})
}

// requireEnterer lets the unit take a comment back whose staff entered it, or one above; what is said of itself a unit above
// alone. The root, which has none above, is led to the body outside that is.
func (s *Server) requireEnterer(ctx context.Context, c *change) error {
	by := c.Record.GetRegisteredBy()
	if by == "" {
		return fault.Precondition(words.SaidByPublic())
	}
	acting, err := collection.ActingUnits(ctx, c, c.Record.GetAboutUnit(), by)
	if err != nil {
		return err
	}
	about, above := acting[c.Record.GetAboutUnit()], c.Units()
	if c.ActingUnit() == about {
		above = above[:len(above)-1]
	}
	caller := access.PrincipalOf(ctx).Unit
	switch {
	case acting[by] == about && len(above) == 0 && caller == about:
		scheme, err := s.directory.Scheme(ctx, about)
		if err != nil {
			return err
		}
		return fault.Denied(words.CommentOnTopmost(words.Untitled(about), bodyAbove(scheme.GetBodyAbove())))
	case len(above) == 0 || acting[by] != about:
		return c.RequireMaker(ctx, by, words.NotMaker(words.Untitled(by)))
	case slices.Contains(above, resource.ID(caller)):
		return nil
	default:
		return fault.Denied(words.OwnComment(words.Untitled(about)))
	}
}

// RetractComment has the holder of a receipt take a comment back.
func (s *Server) RetractComment(ctx context.Context, req *riskv1.RetractCommentRequest) (*riskv1.RetractCommentResponse, error) {
	retract := func(ctx context.Context, tx *record.Tx) (*riskv1.RetractCommentResponse, error) {
		found, err := byReceipt(ctx, db.New(tx), req.GetReceipt())
		if err != nil {
			return nil, err
		}
		retracted := s.comments
		retracted.Reach = func(context.Context, *change) error {
			access.MarkReached(ctx) // the receipt is all that is asked for
			return nil
		}
		at := &riskv1.Comment{Name: resource.Sharded("comments", found.Region, found.Key)}
		comment, err := retracted.ActIn(ctx, tx, at, retractAct, nil, func(_ context.Context, c *change) error {
			withdraw(c, req.GetReason())
			if toldOf(c) || ownWords(c.Record) {
				c.Record.RemindOn = c.Today().AddDays(1).String() // a message at once would tell when it was taken back
			}
			return nil
		})
		return &riskv1.RetractCommentResponse{State: comment.GetState()}, err
	}
	return record.Change(ctx, s.comments.Store, req, retract)
}

func withdraw(c *change, reason string) {
	c.Record.WithdrawReason, c.Record.WithdrawnOn = reason, c.Today().String()
	owed.Stop(c.Record)
}

// toldOf tells whether the unit that answers has been told of a comment: it is on the day after it came.
func toldOf(c *change) bool {
	return calendar.DateOf(c.Record.GetCreateTime().AsTime(), calendar.Shanghai).Before(c.Today())
}

// over is what the unit that answers is told of a comment that was taken back, in place of a reminder.
func over(c *riskv1.Comment) (says words.Sentence, is bool) {
	if c.GetState() != withdrawn {
		return says, false
	}
	return takenBack(c), true
}

// ownWords tells whether a unit itself entered what is said of it, so that it had the receipt in hand.
func ownWords(c *riskv1.Comment) bool { return c.GetRegisteredBy() == c.GetAboutUnit() }

// overAbove is what the unit above is told of a comment on a unit that was taken back by a receipt that the unit was given.
func overAbove(c *riskv1.Comment) (says words.Sentence, is bool) {
	if c.GetState() != withdrawn || !ownWords(c) || !onUnit(c) {
		return says, false
	}
	return words.InboxCommentWithdrawnBelow(c.GetAboutUnit(), c.GetReceivedOn(), numberOf(c)), true
}

func takenBack(c *riskv1.Comment) words.Sentence {
	if reason := c.GetWithdrawReason(); reason != "" {
		return words.InboxCommentWithdrawn(c.GetReceivedOn(), numberOf(c), reason)
	}
	return words.InboxCommentWithdrawnUnexplained(c.GetReceivedOn(), numberOf(c))
}
