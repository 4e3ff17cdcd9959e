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

// TermsJob is the job that ends terms that ran out, and tells of those that soon will (C6).
const TermsJob = "network.follow_terms"

// termsEvery is how often terms are looked at, and termsBatch how many officers a transaction takes.
const (
	termsEvery = 10 * time.Minute
	termsBatch = 500
)

// FollowTerms ends the offices whose term ran out, and tells the units that appointed of those ends and of the ones to come.
// It looks for what is due, so that it may run at any time and after any outage.
func (s *Server) FollowTerms(ctx context.Context) error {
	for _, step := range []func(context.Context, *record.Tx, time.Time) (int, error){s.expire, s.giveNotice} {
		for done := termsBatch; done == termsBatch; {
			err := record.System(ctx, s.book, TermsJob, func(ctx context.Context, tx *record.Tx) (err error) {
				today := clock.Today(s.book.Clock)
				if err := Inherit(ctx, tx, today); err != nil { // who is told is who acts today
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
		Expired: int16(expired), InOffice: InOffice, Today: today, Batch: termsBatch,
	})
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	ended := make([]ending, len(rows))
	events := make([]event, len(rows))
	entries := make([]record.Entry, len(rows))
	for i, r := range rows {
		name := resource.Sharded(resource.Officers, r.Region, r.OfficerKey)
		ended[i] = ending{name, r.AppointingID, dayText(r.TermTo)}
		events[i] = event{name, &networkv1.OfficerEvent{Act: "expire", Day: dayText(r.TermTo)}}
		entries[i] = record.Entry{Resource: name, UnitPath: r.UnitPath}
	}
	if err := addEvents(ctx, tx, events...); err != nil {
		return 0, err
	}
	if err := s.tell(ctx, tx, ended, func(e ending) inbox.Message {
		return inbox.Message{Kind: "inbox.officer_expired", Args: []string{"officer", e.officer, "date", e.last}}
	}); err != nil {
		return 0, err
	}
	return len(rows), tx.Record(ctx, entries...)
}

// giveNotice tells of ends to come, at most a batch of them.
func (s *Server) giveNotice(ctx context.Context, tx *record.Tx, today time.Time) (int, error) {
	rows, err := db.New(tx).NoticeEnds(ctx, db.NoticeEndsParams{InOffice: InOffice, Today: today, Batch: termsBatch})
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	ends := make([]ending, len(rows))
	for i, r := range rows {
		ends[i] = ending{resource.Sharded(resource.Officers, r.Region, r.OfficerKey), r.AppointingID, dayText(r.TermTo)}
	}
	return len(rows), s.tell(ctx, tx, ends, func(e ending) inbox.Message {
		return inbox.Message{Kind: "inbox.officer_term", Args: []string{"officer", e.officer, "date", e.last}}
	})
}

// ending is the end of a term: the officer's name, the id of the unit that appointed, the last day.
type ending struct{ officer, appointing, last string }

// tell sends a message about each end to the unit that appointed; a unit that is no more can't be told.
func (s *Server) tell(ctx context.Context, tx *record.Tx, ends []ending, say func(ending) inbox.Message) error {
	var messages []inbox.Message
	for _, e := range ends {
		unit, err := s.directory.Unit(ctx, resource.Name(resource.Units, e.appointing))
		if fault.IsNotFound(err) {
			continue
		}
		if err != nil {
			return err
		}
		m := say(e)
		m.To, m.About, m.Once = inbox.To(unit), e.officer, e.last
		messages = append(messages, m)
	}
	if len(messages) == 0 {
		return nil
	}
	return inbox.Send(ctx, tx, messages...)
}
