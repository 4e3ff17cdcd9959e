package caseleads

import (
	"context"
	"strings"
	"time"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
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
			words.InboxCaseLeadOverdueSum, s.settle, remind(days), plan(days))
	}}
}

// await has a unit owe what comes of a lead from the day on which it came to who has it.
func await(days *calendar.Calendar) rule {
	return func(ctx context.Context, c *change) error {
		kind, err := kindOf(ctx, c)
		if err != nil {
			return err
		}
		from := calendar.DateOf(last(c.Record).GetEntryTime().AsTime(), calendar.Shanghai)
		due, err := calendarpb.Due(days, from, kind.GetCloseWithin())
		if err != nil {
			return err
		}
		c.Record.AwaitedSince, c.Record.DueOn = from.String(), due.GetDue()
		return plan(days)(ctx, c)
	}
}

// awaitAnswer has a unit answer an offer that is made today. Who has the lead owes what comes of it by the same day as before:
// an offer gains nobody time.
func awaitAnswer(days *calendar.Calendar) rule {
	return func(ctx context.Context, c *change) error {
		kind, err := kindOf(ctx, c)
		if err != nil {
			return err
		}
		due, err := calendarpb.Due(days, c.Today(), kind.GetAnswerWithin())
		if err != nil {
			return err
		}
		c.Record.AnswerDueOn = due.GetDue()
		return plan(days)(ctx, c)
	}
}

// awaitNothing ends what is owed of a lead.
func awaitNothing(l *warningv1.CaseLead) { l.AwaitedSince, l.DueOn, l.RemindOn = "", "", "" }

// plan notes when who owes something is reminded next: on a later day.
func plan(days *calendar.Calendar) rule {
	return func(_ context.Context, c *change) error {
		all, err := owed(c)
		if err != nil {
			return err
		}
		c.Record.RemindOn = ""
		for _, o := range all {
			on := reminders.NextOn(days, c.Record.GetReminders(), o.window, c.Today())
			if on != "" && (c.Record.RemindOn == "" || on < c.Record.RemindOn) {
				c.Record.RemindOn = on
			}
		}
		return nil
	}
}

// debt is what a unit owes of a lead: its path, the time in which it is done, and what is said before that has passed, after it,
// and to those above.
type debt struct {
	owing            string
	window           reminders.Window
	soon, late, over words.Sentence
}

// owed is what is owed of a lead: what comes of it and, while it is offered, an answer.
func owed(c *change) ([]debt, error) {
	l, holder := c.Record, holderOf(c)
	window, err := windowOf(l.GetAwaitedSince(), l.GetDueOn())
	if err != nil {
		return nil, err
	}
	outcome := debt{
		holder, window, words.InboxCaseLeadDue(titleOf(l), l.GetDueOn()), words.InboxCaseLeadOverdue(titleOf(l), l.GetDueOn()),
		words.InboxCaseLeadOverdueBelow(pathUnit(holder), titleOf(l), l.GetDueOn()),
	}
	if l.GetAnswerDueOn() == "" || len(l.GetOffers()) == 0 { // of a damaged record
		return []debt{outcome}, nil
	}
	made, by := l.GetOffers()[len(l.GetOffers())-1], l.GetAnswerDueOn()
	if window, err = windowOf(made.GetOfferedOn(), by); err != nil {
		return nil, err
	}
	return []debt{outcome, {
		offeredOf(c), window, words.InboxCaseLeadOfferDue(titleOf(l), by), words.InboxCaseLeadOfferOverdue(titleOf(l), by),
		words.InboxCaseLeadUnanswered(pathUnit(offeredOf(c)), titleOf(l), by),
	}}, nil
}

// windowOf is the time from one day to another.
func windowOf(since, due string) (w reminders.Window, err error) {
	if w.OpenOn, err = calendar.ParseDate(since); err != nil {
		return w, err
	}
	w.CloseOn, err = calendar.ParseDate(due)
	return w, err
}

// remind reminds the unit that has a lead, or that is to answer an offer, of what has a reminder by today; of what is late those
// above hear too, once each, none of which the lead is about: that stands neither above a party nor in its place.
func remind(days *calendar.Calendar) rule {
	return func(_ context.Context, c *change) error {
		planned, err := calendar.ParseDate(c.Record.GetRemindOn())
		if err != nil {
			return err
		}
		all, err := owed(c)
		if err != nil {
			return err
		}
		heard := map[string]bool{pathUnit(holderOf(c)): true} // it is told itself
		for _, o := range all {
			on := reminders.NextOn(days, c.Record.GetReminders(), o.window, planned.AddDays(-1))
			if on == "" || on > c.Today().String() {
				continue
			}
			if err := o.remind(days, c, heard); err != nil {
				return err
			}
		}
		return nil
	}
}

// remind reminds of one thing those who have not heard.
func (o debt) remind(days *calendar.Calendar, c *change, heard map[string]bool) error {
	says := o.soon
	if c.Today().After(o.window.CloseOn) {
		says = o.late
		if o.owing != holderOf(c) {
			c.Tell(pathUnit(holderOf(c)), o.over)
		}
	}
	c.Tell(pathUnit(o.owing), says)
	units := strings.Split(o.owing, ".")
	for _, told := range reminders.Above(days, c.Record.GetReminders(), o.window, c.Today(), units[:len(units)-1]) {
		unit := pathUnit(strings.Join(told, "."))
		if heard[unit] {
			continue
		}
		heard[unit] = true
		if err := c.Gather(told, o.over, o.window.CloseOn.String()); err != nil {
			return err
		}
	}
	return nil
}
