package caseleads

import (
	"context"
	"strings"
	"time"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/reminders"
)

// remindJob is the job that reminds of case leads, as it stands in the queue and in the journal.
const remindJob = "warning.remind_case_leads"

// Job is remindJob.
func (s *Server) Job() jobs.Job {
	return jobs.Job{Name: remindJob, Every: 10 * time.Minute, Run: func(ctx context.Context) error {
		days, err := s.calendar(ctx)
		if err != nil {
			return err
		}
		return s.leads.SweepAndSum(ctx, remindJob, "remind_on <= ?", clock.Today(s.leads.Store.Clock),
			words.InboxCaseLeadOverdueSum, remind(days), plan(days))
	}}
}

// answering and closing are the time limits of a kind for the answer to an offer and for what comes of a lead.
var (
	answering = (*warningv1.CaseLeadKind).GetAnswerWithin
	closing   = (*warningv1.CaseLeadKind).GetCloseWithin
)

// await has a unit owe something of a lead from today on or, what comes of a lead, from the day on which it came to who has
// it: an offer that is declined gains nobody time.
func await(days *calendar.Calendar, limit func(*warningv1.CaseLeadKind) *typev1.DeadlineRule) rule {
	return func(ctx context.Context, c *change) error {
		kind, err := kindOf(ctx, c)
		if err != nil {
			return err
		}
		from := c.Today()
		if c.Record.GetState() != offered {
			from = calendar.DateOf(last(c.Record).GetEntryTime().AsTime(), calendar.Shanghai)
		}
		due, err := calendarpb.Due(days, from, limit(kind))
		if err != nil {
			return err
		}
		c.Record.AwaitedSince, c.Record.DueOn = from.String(), due.GetDue()
		return plan(days)(ctx, c)
	}
}

// awaitNothing ends what is owed of a lead.
func awaitNothing(l *warningv1.CaseLead) { l.AwaitedSince, l.DueOn, l.RemindOn = "", "", "" }

// plan notes when who owes something is reminded next: on a later day.
func plan(days *calendar.Calendar) rule {
	return func(_ context.Context, c *change) error {
		window, err := windowOf(c.Record)
		if err != nil {
			return err
		}
		c.Record.RemindOn = reminders.NextOn(days, c.Record.GetReminders(), window, c.Today())
		return nil
	}
}

// windowOf is the time in which what is owed is done.
func windowOf(l *warningv1.CaseLead) (w reminders.Window, err error) {
	if w.OpenOn, err = calendar.ParseDate(l.GetAwaitedSince()); err != nil {
		return w, err
	}
	w.CloseOn, err = calendar.ParseDate(l.GetDueOn())
	return w, err
}

// remind reminds the unit that is to answer an offer, or that has a lead; of a late one those above hear too, none of which
// the lead is about: that stands neither above a party nor in its place.
func remind(days *calendar.Calendar) rule {
	return func(_ context.Context, c *change) error {
		l, owing, holder := c.Record, holderOf(c), pathUnit(holderOf(c))
		window, err := windowOf(l)
		if err != nil {
			return err
		}
		late := c.Today().After(window.CloseOn)
		says := words.InboxCaseLeadDue(titleOf(l), l.GetDueOn())
		above := words.InboxCaseLeadOverdueBelow(holder, titleOf(l), l.GetDueOn())
		if late {
			says = words.InboxCaseLeadOverdue(titleOf(l), l.GetDueOn())
		}
		if l.GetState() == offered {
			owing = offeredOf(c)
			says, above = words.InboxCaseLeadOfferDue(titleOf(l), l.GetDueOn()),
				words.InboxCaseLeadUnanswered(pathUnit(owing), titleOf(l), l.GetDueOn())
			if late {
				says = words.InboxCaseLeadOfferOverdue(titleOf(l), l.GetDueOn())
				c.Tell(holder, above)
			}
		}
		c.Tell(pathUnit(owing), says)
		units := strings.Split(owing, ".")
		for _, told := range reminders.Above(days, l.GetReminders(), window, c.Today(), units[:len(units)-1]) {
			if pathUnit(strings.Join(told, ".")) == holder {
				continue // it has been told
			}
			if err := c.Gather(told, above, l.GetDueOn()); err != nil {
				return err
			}
		}
		return nil
	}
}
