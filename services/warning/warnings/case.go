package warnings

import (
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/limits"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// warningCase is a warning with all that an act on it needs: the scheme version it was issued under, whose rules it keeps, the
// working days, who acts and when.
type warningCase struct {
	*warningv1.Warning

	beside   map[string]string // columns beside the body
	scheme   *warningv1.Scheme
	calendar *calendar.Calendar
	now      time.Time
	caller   access.Principal       // nobody where the suite itself acts
	number   func() (string, error) // takes the next notice number
}

// open puts a changed warning together with its scheme; versions holds those already read.
func (s *Server) open(ctx context.Context, c *change, versions map[string]*warningv1.Scheme) (*warningCase, error) {
	version := c.Record.GetSchemeVersion()
	if versions[version] == nil {
		scheme := &warningv1.Scheme{}
		if err := schemes.ByVersion(ctx, c, version, scheme); err != nil {
			return nil, err
		}
		versions[version] = scheme
	}
	if _, ok := schemes.Find(versions[version].GetWarningLevels(), c.Record.GetWarningLevel()); !ok {
		return nil, fmt.Errorf("%s has no warning level %q", version, c.Record.GetWarningLevel())
	}
	return s.newCase(ctx, c, versions[version])
}

func (s *Server) newCase(ctx context.Context, c *change, scheme *warningv1.Scheme) (*warningCase, error) {
	days, err := s.calendar(ctx)
	return &warningCase{
		Warning: c.Record, beside: c.Beside, scheme: scheme, calendar: days, now: c.Now(), caller: access.PrincipalOf(ctx),
		number: func() (string, error) { return nextNoticeNumber(ctx, c) },
	}, err
}

func (w *warningCase) addHistory(act lifecycle.Act, note string) {
	w.History = append(w.History, &warningv1.WarningEvent{
		EventTime: timestamppb.New(w.now), Act: string(act), State: w.GetState(), Note: note, Unit: w.caller.Unit,
	})
}

// setLevel places the warning on a warning level, under one of its forms, and notes it in the history.
func (w *warningCase) setLevel(level *warningv1.WarningLevel, form *warningv1.Form) {
	w.WarningLevel, w.WarningLevelTitle, w.Form = level.GetId(), level.GetTitle(), form.GetId()
	w.History[len(w.History)-1].WarningLevel = level.GetId()
}

// level is the warning level that the warning is on, and its index on the ladder.
func (w *warningCase) level() (*warningv1.WarningLevel, int) {
	ladder := w.scheme.GetWarningLevels()
	i := slices.IndexFunc(ladder, func(l *warningv1.WarningLevel) bool { return l.GetId() == w.GetWarningLevel() })
	return ladder[i], i // open has looked
}

// rectifiedBy takes in a rectification.
func rectifiedBy(r *warningv1.Rectification) step {
	return func(w *warningCase) error {
		if err := w.requireEvidence(r); err != nil {
			return err
		}
		w.Rectifications = append(w.Rectifications, &warningv1.Rectification{
			Measures: r.GetMeasures(), Attachments: r.GetAttachments(), SubmitTime: timestamppb.New(w.now),
		})
		if w.GetRectifiedOn() == "" {
			w.RectifiedOn = w.today().String()
		}
		if err := w.startCheck(w.today()); err != nil {
			return err
		}
		w.setAwaited()
		return nil
	}
}

// allowAfresh has the limit to rectify begin again, after a failed check.
func (w *warningCase) allowAfresh() error {
	if err := w.startRectify(); err != nil {
		return err
	}
	w.setAwaited()
	return nil
}

// moveTo moves the warning to another warning level, whose first form it takes, and sends a fresh notice.
func (w *warningCase) moveTo(level *warningv1.WarningLevel) error {
	w.setLevel(level, level.GetForms()[0])
	return w.sendNotice()
}

// startAcknowledge starts the limit to acknowledge, from today.
func (w *warningCase) startAcknowledge() (err error) {
	level, _ := w.level()
	w.AcknowledgeBy, err = w.counter().Start(w.GetUnit(), w.today(), level.GetAcknowledgeWithin())
	return err
}

// startRectify starts the limit to rectify, from today.
func (w *warningCase) startRectify() (err error) {
	level, _ := w.level()
	w.RectifyBy, err = w.counter().Start(w.GetUnit(), w.today(), level.GetRectifyWithin())
	return err
}

// startCheck starts the limit to check a rectification, from the day it was handed in.
func (w *warningCase) startCheck(from calendar.Date) (err error) {
	level, _ := w.level()
	w.CheckBy, err = w.counter().Start(w.GetSupervisingUnit(), from, level.GetCheckWithin())
	return err
}

// setAwaited sets what is awaited in the warning's state.
func (w *warningCase) setAwaited() {
	await := func(act lifecycle.Act, limit *typev1.TimeLimit) *warningv1.Awaited {
		deadline := limit.GetDeadline()
		return &warningv1.Awaited{
			Act: string(act), Deadline: deadline, OverdueAfter: deadline.GetDue(), RemindOn: deadline.GetRemindOn(),
		}
	}
	switch w.GetState() {
	case issued:
		w.Awaited = await(acknowledge, w.GetAcknowledgeBy())
	case acknowledged:
		w.Awaited = await(rectify, w.GetRectifyBy())
	case rectified:
		w.Awaited = await(check, w.GetCheckBy())
	default:
		w.Awaited = nil
	}
}

// awaitNext is setAwaited as a step.
func (w *warningCase) awaitNext() error {
	w.setAwaited()
	return nil
}

func (w *warningCase) counter() limits.Counter {
	return limits.Counter{Calendar: w.calendar, Now: w.now}
}

func (w *warningCase) today() calendar.Date { return calendar.DateOf(w.now, calendar.Shanghai) }

func shanghai(t *timestamppb.Timestamp) calendar.Date {
	return calendar.DateOf(t.AsTime(), calendar.Shanghai)
}
