package warnings

import (
	"context"
	"time"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
)

// escalateJob is the job that escalates what is overdue, as it stands in the queue and in the journal.
const escalateJob = "warning.escalate_overdue"

// Job is escalateJob: soon after midnight.
func (s *Server) Job() jobs.Job {
	return jobs.Job{Name: escalateJob, Every: time.Minute, Run: s.EscalateOverdue}
}

// EscalateOverdue raises every warning whose addressee let a limit pass (T7), by one warning level each: its new limits lie
// ahead.
func (s *Server) EscalateOverdue(ctx context.Context) error {
	versions := map[string]*warningv1.Scheme{} // mostly one for all
	today := clock.Today(s.warnings.Store.Clock).String()
	return s.warnings.Sweep(ctx, escalateJob, "escalate_after < ?", today, func(ctx context.Context, c *change) error {
		w, err := s.open(ctx, c, versions)
		if err != nil {
			return err
		}
		if err := w.escalate(); err != nil {
			return err
		}
		notify(c)
		return nil
	})
}

// escalate moves an overdue warning to the next warning level. It needs nobody's approval, whatever the level says: T7 has
// overdue rise by itself, and to wait for an approver would be a way to let it lie. The note says what was due, and when. On the
// last warning level it is marked, once for each limit let pass.
func (w *warningCase) escalate() error {
	act, next := escalateOverdue, w.nextLevel()
	if next == nil {
		act = markOverdue
	}
	if _, err := Lifecycle.Next(w.GetState(), act); err != nil {
		return err
	}
	w.addHistory(act, w.GetAwaited().GetAct()+" "+w.GetAwaited().GetDeadline().GetDue())
	if next == nil {
		w.Awaited.EscalateAfter = ""
		return nil
	}
	return w.moveTo(next)
}

// nextLevel is the warning level above; nil on the last.
func (w *warningCase) nextLevel() *warningv1.WarningLevel {
	_, i := w.level()
	if i++; i < len(w.scheme.GetWarningLevels()) {
		return w.scheme.GetWarningLevels()[i]
	}
	return nil
}
