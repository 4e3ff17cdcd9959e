package warnings

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// ExtendWarning gives more time for what is awaited (T7).
func (s *Server) ExtendWarning(ctx context.Context, req *warningv1.ExtendWarningRequest) (*warningv1.Warning, error) {
	return s.changeLimits(ctx, req, extend, req.GetReason(), func(w *warningCase) error {
		return w.counter().Extend(w.running()[0], w.leeway(), req.GetReason())
	})
}

// PauseWarning has the limits that run stand for some days (T7).
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
	ctx context.Context, req record.ActRequest, act lifecycle.Act, note string, do step,
) (*warningv1.Warning, error) {
	return s.supervised.ActBy(ctx, req, act, grants, s.take(act, note, func(w *warningCase) error {
		return w.changeLimits(do)
	}))
}

// grants lets the issuing unit, those above it and the supervising unit give time. It keeps a unit from giving it to itself: the
// addressee for any limit, the supervising unit for that to check.
func grants(ctx context.Context, c *change) error {
	office, err := c.ActingPath(ctx, c.Beside[supervisingPath])
	if err != nil {
		return err
	}
	caller := access.PrincipalOf(ctx).Unit
	checks := c.Record.GetState() == rectified && callerID(ctx) == access.LastPathID(office)
	if checks || caller == c.ActingUnit() {
		return fault.Denied(words.OwnLimit())
	}
	if access.Reaches(ctx, judgePath(c, office)) {
		return nil
	}
	return judges(ctx, c)
}

// changeLimits changes the limits that run and shows in the history until when they run now. The day by which a warning is
// assessed moves with the first limit to rectify.
func (w *warningCase) changeLimits(do step) error {
	first := w.GetDueOn() == w.GetRectifyBy().GetDeadline().GetDue()
	if err := do(w); err != nil {
		return err
	}
	if first {
		w.DueOn = w.GetRectifyBy().GetDeadline().GetDue()
	}
	w.setAwaited()
	w.History[len(w.GetHistory())-1].Deadline = w.GetAwaited().GetDeadline()
	return nil
}

// running are the limits that run, what is awaited first: while the receipt is, the limit to rectify runs as well.
func (w *warningCase) running() []*typev1.TimeLimit {
	switch w.GetState() {
	case issued:
		return []*typev1.TimeLimit{w.GetAcknowledgeBy(), w.GetRectifyBy()}
	case acknowledged:
		return []*typev1.TimeLimit{w.GetRectifyBy()}
	case rectified:
		return []*typev1.TimeLimit{w.GetCheckBy()}
	default:
		return nil
	}
}

func (w *warningCase) eachRunning(do func(*typev1.TimeLimit) error) error {
	for _, limit := range w.running() {
		if err := do(limit); err != nil {
			return err
		}
	}
	return nil
}

// leeway is that of what is awaited, on the warning level that the warning is on.
func (w *warningCase) leeway() *typev1.Leeway {
	level, _ := w.level()
	switch w.GetState() {
	case issued:
		return level.GetAcknowledgeLeeway()
	case acknowledged:
		return level.GetRectifyLeeway()
	default:
		return level.GetCheckLeeway()
	}
}

// startLimits starts what a notice sets limits to in the warning's state.
func (w *warningCase) startLimits() error {
	switch w.GetState() {
	case issued:
		if err := w.startAcknowledge(); err != nil {
			return err
		}
		return w.startRectify()
	case rectified: // what was handed in keeps the limit it was handed in under
		last := w.GetRectifications()[len(w.GetRectifications())-1]
		return w.startCheck(shanghai(last.GetSubmitTime()))
	default:
		return w.startRectify()
	}
}
