package findings

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/reminders"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// remindJob is the job that reminds of findings, as it stands in the queue and in the journal.
const remindJob = "warning.remind_findings"

// Job is remindJob.
func (s *Server) Job() jobs.Job {
	return jobs.Job{Name: remindJob, Every: 10 * time.Minute, Run: func(ctx context.Context) error {
		days, err := s.calendar(ctx)
		if err != nil {
			return err
		}
		today := clock.Today(s.findings.Store.Clock)
		return s.findings.SweepAndSum(ctx, remindJob, "remind_on <= ?", today, words.InboxFindingDueSum, remind(days))
	}}
}

// start has a unit handle a finding in time from a day on.
func start(f *warningv1.Finding, rule *warningv1.FindingRule, days *calendar.Calendar, from calendar.Date) error {
	f.OpenSince, f.DueOn, f.RemindOn, f.Reminders = from.String(), "", "", nil
	if rule == nil {
		return nil
	}
	due, err := calendarpb.Due(days, from, rule.GetWithin())
	if err != nil {
		return err
	}
	f.DueOn, f.Reminders = due.GetDue(), rule.GetReminders()
	if len(f.GetHistory()) == 0 {
		f.FirstDueOn = f.GetDueOn()
	}
	return plan(f, days, from)
}

// restart is start in an act.
func restart(days *calendar.Calendar) collection.Rule[*warningv1.Finding] {
	return func(ctx context.Context, c *change) error {
		rule, err := ruleOf(ctx, c)
		if err != nil {
			return err
		}
		return start(c.Record, rule, days, c.Today())
	}
}

// stop has nothing owed of a finding, which was handled on a day.
func stop(f *warningv1.Finding, on calendar.Date) {
	f.DueOn, f.RemindOn, f.Reminders = "", "", nil
	f.FirstHandledOn = cmp.Or(f.GetFirstHandledOn(), on.String())
}

// plan notes when the unit that is to handle a finding is reminded next: on a later day.
func plan(f *warningv1.Finding, days *calendar.Calendar, after calendar.Date) error {
	window, err := windowOf(f)
	if err != nil {
		return err
	}
	f.RemindOn = reminders.NextOn(days, f.GetReminders(), window, after)
	return nil
}

// windowOf is the time in which a finding is handled.
func windowOf(f *warningv1.Finding) (w reminders.Window, err error) {
	if w.OpenOn, err = calendar.ParseDate(f.GetOpenSince()); err != nil {
		return w, err
	}
	w.CloseOn, err = calendar.ParseDate(f.GetDueOn())
	return w, err
}

// remind reminds the unit that is to handle a finding, of all of its findings at once, and tells those above of a delay.
func remind(days *calendar.Calendar) collection.Rule[*warningv1.Finding] {
	return func(_ context.Context, c *change) error {
		f, units := c.Record, handlerUnits(c)
		window, err := windowOf(f)
		if err != nil {
			return err
		}
		about, area := titles(f)
		says := words.InboxFindingDue(f.GetPeriod(), about, area, f.GetDueOn())
		if c.Today().After(window.CloseOn) {
			says = words.InboxFindingOverdue(f.GetPeriod(), about, area, f.GetDueOn())
		}
		if err := c.Gather(units, says, f.GetDueOn()); err != nil {
			return err
		}
		below := words.InboxFindingOverdueBelow(handlerOf(c), f.GetPeriod(), about, area, f.GetDueOn())
		for _, above := range reminders.Above(days, f.GetReminders(), window, c.Today(), units[:len(units)-1]) {
			if err := c.Gather(above, below, f.GetDueOn()); err != nil {
				return err
			}
		}
		return plan(f, days, c.Today())
	}
}

// titles are what a finding is about, as messages say it: the unit and the subject area.
func titles(f *warningv1.Finding) (about, area words.Title) {
	unit := f.GetCount().GetUnit()
	return words.Named(unit, cmp.Or(f.GetAboutTitle(), unit)), areaOf(f)
}

func passedUpSays(f *warningv1.Finding, by, reason string) words.Sentence {
	about, area := titles(f)
	return words.InboxFindingPassedUp(by, f.GetPeriod(), about, area, reason)
}

func reopenedSays(f *warningv1.Finding) words.Sentence {
	about, area := titles(f)
	return words.InboxFindingReopened(f.GetPeriod(), about, area)
}

// passedUpBelow finds the findings that were passed up and of which something lies below some paths.
const passedUpBelow = "state = 'FINDING_STATE_PASSED_UP' AND unit_path <@ ANY ($1::ltree[])"

// handover tells of it where what was passed up falls to another unit, since the one that found it has moved.
func (s *Server) handover() *collection.Handover[*warningv1.Finding] {
	return &collection.Handover[*warningv1.Finding]{
		Records: &s.findings, Below: passedUpBelow,
		Asks: func(_ context.Context, c *change) ([]collection.Ask, error) {
			by := resource.Name(resource.Units, c.Units()[len(c.Units())-1])
			return []collection.Ask{{
				Unit: handlerOf(c), Says: passedUpSays(c.Record, by, reasonOf(c.Record)),
				Kinds: []string{"inbox.finding_passed_up", "inbox.finding_due", "inbox.finding_overdue"},
			}}, nil
		},
		PassedOn: func(c *change, from, to string) (words.Sentence, bool) {
			about, area := titles(c.Record)
			reads := slices.Contains(c.Units(), resource.ID(from)) // the unit that found it, or one above
			return words.InboxFindingPassedOn(c.Record.GetPeriod(), about, area, to), reads
		},
	}
}

// reasonOf is why a finding was passed up last.
func reasonOf(f *warningv1.Finding) (reason string) {
	for _, e := range f.GetHistory() {
		if e.GetAct() == string(passUpAct) {
			reason = e.GetNote()
		}
	}
	return reason
}
