package officers

import (
	"context"
	"errors"
	"time"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// ExpireTermsJob is the job that begins and ends offices with their terms, and tells of those that soon will (C6). It
// tells of more officers than are allowed, too (H5).
const ExpireTermsJob = "network.follow_terms"

// termsEvery is how often terms are looked at.
const termsEvery = 10 * time.Minute

// ExpireTerms begins the offices whose term has come, ends those whose term ran out, and tells the units that appointed of those
// ends and of the ones to come. It looks for what is due, so that it may run at any time and after any outage.
func (s *Server) ExpireTerms(ctx context.Context) error {
	today := clock.Today(s.store.Clock)
	if err := record.System(ctx, s.store, ExpireTermsJob, func(ctx context.Context, tx *record.Tx) error {
		return MoveToSuccessors(ctx, tx, today) // who is told is who acts today
	}); err != nil {
		return err
	}
	const inOffice = "state = 'OFFICER_STATE_IN_OFFICE' AND "
	return errors.Join(
		s.officers.Sweep(ctx, ExpireTermsJob, "state = 'OFFICER_STATE_APPOINTED' AND term_from <= ?", today.String(), s.begin),
		s.officers.Sweep(ctx, ExpireTermsJob, inOffice+"term_to < ?", today.String(), s.expire),
		s.officers.Sweep(ctx, ExpireTermsJob, inOffice+"term_notice_on <= ?", today.String(), noticeTerm),
		record.System(ctx, s.store, ExpireTermsJob, func(ctx context.Context, tx *record.Tx) error {
			return tellExcess(ctx, tx, today)
		}))
}

// noticeTerm tells the unit that appointed of the end to come.
func noticeTerm(ctx context.Context, c *change) error {
	c.Record.TermNoticeOn = ""
	return notify(ctx, c, "", words.InboxOfficerTerm(c.Record.GetTitle(), c.Record.GetTermTo()))
}

// begin begins an office with its term.
func (s *Server) begin(ctx context.Context, c *change) (err error) {
	if c.Record.State, err = Lifecycle.Next(c.Record.GetState(), begin); err != nil {
		return err
	}
	return addEvent(ctx, c, begin, &networkv1.OfficerEvent{Day: c.Record.GetTermFrom()})
}

// expire ends an office with its term.
func (s *Server) expire(ctx context.Context, c *change) (err error) {
	if c.Record.State, err = Lifecycle.Next(c.Record.GetState(), expire); err != nil {
		return err
	}
	last, err := calendar.ParseDate(c.Record.GetTermTo())
	if err != nil {
		return err
	}
	endOffice(c.Record, last.AddDays(1).String())
	return addEvent(ctx, c, expire, &networkv1.OfficerEvent{Day: last.String()})
}
