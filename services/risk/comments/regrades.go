package comments

import (
	"cmp"
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/publications"
	"github.com/qingfeng-suite/qingfeng/services/risk/riskpoints"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// Who upholds an objection need not be who grades: of an upheld one to a risk point a new grade is owed, or the reason why none
// follows, as long as there is the risk point (J6, T4, T22).

// toRegrade tells whether an upheld objection waits for that; the column to_regrade says the same.
func toRegrade(c *riskv1.Comment) bool {
	return c.GetState() == upheld && onPoint(c) && c.GetRegradedVersion() == 0 && c.GetNoRegradeReason() == "" &&
		c.GetEntryEndedOn() == ""
}

// regrading is that of what was upheld, of which the nearest unit that may grade it anew is reminded, and the one that answers,
// which has to see to it.
func (s *Server) regrading() owed.Kind[*riskv1.Comment] {
	k := owed.Judging(&s.comments, nil, func(ctx context.Context, c *change) (string, error) {
		passer, err := regradedAt(ctx, c, s.directory)
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

// Following is what becomes of upheld objections to a risk point: a reviewer who grades it anew, and whose reach they are in,
// does what they led to, and once it ends no grade is owed any more.
func Following(env service.Env) riskpoints.Objections {
	comments, published := collected(env), publications.Collection(env)
	each := func(
		ctx context.Context, tx *record.Tx, point *riskv1.RiskPoint, rule collection.Rule[*riskv1.Comment],
	) (int, error) {
		rows, err := db.New(tx).ObjectionsToRegrade(ctx, point.GetName())
		if err != nil {
			return 0, err
		}
		for _, row := range rows {
			at := &riskv1.Comment{Name: resource.Sharded("comments", row.Region, row.Key)}
			if _, err := comments.ActIn(ctx, tx, at, regradeAct, nil, rule); err != nil && !fault.IsNotFound(err) {
				return 0, err
			}
		}
		return len(rows), nil
	}
	return riskpoints.Objections{
		Regraded: func(ctx context.Context, tx *record.Tx, point *riskv1.RiskPoint) error {
			count, err := each(ctx, tx, point, func(_ context.Context, c *change) error {
				c.Record.RegradedVersion, c.Record.RegradedTo = point.GetStanding().GetVersion(), point.GetGrade()
				owed.Judged(c.Record)
				return nil
			})
			if err != nil || count == 0 {
				return err
			}
			return publications.NoteRegraded(ctx, tx, published, point.GetName())
		},
		Ended: func(ctx context.Context, tx *record.Tx, point *riskv1.RiskPoint) error {
			rows, err := db.New(tx).ObjectionsToRegrade(ctx, point.GetName())
			if err != nil || len(rows) == 0 {
				return err
			}
			names := make([]string, len(rows))
			for i, row := range rows {
				names[i] = resource.Sharded("comments", row.Region, row.Key)
			}
			return comments.ActAll(ctx, tx, names, entryEndedAct, entryEnded(env.Directory))
		},
	}
}

// entryEnded is the rule of an upheld objection whose risk point ends: whoever was to see to its grade hears that none is owed.
func entryEnded(d access.Directory) collection.Rule[*riskv1.Comment] {
	return func(ctx context.Context, c *change) error {
		passer, err := regradedAt(ctx, c, d)
		if err != nil {
			return err
		}
		c.Record.EntryEndedOn = c.Today().String()
		owed.Judged(c.Record)
		says := words.InboxObjectionEntryEnded(c.Record.GetPublicationTitle(), c.Record.GetEntryTitle())
		c.Notify(record.Message{Unit: c.Record.GetUnit(), Resource: c.Record.GetPublication(), Sentence: says})
		if passer != "" && passer != c.ActingUnit() {
			c.Notify(record.Message{Unit: passer, Resource: c.Record.GetPublication(), Sentence: says})
		}
		return nil
	}
}

// noteEnded notes of what was upheld that its risk point has ended already, so that no grade is owed.
func noteEnded(ctx context.Context, c *change) error {
	if !toRegrade(c.Record) {
		return nil
	}
	state, err := db.New(c).StateOfPoint(ctx, c.Record.GetEntry())
	if err == nil && state == riskv1.RegisterState_REGISTER_STATE_ENDED.String() {
		c.Record.EntryEndedOn = c.Today().String()
	}
	return err
}
