package officers

import (
	"context"
	"time"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// ExpireTermsJob is the job that ends terms that ran out, and tells of those that soon will (C6).
const ExpireTermsJob = "network.follow_terms"

// termsEvery is how often terms are looked at, and termsBatch how many officers a transaction takes.
const (
	termsEvery     = 10 * time.Minute
	termsBatchSize = 500
)

// ExpireTerms ends the offices whose term ran out, and tells the units that appointed of those ends and of the ones to come.
// It looks for what is due, so that it may run at any time and after any outage.
func (s *Server) ExpireTerms(ctx context.Context) error {
	for _, step := range []func(context.Context, *record.Tx, time.Time) (int, error){s.expire, s.notifyEndingTerms} {
		for done := termsBatchSize; done == termsBatchSize; {
			err := record.System(ctx, s.store, ExpireTermsJob, func(ctx context.Context, tx *record.Tx) (err error) {
				today := clock.Today(s.store.Clock)
				if err := MoveToSuccessors(ctx, tx, today); err != nil { // who is told is who acts today
					return err
				}
				done, err = step(ctx, tx, today.In(time.UTC))
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// expire ends offices, at most a batch of them.
func (s *Server) expire(ctx context.Context, tx *record.Tx, today time.Time) (int, error) {
	rows, err := db.New(tx).ExpireOfficers(ctx, db.ExpireOfficersParams{
		Expired: int16(expired), InOffice: InOffice, Today: today, Batch: termsBatchSize,
	})
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	ended := make([]termEnd, len(rows))
	events := make([]event, len(rows))
	entries := make([]record.Entry, len(rows))
	for i, r := range rows {
		name := resource.Sharded(resource.Officers, r.Region, r.OfficerKey)
		ended[i] = termEnd{name, r.AppointingID, dayText(r.TermTo)}
		events[i] = event{name, &networkv1.OfficerEvent{Act: "expire", Day: dayText(r.TermTo)}}
		entries[i] = record.Entry{Resource: name, UnitPath: r.UnitPath}
	}
	if err := addEvents(ctx, tx, events...); err != nil {
		return 0, err
	}
	if err := s.notifyAppointers(ctx, tx, ended, func(e termEnd) inbox.Message {
		return inbox.Message{Kind: "inbox.officer_expired", Args: []string{"officer", e.officer, "date", e.lastDay}}
	}); err != nil {
		return 0, err
	}
	return len(rows), tx.Record(ctx, entries...)
}

// notifyEndingTerms notifies of terms that end soon, at most a batch.
func (s *Server) notifyEndingTerms(ctx context.Context, tx *record.Tx, today time.Time) (int, error) {
	rows, err := db.New(tx).ListEndingTerms(ctx, db.ListEndingTermsParams{InOffice: InOffice, Today: today, Batch: termsBatchSize})
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	ends := make([]termEnd, len(rows))
	for i, r := range rows {
		ends[i] = termEnd{resource.Sharded(resource.Officers, r.Region, r.OfficerKey), r.AppointingID, dayText(r.TermTo)}
	}
	return len(rows), s.notifyAppointers(ctx, tx, ends, func(e termEnd) inbox.Message {
		return inbox.Message{Kind: "inbox.officer_term", Args: []string{"officer", e.officer, "date", e.lastDay}}
	})
}

// termEnd is the end of a term: the officer's name, the id of the unit that appointed, the last day.
type termEnd struct{ officer, appointingID, lastDay string }

// notifyAppointers notifies the appointing units of ending terms. A unit that has ended is skipped.
func (s *Server) notifyAppointers(ctx context.Context, tx *record.Tx, ends []termEnd, say func(termEnd) inbox.Message) error {
	var messages []inbox.Message
	for _, e := range ends {
		unit, err := s.directory.Unit(ctx, resource.Name(resource.Units, e.appointingID))
		if fault.IsNotFound(err) {
			continue
		}
		if err != nil {
			return err
		}
		m := say(e)
		m.Recipient, m.Resource, m.DedupKey = inbox.RecipientOf(unit), e.officer, e.lastDay
		messages = append(messages, m)
	}
	if len(messages) == 0 {
		return nil
	}
	return inbox.Notify(ctx, tx, messages...)
}
