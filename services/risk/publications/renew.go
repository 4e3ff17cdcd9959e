package publications

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

const (
	// CompareJob is the job that finds what is public and does not show what is in force any more.
	CompareJob = "risk.compare_publications"
	// RenewalJob is the job that reminds units to make that public anew.
	RenewalJob = "risk.remind_publication_renewals"

	// compareEvery is how often a job looks where the register has changed.
	compareEvery = 10 * time.Minute
	// maxChanged is how many entries that differ are counted: the unit makes a new one public whatever more there are.
	maxChanged = 1000
)

// toCompare finds the publications of a register that are to be compared with it.
const toCompare = `(region, key) IN (SELECT q.region, q.key FROM publications_to_compare q WHERE q.collection = ?)`

// renewing is the kind of what is owed where a publication does not show any more what is in force (T12).
func renewing(records *collection.Collection[*riskv1.Publication]) owed.Kind[*riskv1.Publication] {
	return owed.Kind[*riskv1.Publication]{
		Records: records, Owed: "outdated", DueField: "renew_by", RemindField: "renew_remind_on",
		Reminders: (*riskv1.Scheme).GetRenewalReminders, OverdueSum: words.InboxPublicationRenewalOverdueSum,
		Matters: owed.Several("应当重新公示的内容", "publications to be made anew"),
		Called:  func(p *riskv1.Publication) words.Title { return words.Titled(p) },
		Due: func(p *riskv1.Publication) words.Sentence {
			return words.InboxPublicationRenewalDue(p.GetTitle(), p.GetRenewBy())
		},
		Overdue: func(p *riskv1.Publication) words.Sentence {
			return words.InboxPublicationRenewalOverdue(p.GetTitle(), p.GetRenewBy())
		},
		OverdueBelow: func(p *riskv1.Publication) words.Sentence {
			return words.InboxPublicationRenewalOverdueBelow(p.GetUnit(), p.GetTitle(), p.GetRenewBy())
		},
	}
}

// compareJob compares what is public with the register where that has changed. Whoever changes an entry waits for no publication,
// so that this is not done at once.
func (s *Server) compareJob() jobs.Job {
	return jobs.Job{Name: CompareJob, Every: compareEvery, Run: func(ctx context.Context) error {
		days, err := s.calendar(ctx)
		if err != nil {
			return err
		}
		if err := db.New(s.publications.Store).AskToCompare(ctx); err != nil {
			return err
		}
		var failed []error
		for _, r := range registers {
			failed = append(failed, s.publications.Sweep(ctx, CompareJob, toCompare, r.collection, s.compare(days)))
		}
		return errors.Join(failed...)
	}}
}

// compare notes since when a publication does not show what is in force any more, and in how many entries, and tells the unit
// once by when a new one is to be public. One that shows again what is in force owes nothing.
func (s *Server) compare(days *calendar.Calendar) Rule {
	return func(ctx context.Context, c *change) error {
		made := c.Record
		collected := registers[made.GetRegister()].collection
		err := db.New(c).Compared(ctx, db.ComparedParams{Collection: collected, Region: c.Region, Key: c.Key})
		if err != nil {
			return err
		}
		kind, err := KindOf(ctx, c)
		if err != nil {
			return err
		}
		if made.GetState() != publicised || kind.GetRenewal() == nil {
			return collection.ErrAsItIs
		}
		count, err := countChanged(ctx, c)
		switch {
		case err != nil:
			return err
		case count == made.GetChangedCount():
			return collection.ErrAsItIs
		case count == 0:
			made.OutdatedOn, made.ChangedCount, made.RenewBy, made.RenewRemindOn = "", 0, "", ""
			return nil
		}
		made.ChangedCount = count
		if made.GetOutdatedOn() != "" {
			return nil
		}
		by, err := calendarpb.Due(days, c.Today(), kind.GetRenewal())
		if err != nil {
			return err
		}
		made.OutdatedOn, made.RenewBy = c.Today().String(), by.GetDue()
		c.Tell(made.GetUnit(), words.InboxPublicationToRenew(made.GetTitle(), strconv.Itoa(int(count)), made.GetRenewBy()))
		return s.renewal.Plan(days)(ctx, c)
	}
}

// countChanged counts in how many entries a publication differs from what is in force, as far as it shows them.
func countChanged(ctx context.Context, c *change) (int32, error) {
	made := c.Record
	of := registers[made.GetRegister()]
	rows, err := db.New(c).DiffEntries(ctx, db.DiffEntriesParams{
		Collection: of.collection, Region: c.Region, Key: c.Key, Subtree: c.UnitPath, AfterDay: c.Today(),
		ShowsControls: made.GetShowsControls(), ShowsOwner: showsOwner(made), Fields: of.jsonNames(made.GetFields()),
		PageSize: maxChanged,
	})
	return int32(len(rows)), err
}
