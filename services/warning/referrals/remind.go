package referrals

import (
	"context"
	"strings"
	"time"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/reminders"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// remindJob is the job that reminds of referrals, as it stands in the queue and in the journal.
const remindJob = "warning.remind_referrals"

// Job is remindJob.
func (s *Server) Job() jobs.Job {
	return jobs.Job{Name: remindJob, Every: 10 * time.Minute, Run: func(ctx context.Context) error {
		days, err := s.calendar(ctx)
		if err != nil {
			return err
		}
		today := clock.Today(s.referrals.Store.Clock)
		return s.referrals.SweepAndSum(
			ctx, remindJob, "remind_on <= ?", today, words.InboxReferralOverdueSum, remind(days), plan(days))
	}}
}

// plan notes when those who owe something are reminded next: on a later day.
func plan(days *calendar.Calendar) collection.Rule[*warningv1.Referral] {
	return func(_ context.Context, c *change) error {
		window, err := windowOf(c.Record)
		if err != nil {
			return err
		}
		c.Record.RemindOn = reminders.NextOn(days, c.Record.GetReminders(), window, c.Today())
		return nil
	}
}

// windowOf is the time in which the department answers or, once measures are agreed, in which they are carried out.
func windowOf(r *warningv1.Referral) (w reminders.Window, err error) {
	opens := r.GetSentOn()
	if r.GetState() == agreed {
		opens = r.GetAnsweredOn()
	}
	if w.OpenOn, err = calendar.ParseDate(opens); err != nil {
		return w, err
	}
	w.CloseOn, err = calendar.ParseDate(r.GetDueOn())
	return w, err
}

// remind reminds who owes something: of the answer the department, and of a late one those above it too; of the measures both
// sides.
func remind(days *calendar.Calendar) collection.Rule[*warningv1.Referral] {
	return func(_ context.Context, c *change) error {
		r := c.Record
		window, err := windowOf(r)
		if err != nil {
			return err
		}
		late := c.Today().After(window.CloseOn)
		switch {
		case r.GetState() == agreed && late:
			c.Tell(r.GetDepartment(), words.InboxReferralMeasuresOver(titleOf(r), r.GetTitle(), r.GetDueOn()))
			c.Tell(r.GetUnit(), words.InboxReferralToClose(titleOf(r), r.GetTitle(), r.GetDueOn()))
		case r.GetState() == agreed:
			for _, side := range []string{r.GetUnit(), r.GetDepartment()} {
				c.Tell(side, words.InboxReferralMeasuresDue(titleOf(r), r.GetTitle(), r.GetDueOn()))
			}
		case late:
			c.Tell(r.GetDepartment(), words.InboxReferralOverdue(titleOf(r), r.GetTitle(), r.GetDueOn()))
			c.Tell(r.GetUnit(), words.InboxReferralUnanswered(r.GetDepartment(), titleOf(r), r.GetTitle(), r.GetDueOn()))
			units := strings.Split(c.Beside[actingDepartment], ".")
			return tellAbove(c, reminders.Above(days, r.GetReminders(), window, c.Today(), units[:len(units)-1]))
		default:
			c.Tell(r.GetDepartment(), words.InboxReferralDue(titleOf(r), r.GetTitle(), r.GetDueOn()))
		}
		return nil
	}
}

// titleOf is what the kind of a referral is called.
func titleOf(r *warningv1.Referral) words.Title {
	return schemes.TitleOf(r.GetKind(), r.GetKindTitle())
}

// tellAbove has units above the department hear of a late answer, save the unit that refers, which hears anyway.
func tellAbove(c *change, above [][]string) error {
	for _, units := range above {
		if resource.Name(resource.Units, units[len(units)-1]) == c.ActingUnit() {
			continue
		}
		r := c.Record
		says := words.InboxReferralUnanswered(r.GetDepartment(), titleOf(r), r.GetTitle(), r.GetDueOn())
		if err := c.Gather(units, says, c.Record.GetDueOn()); err != nil {
			return err
		}
	}
	return nil
}
