package publications

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/riskpoints"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
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
		return s.publications.Sweep(ctx, EndJob, over, today, s.toEnd(days), tellEnded, noteRegraded)
	}}
}

// toEnd ends a publication: it is owed to the bodies above from now on, in place of those before it that can't be filed.
func (s *Server) toEnd(days *calendar.Calendar) Rule {
	return func(ctx context.Context, c *change) error {
		c.Record.State, c.Record.EndedOn, c.Record.RenewRemindOn = ended, c.Today().String(), ""
		if c.Record.GetPublicUntil() != nil { // else it has been owed since it became public
			if err := s.toFile(ctx, c, days); err != nil {
				return err
			}
		}
		return s.replaceRegraded(ctx, c)
	}
}

// tellEnded tells the unit of a publicity that has ended by itself, and until when it is to be filed.
func tellEnded(_ context.Context, c *change) error {
	made, until := c.Record, c.Record.GetPublicUntil().GetDue()
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
		return err
	}
	taken := c.Record.GetFileBy()
	if err := s.filing.ToFile(days, c.Today(), kind.GetFilingLimit())(ctx, c); err != nil {
		return err
	}
	c.Record.FileBy = earlier(c.Record.GetFileBy(), taken)
	return s.filing.Plan(days)(ctx, c)
}

// replaceRegraded has a publication that is over take the place of those of its kind that can't be filed: of its unit, and of the
// ended ones that this acts for.
func (s *Server) replaceRegraded(ctx context.Context, c *change) error {
	rows, err := db.New(c).UnfiledBefore(ctx, db.UnfiledBeforeParams{
		Region: c.Region, Key: c.Key, Kind: c.Record.GetKind(), Acting: strings.Join(c.Units(), "."),
	})
	if err != nil {
		return err
	}
	for _, body := range rows {
		made, err := document.Decode[*riskv1.Publication](body)
		if err != nil {
			return err
		}
		stale, err := regraded(ctx, c.Tx, made)
		if err != nil {
			return err
		}
		if len(stale) == 0 {
			continue
		}
		before := &riskv1.FilePublicationRequest{Name: made.GetName()}
		if _, err := s.publications.ActIn(ctx, c.Tx, before, replaceAct, nil, stopFiling); err != nil {
			return err
		}
	}
	return nil
}

func stopFiling(_ context.Context, c *change) error {
	owed.NoFiling(c.Record)
	return nil
}

// regraded are the entries that upheld objections have graded anew, so that the publication shows what no longer stands.
func regraded(ctx context.Context, from db.DBTX, made *riskv1.Publication) ([]db.RegradedEntriesRow, error) {
	if made.GetRegister() != riskv1.RegisterKind_REGISTER_KIND_RISK_POINTS {
		return nil, nil
	}
	region, key, err := resource.Split(made.GetName())
	if err != nil {
		return nil, err
	}
	return db.New(from).RegradedEntries(ctx, db.RegradedEntriesParams{
		Region: region, Key: key, Fields: registers[made.GetRegister()].jsonNames(made.GetFields()),
	})
}

// NoteRegraded has the publications that are over and still to be filed say that an entry was graded anew, and tells their units.
func NoteRegraded(
	ctx context.Context, tx *record.Tx, publications *collection.Collection[*riskv1.Publication], entry string,
) error {
	region, key, err := resource.Split(entry)
	if err != nil {
		return err
	}
	rows, err := db.New(tx).UnfiledWithPoint(ctx, db.UnfiledWithPointParams{EntryRegion: region, EntryKey: key})
	if err != nil {
		return err
	}
	anywhere := *publications
	anywhere.Reach = func(context.Context, *change) error { return nil }
	for _, row := range rows {
		name := resource.Sharded(resource.Publications, row.Region, row.Key)
		if _, err := anywhere.ActIn(ctx, tx, &riskv1.Publication{Name: name}, noteAct, nil, noteRegraded); err != nil {
			return err
		}
	}
	return nil
}

// noteRegraded says of a publication that is over which of its entries no longer stand, and tells the unit, which may be about to
// file it, of the first.
func noteRegraded(ctx context.Context, c *change) error {
	rows, err := regraded(ctx, c.Tx, c.Record)
	if err != nil || len(rows) == 0 {
		return err
	}
	known := len(c.Record.GetRegradedEntries()) > 0
	c.Record.RegradedEntries = nil
	for _, row := range rows {
		c.Record.RegradedEntries = append(c.Record.RegradedEntries, row.Entry)
	}
	if known {
		return nil
	}
	says := words.InboxPublicationOutdated
	if c.Record.GetFileBy() != "" {
		says = words.InboxPublicationRegraded
	}
	c.Tell(c.Record.GetUnit(), says(c.Record.GetTitle(), strconv.Itoa(len(rows)), riskpoints.Beginning(rows[0].Description)))
	return nil
}
