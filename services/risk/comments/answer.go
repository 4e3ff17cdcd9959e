package comments

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/journal"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/powers"
	"github.com/qingfeng-suite/qingfeng/services/risk/publications"
	"github.com/qingfeng-suite/qingfeng/services/risk/reviews"
	"github.com/qingfeng-suite/qingfeng/services/risk/riskpoints"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// regradePermission is what grading anew takes besides, as by RegradeRiskPoint.
const regradePermission = "risk.review"

// AnswerComment upholds an objection, with what follows, or dismisses it with the reason; a comment on a unit it answers.
func (s *Server) AnswerComment(ctx context.Context, req *riskv1.AnswerCommentRequest) (*riskv1.Comment, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	act := answerAct
	if req.GetRegrade() != nil || req.GetNoRegrade() {
		if err := access.RequirePermission(ctx, s.directory, regradePermission); err != nil {
			return nil, err
		}
		act = regradeAct
	}
	return record.Change(ctx, s.comments.Store, req, func(ctx context.Context, tx *record.Tx) (*riskv1.Comment, error) {
		comment, err := s.comments.ActIn(ctx, tx, req, act, nil, s.conclude(req, days))
		if err == nil && comment.GetRegradedTo() != "" {
			err = publications.NoteRegraded(ctx, tx, s.publications, comment.GetEntry())
		}
		return comment, err
	})
}

// conclude notes an answer and does what follows from it.
func (s *Server) conclude(req *riskv1.AnswerCommentRequest, days *calendar.Calendar) collection.Rule[*riskv1.Comment] {
	return func(ctx context.Context, c *change) error {
		if err := checkAnswer(ctx, c, req); err != nil {
			return err
		}
		if err := requireNotWriter(ctx, c); err != nil {
			return err
		}
		if c.Before.GetState() == received {
			answer(c, req)
		}
		if err := s.regrade(ctx, c, req); err != nil {
			return err
		}
		if err := noRegrade(c, req); err != nil {
			return err
		}
		if err := noteEnded(ctx, c); err != nil {
			return err
		}
		if err := s.awaitRegrade(ctx, c, days); err != nil {
			return err
		}
		return s.tellUpheld(ctx, c)
	}
}

// requireNotWriter refuses who wrote the entry that is objected to: nobody judges whether their own work is right, whichever the
// outcome (J4).
func requireNotWriter(ctx context.Context, c *change) error {
	if onUnit(c.Record) {
		return nil
	}
	writes := slices.Concat(powers.Writes, riskpoints.Writes)
	return journal.RequireNotWriter(ctx, c, c.Record.GetEntry(), time.Unix(0, 0), writes, "")
}

// answer notes an answer. A grade that follows later leaves it as it is.
func answer(c *change, req *riskv1.AnswerCommentRequest) {
	comment := c.Record
	comment.State, comment.Answer, comment.AnsweredOn = req.GetOutcome(), req.GetAnswer(), c.Today().String()
	comment.AnswerPlaces = req.GetPlaces()
	owed.Stop(comment)
}

// tellUpheld tells of an objection that was upheld: the unit of the entry, the unit that was to answer where somebody above did
// or no grade follows and, where one is awaited, the nearest unit that may pass the last stage of the entry's review.
func (s *Server) tellUpheld(ctx context.Context, c *change) error {
	comment := c.Record
	if comment.GetState() != upheld {
		return nil
	}
	about := func(unit string, says words.Sentence) {
		c.Notify(record.Message{Unit: unit, Resource: comment.GetPublication(), Sentence: says})
	}
	title, entry := comment.GetPublicationTitle(), comment.GetEntryTitle()
	if c.Before.GetState() == received {
		about(comment.GetAboutUnit(), words.InboxObjectionUpheld(title, entry, comment.GetAnswer()))
	}
	caller := access.PrincipalOf(ctx).Unit
	if reason := comment.GetNoRegradeReason(); reason != "" {
		says := words.InboxObjectionNotRegraded(caller, title, entry, reason)
		about(comment.GetUnit(), says)
		if comment.GetAboutUnit() != comment.GetUnit() {
			about(comment.GetAboutUnit(), says)
		}
	} else if caller != c.ActingUnit() {
		about(comment.GetUnit(), words.InboxObjectionUpheldAbove(caller, title, entry, comment.GetAnswer()))
	}
	if !toRegrade(comment) {
		return nil
	}
	says := toGrade(comment)
	about(comment.GetUnit(), says) // which has to see to it
	passer, err := regradedAt(ctx, c, s.directory)
	if passer != "" && passer != c.ActingUnit() {
		about(passer, says)
	}
	return err
}

// regradedAt is the nearest unit that may grade anew what was objected to: that which answers or one above it, but for the
// entry's own. Empty where no scheme holds for that.
func regradedAt(ctx context.Context, c *change, d access.Directory) (string, error) {
	units := c.Units()
	if c.Record.GetAboutUnit() != c.Record.GetUnit() {
		units = append(slices.Clone(units), resource.ID(c.Record.GetAboutUnit()))
	}
	scheme := &riskv1.Scheme{}
	err := schemes.Effective(ctx, c, units, c.Today(), scheme)
	stages := scheme.GetPointReview()
	if fault.IsNotFound(err) || err == nil && len(stages) == 0 {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return reviews.Passer(ctx, d, stages[len(stages)-1], units)
}

// onPoint tells whether an objection is to a risk point, which may be graded anew.
func onPoint(c *riskv1.Comment) bool { return strings.HasPrefix(c.GetEntry(), resource.RiskPoints+"/") }

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
	if req.GetOutcome() != upheld || !onPoint(c.Record) {
		return fault.Invalid("regrade", words.Contradiction())
	}
	if c.Record.GetRegradedTo() != "" {
		return fault.Precondition(words.RegradedBefore())
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
		UnitID: resource.ID(req.GetUnit()), Today: clock.Today(s.comments.Store.Clock), Before: p.Cursor, Size: p.Limit,
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
