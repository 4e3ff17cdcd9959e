package warnings

import (
	"context"
	"errors"
	"strings"
	"time"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// escalateJob is the job that escalates what is overdue, as it stands in the queue and in the journal.
const escalateJob = "warning.escalate_overdue"

// Job is escalateJob: soon after midnight.
func (s *Server) Job() jobs.Job {
	return jobs.Job{Name: escalateJob, Every: time.Minute, Run: s.EscalateOverdue}
}

// EscalateOverdue does what the steps say about limits that were let pass: it raises the warning to a higher warning level, whose
// limits lie ahead (T7), or tells those concerned (C12b). Whose limit nears is reminded.
func (s *Server) EscalateOverdue(ctx context.Context) error {
	versions := map[string]*warningv1.Scheme{} // mostly one for all
	today := clock.Today(s.warnings.Store.Clock).String()
	late, near := dueAwake("overdue_after < ?"), dueAwake("remind_on <= ?")
	escalated := s.warnings.Sweep(ctx, escalateJob, late, today, func(ctx context.Context, c *change) error {
		w, err := s.open(ctx, c, versions)
		if err != nil {
			return err
		}
		if len(openObjections(c.Record)) > 0 { // which puts off what a delay leads to
			w.tellLateAnswers(c)
			return nil
		}
		for _, late := range w.overdue() {
			if err := w.passLimit(ctx, c, late); err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(escalated, s.warnings.Sweep(ctx, escalateJob, near, today, remind))
}

// dueAwake finds the warnings that something is due of and that are not muted, or whose objections are to be answered.
func dueAwake(due string) string { return due + " AND (objection_on IS NOT NULL OR " + awake + ")" }

// overdue is what the suite acts on: where the warning rises, that alone, since nothing else is awaited then.
func (w *warningCase) overdue() (late []*warningv1.Awaited) {
	for _, awaited := range allAwaited(w.Warning) {
		if after := awaited.GetOverdueAfter(); after == "" || after >= w.today().String() {
			continue
		}
		if w.raisedTo(awaited) != nil {
			return []*warningv1.Awaited{awaited}
		}
		late = append(late, awaited)
	}
	return late
}

// raisedTo is the warning level to which the warning goes up once a limit was let pass; nil where it does not.
func (w *warningCase) raisedTo(late *warningv1.Awaited) *warningv1.WarningLevel {
	rule, ladder := w.overdueRule(late), w.scheme.GetWarningLevels()
	if rule.GetAction() != warningv1.OverdueAction_OVERDUE_ACTION_RISE {
		return nil
	}
	_, i := w.level()
	if i += int(max(1, rule.GetRisesBy())); i < len(ladder) {
		return ladder[i]
	}
	return nil // the scheme's check has seen to it that this is on the ladder
}

// passLimit does what follows from a limit that was let pass, and tells those concerned.
func (w *warningCase) passLimit(ctx context.Context, c *change, late *warningv1.Awaited) error {
	above, err := w.toldAbove(ctx, c, late)
	if err != nil {
		return err
	}
	if err := w.riseOrMark(late); err != nil {
		return err
	}
	return w.notify(ctx, c, above...)
}

// riseOrMark does what a step says about its delay. To rise needs nobody's approval, whatever the level says: T7 has
// overdue rise by itself, and to wait for an approver would be a way to let it lie. Otherwise the warning is marked, once for
// each limit.
func (w *warningCase) riseOrMark(late *warningv1.Awaited) error {
	act, level := markOverdue, w.raisedTo(late)
	if level != nil {
		act = escalateOverdue
	}
	if _, err := Lifecycle.Next(w.GetState(), act); err != nil {
		return err
	}
	w.addHistory(act, late.GetDeadline().GetDue())
	w.noteStep(late.GetStep(), late.GetAddressee())
	if level != nil {
		return w.moveTo(level, "")
	}
	late.OverdueAfter = ""
	return nil
}

// overdueRule is what the suite does about a step that is awaited.
func (w *warningCase) overdueRule(late *warningv1.Awaited) *warningv1.Overdue {
	return w.rule(stepAwaited(w.Warning, late)).GetOverdue()
}

// toldAbove are the units above the one that owes a step that the step has hear of a delay, as the tree is now.
func (w *warningCase) toldAbove(ctx context.Context, c *change, late *warningv1.Awaited) ([]string, error) {
	many := int(w.overdueRule(late).GetTellsAbove())
	if w.raisedTo(late) != nil || many == 0 {
		return nil, nil
	}
	owing, err := owingPath(ctx, c, late)
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
