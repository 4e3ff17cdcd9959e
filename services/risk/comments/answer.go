package comments

import (
	"context"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
)

// regradePermission is what grading anew takes besides, as by RegradeRiskPoint.
const regradePermission = "risk.review"

// AnswerComment upholds an objection, with what follows, or dismisses it with the reason.
func (s *Server) AnswerComment(ctx context.Context, req *riskv1.AnswerCommentRequest) (*riskv1.Comment, error) {
	if req.GetRegrade() != nil {
		if err := access.RequirePermission(ctx, s.directory, regradePermission); err != nil {
			return nil, err
		}
	}
	return s.comments.Act(ctx, req, answerAct, func(ctx context.Context, c *change) error {
		comment := c.Record
		comment.State, comment.Answer, comment.AnsweredOn = req.GetOutcome(), req.GetAnswer(), c.Today().String()
		owed.Stop(comment)
		if err := s.regrade(ctx, c, req); err != nil {
			return err
		}
		if comment.GetState() == upheld {
			c.Notify(record.Message{
				Unit: comment.GetEntryUnit(), Resource: comment.GetPublication(),
				Sentence: words.InboxObjectionUpheld(comment.GetPublicationTitle(), comment.GetAnswer()),
			})
		}
		return nil
	})
}

// regrade grades the risk point of an upheld objection anew, through its review.
func (s *Server) regrade(ctx context.Context, c *change, req *riskv1.AnswerCommentRequest) error {
	if req.GetRegrade() == nil {
		return nil
	}
	if req.GetOutcome() != upheld || !strings.HasPrefix(c.Record.GetEntry(), resource.RiskPoints+"/") {
		return fault.Invalid("regrade", words.Contradiction())
	}
	point, err := s.points.RegradeIn(ctx, c.Tx, &riskv1.RegradeRiskPointRequest{
		Name: c.Record.GetEntry(), Regrade: req.GetRegrade(), Reason: req.GetAnswer(),
	})
	c.Record.RegradedVersion, c.Record.RegradedTo = point.GetStanding().GetVersion(), point.GetGrade()
	return err
}
