package comments

import (
	"context"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// regradePermission is what grading anew takes besides, as by RegradeRiskPoint.
const regradePermission = "risk.review"

// AnswerComment upholds an objection, with what follows, or dismisses it with the reason; a comment on a unit it answers.
func (s *Server) AnswerComment(ctx context.Context, req *riskv1.AnswerCommentRequest) (*riskv1.Comment, error) {
	if req.GetRegrade() != nil {
		if err := access.RequirePermission(ctx, s.directory, regradePermission); err != nil {
			return nil, err
		}
	}
	return s.comments.Act(ctx, req, answerAct, func(ctx context.Context, c *change) error {
		comment := c.Record
		if err := checkAnswer(ctx, c, req); err != nil {
			return err
		}
		comment.State, comment.Answer, comment.AnsweredOn = req.GetOutcome(), req.GetAnswer(), c.Today().String()
		comment.AnswerPlaces = req.GetPlaces()
		owed.Stop(comment)
		if err := s.regrade(ctx, c, req); err != nil {
			return err
		}
		if comment.GetState() == upheld {
			c.Notify(record.Message{
				Unit: comment.GetAboutUnit(), Resource: comment.GetPublication(),
				Sentence: words.InboxObjectionUpheld(comment.GetPublicationTitle(), comment.GetAnswer()),
			})
		}
		return nil
	})
}

// checkAnswer wants an objection to be upheld or dismissed, and a comment on a unit to be answered, at places of the scheme.
func checkAnswer(ctx context.Context, c *change, req *riskv1.AnswerCommentRequest) error {
	var faults fault.Fields
	if onUnit(c.Record) != (req.GetOutcome() == answered) {
		faults.Add("outcome", words.Contradiction())
	}
	if len(req.GetPlaces()) > 0 && !onUnit(c.Record) {
		faults.Add("places", words.Contradiction())
	} else if len(req.GetPlaces()) > 0 {
		scheme := &riskv1.Scheme{}
		if err := schemes.EffectiveFor(ctx, c, scheme); err != nil {
			return err
		}
		schemes.CheckAllKnown(&faults, "places", req.GetPlaces(), scheme.GetComments().GetPlaces())
	}
	return faults.Err()
}

// regrade grades the risk point of an upheld objection anew, through its review.
func (s *Server) regrade(ctx context.Context, c *change, req *riskv1.AnswerCommentRequest) error {
	if req.GetRegrade() == nil {
		return nil
	}
	if req.GetOutcome() != upheld || !strings.HasPrefix(c.Record.GetEntry(), resource.RiskPoints+"/") {
		return fault.Invalid("regrade", words.Contradiction())
	}
	judged := req.GetRegradeVersion()
	if judged == 0 {
		judged = c.Record.GetEntryVersion()
	}
	point, err := s.points.RegradeIn(ctx, c.Tx, &riskv1.RegradeRiskPointRequest{
		Name: c.Record.GetEntry(), Regrade: req.GetRegrade(), Reason: req.GetAnswer(), Etag: req.GetRegradeEtag(),
	}, judged)
	c.Record.RegradedVersion, c.Record.RegradedTo = point.GetStanding().GetVersion(), point.GetGrade()
	return err
}

// ListPublicAnswers lists what a unit has answered openly.
func (s *Server) ListPublicAnswers(
	ctx context.Context, req *riskv1.ListPublicAnswersRequest,
) (*riskv1.ListPublicAnswersResponse, error) {
	p, err := page.Parse(req, page.MaxKey)
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.comments.Store.Afresh()).PublicAnswers(ctx, db.PublicAnswersParams{
		Unit: req.GetUnit(), Before: p.Cursor, Size: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(ctx, p, rows, func(r db.PublicAnswersRow) string { return r.Key },
		func(r db.PublicAnswersRow) (*riskv1.PublicAnswer, error) {
			c, err := document.Decode[*riskv1.Comment](r.Body)
			return &riskv1.PublicAnswer{
				Medium: c.GetMedium(), Source: c.GetSource(), ReceivedOn: c.GetReceivedOn(), Answer: c.GetAnswer(),
				AnsweredOn: c.GetAnsweredOn(),
			}, err
		})
	return &riskv1.ListPublicAnswersResponse{Answers: list, NextPageToken: next}, err
}
