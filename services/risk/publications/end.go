package publications

import (
	"context"
	"time"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
)

// EndJob is the job that ends what is public no longer.
const EndJob = "risk.end_publications"

// endEvery is how often a job looks for publicities that are over.
const endEvery = 10 * time.Minute

// over finds what is public no longer on a day, and to which nothing was objected that waits for an answer.
const over = `state = 'PUBLICATION_STATE_PUBLICISED' AND public_until < ? AND NOT EXISTS (
	SELECT FROM comments c WHERE c.publication = 'publications/' || publications.region || '-' || publications.key
		AND c.state = 'COMMENT_STATE_RECEIVED')`

// EndPublication ends a publicity once its last day is over and every objection is answered.
func (s *Server) EndPublication(ctx context.Context, req *riskv1.EndPublicationRequest) (*riskv1.Publication, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.publications.Act(ctx, req, endAct, func(ctx context.Context, c *change) error {
		if until := c.Record.GetPublicUntil().GetDue(); c.Today().String() <= until {
			return fault.Precondition(words.StillPublic(until))
		}
		return requireAnswered(ctx, c)
	}, s.toEnd(days), noteRegraded)
}

// endJob ends a publicity by itself on the day after its last one or, where something objected to waits for an answer then, with
// that answer, so that nothing stays owed to a body above only since nobody thought of it. It tells the unit.
func (s *Server) endJob() jobs.Job {
	return jobs.Job{Name: EndJob, Every: endEvery, Run: func(ctx context.Context) error {
		days, err := s.calendar(ctx)
		if err != nil {
			return err
		}
		today := clock.Today(s.publications.Store.Clock)
		return s.publications.Sweep(ctx, EndJob, over, today, s.toEnd(days), noteRegraded, tellEnded)
	}}
}

// toEnd ends a publication: it is owed to the bodies above from now on, in place of those before it that can't be filed, and by
// the day by which these were.
func (s *Server) toEnd(days *calendar.Calendar) Rule {
	return func(ctx context.Context, c *change) error {
		c.Record.State, c.Record.EndedOn, c.Record.RenewRemindOn = ended, c.Today().String(), ""
		if err := s.replaceRegraded(ctx, c); err != nil {
			return err
		}
		switch {
		case c.Record.GetPublicUntil() != nil:
			return s.toFile(ctx, c, days)
		case c.Record.GetFileBy() != "" && c.Record.GetFiledOn() == "": // owed since it became public
			return s.filing.Plan(days)(ctx, c)
		default:
			return nil
		}
	}
}

// tellEnded tells the unit of a publicity that has ended by itself, and until when it is to be filed, unless noteRegraded has
// told it why it can't be.
func tellEnded(_ context.Context, c *change) error {
	made, until := c.Record, c.Record.GetPublicUntil().GetDue()
	if len(made.GetRegradedEntries()) > 0 {
		return nil
	}
	if made.GetFileBy() == "" {
		c.Tell(made.GetUnit(), words.InboxPublicationEnded(made.GetTitle(), until))
		return nil
	}
	c.Tell(made.GetUnit(), words.InboxPublicationToFile(made.GetTitle(), until, made.GetFileBy()))
	return nil
}

// toFile has a publication be filed from today on, where its kind says with whom: by the day by which the one was owed whose
// place it took, if that is earlier. One that shows what no longer stands is owed until another takes its place.
func (s *Server) toFile(ctx context.Context, c *change, days *calendar.Calendar) error {
	kind, err := KindOf(ctx, c)
	if err != nil || kind.GetFilingLimit() == nil {
		owed.NoFiling(c.Record) // its kind asks it no more
		return err
	}
	taken := c.Record.GetFileBy()
	if err := s.filing.ToFile(days, c.Today(), kind.GetFilingLimit())(ctx, c); err != nil {
		return err
	}
	c.Record.FileBy = earlier(c.Record.GetFileBy(), taken)
	return s.filing.Plan(days)(ctx, c)
}
