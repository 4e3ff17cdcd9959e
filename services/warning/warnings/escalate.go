package warnings

import (
	"context"
	"strings"
	"time"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// escalateJob is the job that escalates what is overdue, as it stands in the queue and in the journal.
const escalateJob = "warning.escalate_overdue"

// Job is escalateJob: soon after midnight.
func (s *Server) Job() jobs.Job {
	return jobs.Job{Name: escalateJob, Every: time.Minute, Run: s.EscalateOverdue}
}

// EscalateOverdue raises every warning whose addressee let a limit pass (T7), by one warning level each: its new limits lie
// ahead. Where a check is late, those concerned hear of it (C12b). Whose limit nears is reminded.
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
		notify(c, above...)
		return nil
	}); err != nil {
		return err
	}
	return s.warnings.Sweep(ctx, escalateJob, "remind_on <= ?", today, remind)
}

// passLimit does what follows from the limit that was let pass.
func (w *warningCase) passLimit() error {
	if w.GetAwaited().GetAct() != string(check) {
		return w.escalate()
	}
	return w.markLate(checkOverdue)
}

// escalate moves an overdue warning to the next warning level. It needs nobody's approval, whatever the level says: T7 has
// overdue rise by itself, and to wait for an approver would be a way to let it lie. On the last warning level it is marked.
func (w *warningCase) escalate() error {
	next := w.nextLevel()
	if next == nil {
		return w.markLate(markOverdue)
	}
	if _, err := Lifecycle.Next(w.GetState(), escalateOverdue); err != nil {
		return err
	}
	w.addHistory(escalateOverdue, w.awaitedText())
	return w.moveTo(next)
}

// markLate marks a warning, once for each limit let pass.
func (w *warningCase) markLate(act lifecycle.Act) error {
	if _, err := Lifecycle.Next(w.GetState(), act); err != nil {
		return err
	}
	w.addHistory(act, w.awaitedText())
	w.Awaited.OverdueAfter = ""
	return nil
}

// awaitedText says in the history what was due, and when.
func (w *warningCase) awaitedText() string {
	return w.GetAwaited().GetAct() + " " + w.GetAwaited().GetDeadline().GetDue()
}

// toldAbove are the units above the office that the warning level has hear of a late check, as the tree is now.
func (w *warningCase) toldAbove(ctx context.Context, c *change) ([]string, error) {
	level, _ := w.level()
	if lastAct(w.Warning) != checkOverdue || level.GetCheckOverdueTellsAbove() == 0 {
		return nil, nil
	}
	office, err := c.ActingPath(ctx, c.Beside[supervisingPath])
	if err != nil {
		return nil, err
	}
	above := strings.Split(office, ".")
	above = above[:len(above)-1]
	above = above[max(0, len(above)-int(level.GetCheckOverdueTellsAbove())):]
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
