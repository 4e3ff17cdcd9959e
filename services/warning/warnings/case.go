package warnings

import (
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/limits"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// warningCase is a warning with all that an act on it needs: the scheme version it was issued under, whose rules it keeps, the
// working days, who acts and when.
type warningCase struct {
	*warningv1.Warning

	beside        map[string]string // columns beside the body
	scheme        *warningv1.Scheme
	calendar      *calendar.Calendar
	now           time.Time
	caller        access.Principal       // nobody where the suite itself acts
	number        func() (string, error) // takes the next notice number
	objectionUnit string                 // the unit that answers objections
	asked         []*warningv1.Awaited   // what is awaited since, or of somebody else
	replaced      string                 // the unit that had signed the record of a talk that gave way to another
}

// open puts a changed warning together with its scheme; versions holds those already read.
func (s *Server) open(ctx context.Context, c *change, versions map[string]*warningv1.Scheme) (*warningCase, error) {
	version := c.Record.GetSchemeVersion()
	scheme, err := schemeOf(ctx, c, version, versions)
	if err != nil {
		return nil, err
	}
	if _, ok := schemes.Find(scheme.GetWarningLevels(), c.Record.GetWarningLevel()); !ok {
		return nil, fmt.Errorf("%s has no warning level %q", version, c.Record.GetWarningLevel())
	}
	return s.newCase(ctx, c, scheme)
}

// schemeOf is a version of a scheme, which is read once.
func schemeOf(
	ctx context.Context, from db.DBTX, version string, versions map[string]*warningv1.Scheme,
) (*warningv1.Scheme, error) {
	if versions[version] == nil {
		scheme := &warningv1.Scheme{}
		if err := schemes.ByVersion(ctx, from, version, scheme); err != nil {
			return nil, err
		}
		versions[version] = scheme
	}
	return versions[version], nil
}

func (s *Server) newCase(ctx context.Context, c *change, scheme *warningv1.Scheme) (*warningCase, error) {
	joinAwaited(c.Record)
	days, err := s.calendar(ctx)
	return &warningCase{
		Warning: c.Record, beside: c.Beside, scheme: scheme, calendar: days, now: c.Now(), caller: access.PrincipalOf(ctx),
		objectionUnit: pathUnit(objectionPath(c)),
		number:        func() (string, error) { return nextNoticeNumber(ctx, c) },
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

// moveTo moves the warning to another warning level, under a form of it, the first where none is named, and sends a fresh notice.
func (w *warningCase) moveTo(level *warningv1.WarningLevel, named string) error {
	form, ok := schemes.Find(level.GetForms(), named)
	if !ok {
		form = level.GetForms()[0]
	}
	w.setLevel(level, form)
	return w.sendNotice()
}

func (w *warningCase) counter() limits.Counter {
	return limits.Counter{Calendar: w.calendar, Now: w.now}
}

func (w *warningCase) today() calendar.Date { return calendar.DateOf(w.now, calendar.Shanghai) }

// levelOf is what the level of a warning is called, by which messages call the warning: not every body says "预警".
func levelOf(w *warningv1.Warning) words.Title {
	return schemes.TitleOf(w.GetWarningLevel(), w.GetWarningLevelTitle())
}

// titleOf is a step as a sentence calls it.
func titleOf(s *warningv1.WarningStep) words.Title { return schemes.TitleOf(s.GetId(), s.GetTitle()) }
