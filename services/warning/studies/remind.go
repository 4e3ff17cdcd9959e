package studies

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/reminders"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// remindJob is the job that reminds experts and units of studies, as it stands in the queue and in the journal.
const remindJob = "warning.remind_studies"

// remindable are the records that somebody is to be reminded of.
const remindable = "remind_on <= ?"

// Job is remindJob.
func (s *Server) Job() jobs.Job {
	return jobs.Job{Name: remindJob, Every: 10 * time.Minute, Run: func(ctx context.Context) error {
		days, err := s.calendar(ctx)
		if err != nil {
			return err
		}
		today := clock.Today(s.store.Clock)
		return errors.Join(
			s.invitations.Sweep(ctx, remindJob, remindable, today, remindInvitation, planInvitation(days)),
			s.studies.SweepAndSum(ctx, remindJob, remindable, today, words.InboxStudyOverdueSum, remind(days), plan(days)))
	}}
}

// plan notes when the unit is reminded next: on a later day.
func plan(days *calendar.Calendar) collection.Rule[*warningv1.Study] {
	return func(_ context.Context, c *change) error {
		window, err := windowOf(c.Record.GetOpenedOn(), c.Record.GetDueOn())
		if err != nil {
			return err
		}
		c.Record.RemindOn = reminders.NextOn(days, c.Record.GetReminders(), window, c.Today())
		return nil
	}
}

// planInvitation notes when an expert is reminded next.
func planInvitation(days *calendar.Calendar) collection.Rule[*warningv1.StudyInvitation] {
	return func(_ context.Context, c *invitation) error {
		window, err := invitationWindow(c.Record)
		if err != nil {
			return err
		}
		c.Record.RemindOn = reminders.NextOn(days, c.Record.GetReminders(), window, c.Today())
		return nil
	}
}

func windowOf(opens, closes string) (w reminders.Window, err error) {
	if w.OpenOn, err = calendar.ParseDate(opens); err != nil {
		return w, err
	}
	w.CloseOn, err = calendar.ParseDate(closes)
	return w, err
}

// invitationWindow is the time in which an expert answers or, once they have accepted, gives their opinion.
func invitationWindow(i *warningv1.StudyInvitation) (reminders.Window, error) {
	return windowOf(cmp.Or(i.GetAnsweredOn(), i.GetInvitedOn()), i.GetDueOn())
}

// remind reminds the unit of its conclusion, and tells those above of a late one.
func remind(days *calendar.Calendar) collection.Rule[*warningv1.Study] {
	return func(_ context.Context, c *change) error {
		r := c.Record
		window, err := windowOf(r.GetOpenedOn(), r.GetDueOn())
		if err != nil {
			return err
		}
		if !c.Today().After(window.CloseOn) {
			c.Tell(responsible(c), words.InboxStudyDue(titleOf(r), r.GetTitle(), r.GetDueOn()))
			return nil
		}
		c.Tell(responsible(c), words.InboxStudyOverdue(titleOf(r), r.GetTitle(), r.GetDueOn()))
		units := c.Units()
		units = units[:slices.Index(units, resource.ID(responsible(c)))]
		for _, above := range reminders.Above(days, r.GetReminders(), window, c.Today(), units) {
			says := words.InboxStudyOverdueBelow(r.GetUnit(), titleOf(r), r.GetTitle(), r.GetDueOn())
			if err := c.Gather(above, says, r.GetDueOn()); err != nil {
				return err
			}
		}
		return nil
	}
}

// remindInvitation reminds an expert by their account, and the unit of one who has none; the unit hears of each who is late.
func remindInvitation(_ context.Context, c *invitation) error {
	r := c.Record
	window, err := invitationWindow(r)
	if err != nil {
		return err
	}
	late, hasAccount := c.Today().After(window.CloseOn), r.GetExpert().GetOfficer() != ""
	tellExpert(c, saysToExpert(r, late))
	if hasAccount && !late {
		return nil
	}
	says := words.InboxStudyExpertDue(r.GetExpert().GetName(), r.GetTitle(), r.GetDueOn())
	if late {
		says = words.InboxStudyExpertLate(r.GetExpert().GetName(), r.GetTitle(), r.GetDueOn())
	}
	c.Notify(record.Message{Unit: responsibleFor(c), Sentence: says, Resource: r.GetStudy()})
	return nil
}

// saysToExpert is what an expert is reminded of: the answer, or the opinion.
func saysToExpert(r *warningv1.StudyInvitation, late bool) words.Sentence {
	answered := r.GetState() != invited
	switch {
	case answered && late:
		return words.InboxExpertOpinionOverdue(r.GetDueOn())
	case answered:
		return words.InboxExpertOpinionDue(r.GetDueOn())
	case late:
		return words.InboxExpertAnswerOverdue(r.GetDueOn())
	default:
		return words.InboxExpertAnswerDue(r.GetDueOn())
	}
}

// titleOf is what the kind of a study is called.
func titleOf(r *warningv1.Study) words.Title {
	return schemes.TitleOf(r.GetKind(), r.GetKindTitle())
}
