package warnings

import (
	"context"
	"strings"
	"time"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// escalateJob is the job that escalates what is overdue, as it stands in the queue and in the journal.
const escalateJob = "warning.escalate_overdue"

// Job is escalateJob: soon after midnight.
func (s *Server) Job() jobs.Job {
	return jobs.Job{Name: escalateJob, Every: time.Minute, Run: s.EscalateOverdue}
}

// EscalateOverdue does what the steps say about limits that were let pass: it raises the warning by one warning level, whose
// limits lie ahead (T7), or tells those concerned (C12b). Whose limit nears is reminded.
func (s *Server) EscalateOverdue(ctx context.Context) error {
	versions := map[string]*warningv1.Scheme{} // mostly one for all
	today := clock.Today(s.warnings.Store.Clock).String()
	if err := s.warnings.Sweep(ctx, escalateJob, "overdue_after < ?", today, func(ctx context.Context, c *change) error {
		w, err := s.open(ctx, c, versions)
		if err != nil {
			return err
		}
		if err := w.passLimit(); err != nil {
			return err
		}
		above, err := w.toldAbove(ctx, c)
		if err != nil {
			return err
		}
		w.notify(c, above...)
		return nil
	}); err != nil {
		return err
	}
	return s.warnings.Sweep(ctx, escalateJob, "remind_on <= ?", today, remind)
}

// passLimit does what follows from the limit that was let pass. To rise needs nobody's approval, whatever the level says: T7 has
// overdue rise by itself, and to wait for an approver would be a way to let it lie. Otherwise the warning is marked, once for
// each limit.
func (w *warningCase) passLimit() error {
	act, next := markOverdue, w.nextLevel()
	if next != nil && w.overdueRule().GetAction() == warningv1.OverdueAction_OVERDUE_ACTION_RISE {
		act = escalateOverdue
	}
	if _, err := Lifecycle.Next(w.GetState(), act); err != nil {
		return err
	}
	w.addHistory(act, w.GetAwaited().GetDeadline().GetDue())
	w.History[len(w.History)-1].Step = w.GetAwaited().GetStep()
	if act == escalateOverdue {
		return w.moveTo(next)
	}
	w.Awaited.OverdueAfter = ""
	return nil
}

// overdueRule is what the suite does about the step that is awaited.
func (w *warningCase) overdueRule() *warningv1.Overdue {
	rule, _ := schemes.Find(w.form().GetSteps(), w.GetAwaited().GetStep())
	return rule.GetOverdue()
}

// toldAbove are the units above the one that owes a step that the step has hear of a delay, as the tree is now.
func (w *warningCase) toldAbove(ctx context.Context, c *change) ([]string, error) {
	many := int(w.overdueRule().GetTellsAbove())
	if lastAct(w.Warning) != markOverdue || many == 0 {
		return nil, nil
	}
	owing, err := partyPath(ctx, c, w.GetAwaited().GetBy())
	if err != nil {
		return nil, err
	}
	above := strings.Split(owing, ".")
	above = above[:len(above)-1]
	above = above[max(0, len(above)-many):]
	units := make([]string, len(above))
	for i, id := range above {
		units[i] = resource.Name(resource.Units, id)
	}
	return units, nil
}

// nextLevel is the warning level above; nil on the last.
func (w *warningCase) nextLevel() *warningv1.WarningLevel {
	_, i := w.level()
	if i++; i < len(w.scheme.GetWarningLevels()) {
		return w.scheme.GetWarningLevels()[i]
	}
	return nil
}
