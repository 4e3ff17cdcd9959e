package comments

import (
	"cmp"
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/publications"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// Who upholds an objection need not be who grades: of an upheld one to a risk point a new grade is owed, or the reason why none
// follows (J6, T4, T22).

// toRegrade tells whether an upheld objection waits for that; the column to_regrade says the same.
func toRegrade(c *riskv1.Comment) bool {
	return c.GetState() == upheld && onPoint(c) && c.GetRegradedVersion() == 0 && c.GetNoRegradeReason() == ""
}

// regrading is that of what was upheld, of which the nearest unit that may grade it anew is reminded, and the one that answers,
// which has to see to it.
func (s *Server) regrading() owed.Kind[*riskv1.Comment] {
	k := owed.Judging(&s.comments, nil, func(ctx context.Context, c *change) (string, error) {
		passer, err := s.regradedAt(ctx, c)
		return cmp.Or(passer, c.Record.GetUnit()), err
	})
	k.Matters = owed.Several("应当重新定级的异议事项", "entries with upheld objections to be graded anew")
	k.Called = func(c *riskv1.Comment) words.Title { return words.Named(c.GetName(), c.GetEntryTitle()) }
	k.Also = func(_ context.Context, c *change) (string, error) { return c.Record.GetUnit(), nil }
	k.Due = func(c *riskv1.Comment) words.Sentence {
		return words.InboxCommentRegradeDue(c.GetPublicationTitle(), c.GetEntryTitle(), c.GetJudging().GetDueOn())
	}
	k.Overdue = func(c *riskv1.Comment) words.Sentence {
		return words.InboxCommentRegradeOverdue(c.GetPublicationTitle(), c.GetEntryTitle(), c.GetJudging().GetDueOn())
	}
	k.OverdueBelow = func(c *riskv1.Comment) words.Sentence {
		return words.InboxCommentRegradeOverdueBelow(
			c.GetUnit(), c.GetPublicationTitle(), c.GetEntryTitle(), c.GetJudging().GetDueOn())
	}
	k.Ask = owed.AskIn(toGrade)
	k.PassedOn = func(c *riskv1.Comment, to string) words.Sentence {
		return words.InboxCommentRegradePassedOn(c.GetPublicationTitle(), c.GetEntryTitle(), to)
	}
	return k
}

// toGrade asks those who may review an entry to grade it anew.
func toGrade(c *riskv1.Comment) words.Sentence {
	return owed.By(c.GetJudging(), func(day string) words.Sentence {
		return words.InboxObjectionToRegrade(c.GetUnit(), c.GetPublicationTitle(), c.GetEntryTitle(), day, c.GetAnswer())
	}, words.InboxObjectionToRegradeUnlimited(c.GetUnit(), c.GetPublicationTitle(), c.GetEntryTitle(), c.GetAnswer()))
}

// noRegrade notes that no grade follows of an upheld objection, and why.
func noRegrade(c *change, req *riskv1.AnswerCommentRequest) error {
	switch {
	case !req.GetNoRegrade():
		return nil
	case req.GetRegrade() != nil || req.GetOutcome() != upheld || !onPoint(c.Record):
		return fault.Invalid("no_regrade", words.Contradiction())
	case c.Record.GetRegradedVersion() != 0:
		return fault.Precondition(words.RegradedBefore())
	}
	c.Record.NoRegradeReason = req.GetAnswer()
	return nil
}

// awaitRegrade has what was upheld wait for a grade, from the day of its answer on, and what need not wait any more not be
// reminded of.
func (s *Server) awaitRegrade(ctx context.Context, c *change, days *calendar.Calendar) error {
	if !toRegrade(c.Record) {
		owed.Judged(c.Record)
		return nil
	}
	if toRegrade(c.Before) {
		return nil
	}
	return s.judging.Await(days)(ctx, c)
}

// Regraded is the rule of a risk point that a reviewer grades anew without an objection: those that were upheld, and are in the
// reviewer's reach, led to it.
func Regraded(env service.Env) func(context.Context, *record.Tx, *riskv1.RiskPoint) error {
	comments, published := collected(env), publications.Collection(env)
	return func(ctx context.Context, tx *record.Tx, point *riskv1.RiskPoint) error {
		rows, err := db.New(tx).ObjectionsToRegrade(ctx, point.GetName())
		if err != nil {
			return err
		}
		settle := func(_ context.Context, c *change) error {
			c.Record.RegradedVersion, c.Record.RegradedTo = point.GetStanding().GetVersion(), point.GetGrade()
			owed.Judged(c.Record)
			return nil
		}
		for _, row := range rows {
			at := &riskv1.Comment{Name: resource.Sharded("comments", row.Region, row.Key)}
			if _, err := comments.ActIn(ctx, tx, at, regradeAct, nil, settle); err != nil && !fault.IsNotFound(err) {
				return err
			}
		}
		if len(rows) == 0 {
			return nil
		}
		return publications.NoteRegraded(ctx, tx, published, point.GetName())
	}
}
