package findings

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

const (
	overdue   = warningv1.FindingSourceState_FINDING_SOURCE_STATE_OVERDUE
	corrected = warningv1.FindingSourceState_FINDING_SOURCE_STATE_CORRECTED
	putRight  = warningv1.FindingSourceState_FINDING_SOURCE_STATE_PUT_RIGHT
	withdrawn = warningv1.FindingSourceState_FINDING_SOURCE_STATE_WITHDRAWN
)

// OfSource is the name of the finding that was made of a record; empty where none was.
func OfSource(ctx context.Context, from db.DBTX, source string) (name string, err error) {
	row, err := db.New(from).FindingOfSource(ctx, &source)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return resource.Sharded(resource.Findings, row.Region, row.Key), err
}

// Make stores a finding of a month that is made of its source, for a unit to handle in time by the scheme, and tells that unit.
func Make(
	ctx context.Context, tx *record.Tx, unit *networkv1.Unit, f *warningv1.Finding, month calendar.Period,
	scheme *warningv1.Scheme, days *calendar.Calendar,
) error {
	key := keyIn(month, f.GetSource().GetRecord())
	f.Name, f.State = resource.Sharded(resource.Findings, unit.GetRegion(), key), open
	f.Unit, f.Period = unit.GetName(), month.String()
	f.SchemeVersion, f.RunTime, f.Source.StateSince = schemes.Version(scheme), timestamppb.New(tx.Now()), tx.Today().String()
	if err := start(f, scheme.GetFindingHandling(), days, tx.Today()); err != nil {
		return err
	}
	body, err := document.Encode(f)
	if err != nil {
		return err
	}
	err = db.New(tx).SaveFindings(ctx, db.SaveFindingsParams{
		Region: unit.GetRegion(), UnitPath: access.Path(unit), CreateTime: tx.Now(), Keys: []string{key}, Bodies: [][]byte{body},
		Handling: handling,
	})
	if err != nil {
		return err
	}
	about, area := titles(f)
	tx.Notify(record.Message{
		Unit: unit.GetName(), Resource: f.GetName(), Sentence: words.InboxFindingMade(about, area, problemTitle(f.GetSource())),
	})
	return tx.Record(ctx, record.Entry{Resource: f.GetName(), UnitPath: access.Path(unit)})
}

// NoteSource has a finding say how far its source has come, if it does not yet, and tells the unit that handles it. A level,
// unless nil, is that which its source gives the finding now, of the ladder of the scheme: it never falls. What was solved or
// set aside and is not corrected in time is to be handled again; what waits to be handled and was none is set aside.
func NoteSource(
	ctx context.Context, tx *record.Tx, name string, source *warningv1.FindingSource, level *warningv1.WarningLevel,
	scheme *warningv1.Scheme, days *calendar.Calendar,
) error {
	err := each(ctx, tx, []string{name}, func(all collection.Collection[*warningv1.Finding], name string) error {
		_, err := all.ActIn(ctx, tx, named(name), sourceAct, nil, func(ctx context.Context, c *change) error {
			f, before := c.Record, c.Record.GetSource()
			raised := rise(f, level, scheme.GetWarningLevels())
			if !raised {
				source.Rule = before.GetRule() // by which it has its level
			}
			source.StateSince = before.GetStateSince()
			if !raised && proto.Equal(source, before) {
				return collection.ErrAsItIs
			}
			if f.Source = source; source.GetState() == before.GetState() {
				return noteSource(c)
			}
			source.StateSince = c.Today().String()
			if err := follow(ctx, c, days); err != nil {
				return err
			}
			return noteSource(c)
		})
		return err
	})
	if errors.Is(err, collection.ErrAsItIs) {
		return nil
	}
	return err
}

// rise gives a finding a level that is graver than its own, and tells whether it did.
func rise(f *warningv1.Finding, level *warningv1.WarningLevel, ladder []*warningv1.WarningLevel) bool {
	at := func(id string) int {
		return slices.IndexFunc(ladder, func(l *warningv1.WarningLevel) bool { return l.GetId() == id })
	}
	if level == nil || at(level.GetId()) <= at(f.GetWarningLevel()) {
		return false
	}
	f.WarningLevel, f.WarningLevelTitle = level.GetId(), level.GetTitle()
	return true
}

// follow does what a new state of a finding's source asks for, and tells the unit that handles it.
func follow(ctx context.Context, c *change, days *calendar.Calendar) error {
	f := c.Record
	waits := f.GetState() == open || f.GetState() == passedUp
	about, area := titles(f)
	problem := problemTitle(f.GetSource())
	switch f.GetSource().GetState() {
	case overdue:
		if f.GetState() == solved || f.GetState() == setAside {
			moveTo(c, levelsUp(c))
			if err := restart(days)(ctx, c); err != nil {
				return err
			}
		}
		c.Tell(handlerOf(c), words.InboxFindingSourceOverdue(about, area, problem))
	case putRight:
		c.Tell(handlerOf(c), words.InboxFindingSourcePutRight(about, area, problem))
	case withdrawn:
		if waits {
			f.State, f.DueOn, f.RemindOn, f.Reminders = setAside, "", "", nil
		}
		if f.GetFirstHandledOn() == "" {
			f.FirstDueOn = "" // there was nothing to handle
		}
		c.Tell(handlerOf(c), words.InboxFindingSourceWithdrawn(about, area, problem))
	default:
	}
	return nil
}

// noteSource notes in the history of a finding how far its source has come.
func noteSource(c *change) error {
	f := c.Record
	f.History = collection.Last(append(f.GetHistory(), &warningv1.FindingEvent{
		EventTime: timestamppb.New(c.Now()), Act: string(sourceAct), State: f.GetState(), Record: f.GetSource().GetRecord(),
		SourceState: f.GetSource().GetState(),
	}), maxEvents)
	return nil
}

// Unsettled tells whether a finding was made of a source that is neither put right nor taken back.
func Unsettled(ctx context.Context, tx *record.Tx, name string) (bool, error) {
	if name == "" {
		return false, nil
	}
	all := collectionOf(nil)
	all.Reach = func(context.Context, *change) error { return nil }
	found, err := all.FindReached(ctx, tx, name)
	if err != nil {
		return false, err
	}
	state := found.Record.GetSource().GetState()
	return found.Record.GetSource() != nil && state != putRight && state != withdrawn, nil
}

// problemTitle is what a source is called: its kind, since what it says is for who reads the register.
func problemTitle(s *warningv1.FindingSource) words.Title {
	return schemes.TitleOf(s.GetKind(), s.GetKindTitle())
}

// ofSource says what a finding rests on, and how far that has come.
func ofSource(s *warningv1.FindingSource, about, area words.Title) words.Sentence {
	problem, due := problemTitle(s), cmp.Or(s.GetDueOn(), "–")
	switch s.GetState() {
	case overdue:
		return words.FindingOverdue(about, area, problem, due)
	case corrected:
		return words.FindingCorrected(about, area, problem)
	case putRight:
		return words.FindingPutRight(about, area, problem)
	case withdrawn:
		return words.FindingTakenBack(about, area, problem)
	default:
		return words.FindingToCorrect(about, area, problem, due)
	}
}
