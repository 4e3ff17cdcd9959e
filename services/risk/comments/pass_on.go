package comments

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/follow"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// Who answers what was said of an entry, or of leaders, is not the unit that it is about. Where a change of the tree makes the
// two one, the unit above answers (ADR 037); on the leaders of the topmost unit nobody here does.

// about finds the comments that a change of the tree below paths, $1, may have another unit answer: those of units below them,
// and those about these or about ended ones that they act for.
const about = `(` + owed.BelowPaths + ` OR about_unit IN (
	SELECT 'units/' || subpath(p, -1)::text FROM unnest($1::ltree[]) AS p
	UNION ALL SELECT 'units/' || unit_id FROM ended_units WHERE path <@ ANY ($1::ltree[])))`

// toBeAnswered keeps the comments of which an answer, or a grade, is awaited.
const toBeAnswered = "(state = 'COMMENT_STATE_RECEIVED' OR to_regrade)"

// followers pass comments on, and tell of it.
func (s *Server) followers() []follow.Follower {
	answering := &owed.Asking[*riskv1.Comment]{
		Records: &s.comments, Waits: s.owed.Owed, Below: about,
		Says: func(ctx context.Context, c *change) ([]words.Sentence, error) {
			if !toldOf(c) {
				return nil, nil // a message at once would tell when it came
			}
			return s.owed.Asks(ctx, c)
		},
		PassedOn: func(c *riskv1.Comment, to string) words.Sentence {
			return words.InboxCommentPassedOn(c.GetReceivedOn(), numberOf(c), to)
		},
	}
	regrading := &owed.Asking[*riskv1.Comment]{
		Records: &s.comments, Waits: "to_regrade", Below: about, To: s.judging.To, Says: s.judging.Asks,
		PassedOn: s.judging.PassedOn,
	}
	return []follow.Follower{s.passOn, answering.Follow, regrading.Follow}
}

// passOn is the follower that gives comments to the unit above where they lie with the one that they are about.
func (s *Server) passOn(ctx context.Context, tx *record.Tx, below []string) (func(context.Context) error, error) {
	rows, err := tx.Query(ctx, "SELECT region, key FROM comments WHERE "+toBeAnswered+" AND "+about, below)
	if err != nil {
		return nil, err
	}
	var some db.CommentsAboutOwnParams
	var region, key string
	_, err = pgx.ForEachRow(rows, []any{&region, &key}, func() error {
		some.Regions, some.Keys = append(some.Regions, region), append(some.Keys, key)
		return nil
	})
	return func(ctx context.Context) error {
		own, err := db.New(tx).CommentsAboutOwn(ctx, some)
		if err != nil {
			return err
		}
		above, topmost := map[string]string{}, []string(nil)
		for _, c := range own {
			if name := resource.Sharded("comments", c.Region, c.Key); c.Above == "" {
				topmost = append(topmost, name)
			} else {
				above[name] = c.Above
			}
		}
		err = s.comments.ActAll(ctx, tx, slices.Sorted(maps.Keys(above)), passOnAct, func(ctx context.Context, c *change) error {
			return s.comments.GiveTo(ctx, c, strings.Split(above[c.Record.GetName()], "."))
		})
		if err != nil {
			return err
		}
		return s.comments.ActAll(ctx, tx, topmost, passOutAct, s.passOut)
	}, err
}

// passOut leaves a comment that has come to be about the leaders of the topmost unit to the body above, which its receipt names.
// The unit that was to answer hears of it where it had been told, and so does the one whose staff entered it.
func (s *Server) passOut(ctx context.Context, c *change) error {
	scheme, err := s.directory.Scheme(ctx, c.ActingUnit())
	if err != nil {
		return err
	}
	c.Record.BodyAbove = scheme.GetBodyAbove()
	owed.Stop(c.Record)
	says := words.InboxCommentForBodyAbove(c.Record.GetReceivedOn(), numberOf(c.Record), bodyAbove(c.Record.GetBodyAbove()))
	if toldOf(c) {
		c.Tell(c.ActingUnit(), says)
	}
	by := c.Record.GetRegisteredBy()
	if by == "" {
		return nil
	}
	acting, err := collection.ActingUnits(ctx, c, by)
	if err == nil && acting[by] != c.ActingUnit() {
		c.Notify(record.Message{Unit: by, Sentence: says, Resource: c.Record.GetName(), Unnamed: true})
	}
	return err
}
