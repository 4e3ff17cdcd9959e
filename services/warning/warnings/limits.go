package warnings

import (
	"context"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// ExtendWarning gives more time for what is awaited (T7).
func (s *Server) ExtendWarning(ctx context.Context, req *warningv1.ExtendWarningRequest) (*warningv1.Warning, error) {
	return s.changeLimits(ctx, req, extend, req.GetReason(), func(w *warningCase) error {
		return w.counter().Extend(w.awaitedStep().GetLimit(), w.leeway(), req.GetReason())
	})
}

// PauseWarning has the limits that run stand for some days (T7), those of later steps as far as they can.
func (s *Server) PauseWarning(ctx context.Context, req *warningv1.PauseWarningRequest) (*warningv1.Warning, error) {
	return s.changeLimits(ctx, req, pause, req.GetReason(), func(w *warningCase) error {
		return w.eachRunning(func(limit *typev1.TimeLimit) error {
			return w.counter().Pause(limit, w.leeway(), req.GetUntil(), req.GetReason())
		})
	})
}

// ResumeWarning has the limits that stand run again (T7).
func (s *Server) ResumeWarning(ctx context.Context, req *warningv1.ResumeWarningRequest) (*warningv1.Warning, error) {
	return s.changeLimits(ctx, req, resume, "", func(w *warningCase) error { return w.eachRunning(w.counter().Resume) })
}

// changeLimits is the common part of what is done to the limits of a warning.
func (s *Server) changeLimits(
	ctx context.Context, req record.ActRequest, act lifecycle.Act, note string, do effect,
) (*warningv1.Warning, error) {
	return s.supervised.ActBy(ctx, req, act, grants, s.take(act, note, func(w *warningCase) error {
		return w.changeLimits(do)
	}))
}

// grants lets the issuing unit, those above it and the supervising unit give time. It keeps a unit from giving it to itself: the
// addressee for any limit, the others for what they owe.
func grants(ctx context.Context, c *change) error {
	office, err := c.ActingPath(ctx, c.Beside[supervisingPath])
	if err != nil {
		return err
	}
	owes, err := partyPath(ctx, c, c.Record.GetAwaited().GetBy())
	if err != nil {
		return err
	}
	own := c.Record.GetAwaited().GetBy() != byAddressee && callerID(ctx) == access.LastPathID(owes)
	if own || access.PrincipalOf(ctx).Unit == c.ActingUnit() {
		return fault.Denied(words.OwnLimit())
	}
	if access.Reaches(ctx, judgePath(c, office)) {
		return nil
	}
	return judges(ctx, c)
}

// changeLimits changes the limits that run and shows in the history until when they run now. The day by which a warning is
// assessed moves with the first limit to rectify.
func (w *warningCase) changeLimits(do effect) error {
	owed := w.rectification()
	first := owed.GetLimit() != nil && w.GetDueOn() == owed.GetLimit().GetDeadline().GetDue()
	if err := do(w); err != nil {
		return err
	}
	if first {
		w.DueOn = owed.GetLimit().GetDeadline().GetDue()
	}
	last := w.History[len(w.History)-1]
	last.Step = w.GetAwaited().GetStep()
	if err := w.await(slices.Index(w.GetSteps(), w.awaitedStep())); err != nil {
		return err
	}
	last.Deadline = w.GetAwaited().GetDeadline()
	return nil
}

// eachRunning does the same to the limit that is awaited and to those of later steps that run already. Of these, one that can't
// stand or run again stays as it is.
func (w *warningCase) eachRunning(do func(*typev1.TimeLimit) error) error {
	awaited := w.awaitedStep()
	if err := do(awaited.GetLimit()); err != nil {
		return err
	}
	for _, later := range w.GetSteps() {
		if later == awaited || isOver(later) || later.GetLimit() == nil {
			continue
		}
		if tried := proto.CloneOf(later.GetLimit()); do(tried) == nil {
			later.Limit = tried
		}
	}
	return nil
}

// awaitedStep is the step that is awaited; nil where the warning waits for its closing alone.
func (w *warningCase) awaitedStep() *warningv1.WarningStep {
	s, _ := schemes.Find(w.GetSteps(), w.GetAwaited().GetStep())
	return s
}

// leeway is that of the step that is awaited.
func (w *warningCase) leeway() *typev1.Leeway {
	rule, _ := schemes.Find(w.form().GetSteps(), w.GetAwaited().GetStep())
	return rule.GetLeeway()
}

// startLimit starts the limit of a step, where it has one. The first to rectify is what the warning is assessed by.
func (w *warningCase) startLimit(i int, from calendar.Date) (err error) {
	s, within := w.GetSteps()[i], w.form().GetSteps()[i].GetWithin()
	if within == nil {
		return nil
	}
	s.Limit, err = w.counter().Start(w.unitOf(s.GetBy()), from, within)
	if w.GetDueOn() == "" && s == w.rectification() {
		w.DueOn = s.GetLimit().GetDeadline().GetDue()
	}
	return err
}

// dropDueOn has a warning that need not be rectified any more count nowhere, unless it is overdue or rectified already.
func (w *warningCase) dropDueOn() {
	if w.rectification() == nil && w.GetRectifiedOn() == "" && w.GetDueOn() >= w.today().String() {
		w.DueOn = ""
	}
}

// rectification is the first mandatory step to rectify; nil where the form has none.
func (w *warningCase) rectification() *warningv1.WarningStep {
	for _, s := range w.GetSteps() {
		if s.GetKind() == toRectify && !s.GetOptional() {
			return s
		}
	}
	return nil
}

// overdueAfter is the last day before the suite acts on what is overdue; empty where it does nothing.
func (w *warningCase) overdueAfter(due string, overdue *warningv1.Overdue) (string, error) {
	switch {
	case overdue == nil || due == "":
		return "", nil
	case overdue.GetGrace() == nil:
		return due, nil
	}
	day, err := calendar.ParseDate(due)
	if err != nil {
		return "", err
	}
	day, err = w.daysAfter(day, overdue.GetGrace())
	return day.String(), err
}

// daysAfter is the day that a rule leads to.
func (w *warningCase) daysAfter(day calendar.Date, rule *typev1.DeadlineRule) (calendar.Date, error) {
	deadline, err := calendarpb.Due(w.calendar, day, rule)
	if err != nil {
		return calendar.Date{}, err
	}
	return calendar.ParseDate(deadline.GetDue())
}
