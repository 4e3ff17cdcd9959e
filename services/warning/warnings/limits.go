package warnings

import (
	"cmp"
	"context"
	"strconv"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

// ExtendWarning gives more time for what is awaited (T7).
func (s *Server) ExtendWarning(ctx context.Context, req *warningv1.ExtendWarningRequest) (*warningv1.Warning, error) {
	return s.changeLimits(ctx, req, extend, req.GetReason(), func(w *warningCase, awaited *warningv1.WarningStep) error {
		return w.counter().Extend(awaited.GetLimit(), w.rule(awaited).GetLeeway(), req.GetReason())
	})
}

// PauseWarning has the limits that run stand for some days (T7), those of later steps as far as they can.
func (s *Server) PauseWarning(ctx context.Context, req *warningv1.PauseWarningRequest) (*warningv1.Warning, error) {
	return s.changeLimits(ctx, req, pause, req.GetReason(), func(w *warningCase, awaited *warningv1.WarningStep) error {
		return w.eachRunning(awaited, func(limit *typev1.TimeLimit) error {
			return w.counter().Pause(limit, w.rule(awaited).GetLeeway(), req.GetUntil(), req.GetReason())
		})
	})
}

// ResumeWarning has the limits that stand run again (T7).
func (s *Server) ResumeWarning(ctx context.Context, req *warningv1.ResumeWarningRequest) (*warningv1.Warning, error) {
	return s.changeLimits(ctx, req, resume, "", func(w *warningCase, awaited *warningv1.WarningStep) error {
		return w.eachRunning(awaited, w.counter().Resume)
	})
}

// limitChange is what is done to the limit of the step that is awaited.
type limitChange func(*warningCase, *warningv1.WarningStep) error

// changeLimits is the common part of what is done to the limits of a warning.
func (s *Server) changeLimits(
	ctx context.Context, req partRequest, act lifecycle.Act, note string, do limitChange,
) (*warningv1.Warning, error) {
	return s.supervised.ActBy(ctx, req, act, grants(req.GetAddressee()), s.take(act, note, func(w *warningCase) error {
		return w.changeLimits(req.GetAddressee(), do)
	}))
}

// awaitedOf is what is awaited of an addressee, by number; where 0, what the warning says.
func awaitedOf(w *warningv1.Warning, addressee int32) *warningv1.Awaited {
	if addressee == 0 {
		return w.GetAwaited()
	}
	return w.GetAddressees()[addressee-1].GetAwaited()
}

// grants lets the issuing unit, those above it and the supervising unit give time. It keeps a unit from giving it to itself: an
// addressee for any limit, the others for what they owe.
func grants(addressee int32) collection.Rule[*warningv1.Warning] {
	return func(ctx context.Context, c *change) error {
		if int(addressee) > len(c.Record.GetAddressees()) {
			return fault.Invalid("addressee", words.UnknownAddressee(strconv.Itoa(int(addressee))))
		}
		owes, err := owingPath(ctx, c, awaitedOf(c.Record, addressee))
		if err != nil {
			return err
		}
		if callerID(ctx) == access.LastPathID(owes) || isAddressee(ctx, c) {
			return fault.Denied(words.OwnLimit())
		}
		if access.Reaches(ctx, partyPath(c.Beside, byOffice)) {
			return nil
		}
		return judges(ctx, c)
	}
}

// changeLimits changes the limits that run and shows in the history until when they run now. The day by which a warning is
// assessed moves with the first limit to rectify.
func (w *warningCase) changeLimits(addressee int32, do limitChange) error {
	owed, awaited := w.rectification(), stepAwaited(w.Warning, awaitedOf(w.Warning, addressee))
	first := owed.GetLimit() != nil && w.GetDueOn() == owed.GetLimit().GetDeadline().GetDue()
	if err := do(w, awaited); err != nil {
		return err
	}
	if first {
		w.DueOn = owed.GetLimit().GetDeadline().GetDue()
	}
	w.noteStep(awaited.GetId(), awaited.GetAddressee())
	w.History[len(w.History)-1].Deadline = awaited.GetLimit().GetDeadline()
	return w.await()
}

// eachRunning does the same to the limit that is awaited and to those of later steps that run already, a further addressee's own
// alone. Of these, one that can't stand or run again stays as it is.
func (w *warningCase) eachRunning(awaited *warningv1.WarningStep, do func(*typev1.TimeLimit) error) error {
	if err := do(awaited.GetLimit()); err != nil {
		return err
	}
	for _, later := range w.GetSteps() {
		others := !precedes(awaited, later) || awaited.GetAddressee() > 1 && later.GetAddressee() == 0
		if later == awaited || others || isOver(later) || later.GetLimit() == nil {
			continue
		}
		if tried := proto.CloneOf(later.GetLimit()); do(tried) == nil {
			later.Limit = tried
		}
	}
	return nil
}

// startLimit starts the limit of a step, where it has one. The first to rectify is what the warning is assessed by.
func (w *warningCase) startLimit(s *warningv1.WarningStep, from calendar.Date) (err error) {
	within := w.rule(s).GetWithin()
	if within == nil {
		return nil
	}
	s.Limit, err = w.counter().Start(w.unitOf(s.GetBy(), s.GetAddressee()), from, within)
	if w.GetDueOn() == "" && s == w.rectification() {
		w.DueOn = s.GetLimit().GetDeadline().GetDue()
	}
	return err
}

// dropDueOn has a warning that need not be rectified any more count nowhere: nobody has found well what was handed in. What came
// late, or not in time, stays so.
func (w *warningCase) dropDueOn() {
	if handedIn := cmp.Or(w.GetRectifiedOn(), w.today().String()); w.rectification() == nil && handedIn <= w.GetDueOn() {
		w.DueOn, w.RectifiedOn = "", ""
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
