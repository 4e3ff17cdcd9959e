package warnings

import (
	"context"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
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
	return ladder[i], i // setLevel took it from there
}

// rectifiedBy takes in a rectification.
func rectifiedBy(r *warningv1.Rectification) step {
	return func(w *warningCase) error {
		w.Rectifications = append(w.Rectifications, &warningv1.Rectification{
			Measures: r.GetMeasures(), Evidence: r.GetEvidence(), SubmitTime: timestamppb.New(w.now),
		})
		if w.GetRectifiedOn() == "" {
			w.RectifiedOn = w.today().String()
		}
		return w.setAwaited()
	}
}

// allowAfresh has the limit to rectify begin again, after a failed check.
func (w *warningCase) allowAfresh() error {
	if err := w.setRectifyBy(); err != nil {
		return err
	}
	return w.setAwaited()
}

// moveTo moves the warning to another warning level, whose first form it takes, and sends a fresh notice.
func (w *warningCase) moveTo(level *warningv1.WarningLevel) error {
	w.setLevel(level, level.GetForms()[0])
	return w.sendNotice()
}

// setRectifyBy sets until when to rectify, counted from today.
func (w *warningCase) setRectifyBy() (err error) {
	level, _ := w.level()
	w.RectifyBy, err = calendarpb.Due(w.calendar, w.today(), level.GetRectifyWithin())
	return err
}

// setAwaited sets what is awaited in the warning's state. Only what the addressee owes makes a warning rise by itself.
func (w *warningCase) setAwaited() (err error) {
	level, _ := w.level()
	w.Awaited = nil
	switch w.GetState() {
	case issued:
		var due *typev1.Deadline
		due, err = calendarpb.Due(w.calendar, shanghai(w.GetNotice().GetIssueTime()), level.GetAcknowledgeWithin())
		w.Awaited = &warningv1.Awaited{Act: string(acknowledge), Deadline: due, EscalateAfter: due.GetDue()}
	case acknowledged:
		w.Awaited = &warningv1.Awaited{Act: string(rectify), Deadline: w.GetRectifyBy(), EscalateAfter: w.GetRectifyBy().GetDue()}
	case rectified:
		last := w.GetRectifications()[len(w.GetRectifications())-1]
		w.Awaited = &warningv1.Awaited{Act: string(check)}
		w.Awaited.Deadline, err = calendarpb.Due(w.calendar, shanghai(last.GetSubmitTime()), level.GetCheckWithin())
	default:
	}
	return err
}

func (w *warningCase) today() calendar.Date { return calendar.DateOf(w.now, calendar.Shanghai) }

func shanghai(t *timestamppb.Timestamp) calendar.Date {
	return calendar.DateOf(t.AsTime(), calendar.Shanghai)
}
