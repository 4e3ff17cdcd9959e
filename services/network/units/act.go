package units

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// act is one change of the tree from a day on. Between begin and finish no other change of the tree is under way.
type act struct {
	*record.Tx
	*db.Queries

	server     *Server
	builder    *builder
	key        string
	kind       networkv1.TreeAct
	day, today calendar.Date
	reason     string
	faults     fault.Fields
	moves      []move         // subtrees that lie elsewhere since
	entries    []record.Entry // units that were named
}

// request is a request that changes the tree.
type request interface {
	record.Request
	GetEffectiveFrom() string
	GetReason() string
}

// change runs fn as an act: fn checks everything before it writes anything.
func change[Resp proto.Message](
	ctx context.Context, s *Server, kind networkv1.TreeAct, req request, fn func(context.Context, *act) (Resp, error),
) (Resp, error) {
	return record.Change(ctx, s.book, req, func(ctx context.Context, tx *record.Tx) (Resp, error) {
		var none Resp
		a, err := s.begin(ctx, tx, kind, req)
		if err != nil {
			return none, err
		}
		answer, err := fn(ctx, a)
		if err != nil {
			return none, err
		}
		return answer, a.finish(ctx)
	})
}

func (s *Server) begin(ctx context.Context, tx *record.Tx, kind networkv1.TreeAct, req request) (*act, error) {
	a := &act{
		Tx: tx, Queries: db.New(tx), server: s, key: resource.NewKey(), kind: kind, reason: req.GetReason(), today: clock.Today(s.book.Clock),
	}
	var err error
	if a.day, err = clock.DayOr("effective_from", req.GetEffectiveFrom(), s.book.Clock); err != nil {
		return nil, err
	}
	// What was is what records were made under; it is never rewritten.
	if a.day.Before(a.today) {
		return nil, fault.Invalid("effective_from", "past", "date", a.today.String())
	}
	if a.builder, err = s.builderOf(ctx, tx); err != nil {
		return nil, err
	}
	if err := a.LockTree(ctx); err != nil {
		return nil, err
	}
	return a, settle(ctx, tx, a.today) // what was due before comes before
}

// finish writes the act down; records follow at once if it is of today.
func (a *act) finish(ctx context.Context) error {
	atOnce := a.day == a.today
	by, err := a.decider(ctx)
	if err != nil {
		return err
	}
	if err := a.AddAct(ctx, db.AddActParams{
		ActKey: a.key, Act: int16(a.kind), EffectiveOn: a.from(), Reason: a.reason, DecideTime: a.Now(), Settled: atOnce,
		UnitPath: by, UnitIds: a.named(),
	}); err != nil {
		return err
	}
	if atOnce {
		err = a.follow(ctx)
	} else {
		err = a.KeepAfter(ctx, db.KeepAfterParams{ActKey: a.key, Day: a.from()})
	}
	if err != nil {
		return err
	}
	return a.Record(ctx, a.entries...)
}

// follow has the records follow an act of today.
func (a *act) follow(ctx context.Context) error {
	if err := applyMoves(ctx, a.Tx, a.day, a.moves); err != nil {
		return err
	}
	return a.InheritOfficers(ctx, db.InheritOfficersParams{Since: a.from(), Day: a.from()})
}

// from is the day of the act as it stands in columns.
func (a *act) from() time.Time { return a.day.In(time.UTC) }

// standing is what a unit is on the day of an act, first, and what it is planned to be later.
type standing []db.Unit

func (s standing) id() string   { return s[0].UnitID }
func (s standing) path() string { return s[0].Path }
func (s standing) name() string { return resource.Name(resource.Units, s[0].UnitID) }

// stays tells whether the unit keeps its place for good, and if not, until when.
func (s standing) stays() (until string, ok bool) {
	for i, v := range s {
		if v.Path != s.path() {
			return calendar.DateOf(v.ValidFrom, time.UTC).String(), false
		}
		if i == len(s)-1 && !s.lasts() {
			return calendar.DateOf(v.ValidTo, time.UTC).String(), false
		}
	}
	return "", true
}

// lasts tells whether no end of the unit is planned.
func (s standing) lasts() bool { return s[len(s)-1].ValidTo.Equal(forever) }

// forever is the end of a version that has none.
var forever = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)

// unit finds a unit that the caller wants to change: it holds on the day, and is within reach then and, if it holds, today.
func (a *act) unit(ctx context.Context, name string) (standing, error) {
	found, err := a.VersionsFrom(ctx, db.VersionsFromParams{UnitID: resource.ID(name), Day: a.from()})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 || found[0].ValidFrom.After(a.from()) {
		return nil, fault.NotFound(name)
	}
	if err := access.Require(ctx, found[0].Path, name); err != nil {
		return nil, err
	}
	now, err := unitOn(ctx, a.Tx, name, a.today)
	if fault.IsNotFound(err) {
		return found, nil
	}
	if err != nil {
		return nil, err
	}
	return found, access.Require(ctx, access.Path(now), name)
}

// place finds a unit that others are to come under; none, and a fault, where there is none or where it does not stay.
func (a *act) place(ctx context.Context, field, name string) (standing, error) {
	found, err := a.unit(ctx, name)
	if fault.IsNotFound(err) {
		a.faults.Add(field, "unknown_unit", "unit", resource.ID(name))
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return found, found.mustStay(field)
}

// mustStay refuses an act that a planned change would undo half of.
func (s standing) mustStay(field string) error {
	if until, ok := s.stays(); !ok {
		return fault.Precondition("LATER_CHANGE", "unit", s.name(), "date", until).At(field)
	}
	return nil
}

// match checks the etag of a unit.
func (s standing) match(etag string) error {
	if etag != "" && etag != etagOf(s[0]) {
		return fault.Changed(s.name())
	}
	return nil
}

// touch notes a unit that the act names, for audit and outbox.
func (a *act) touch(s standing) {
	a.entries = append(a.entries, record.Entry{Resource: s.name(), UnitPath: s.path()})
}

// after reads a unit as the act has left it.
func (a *act) after(ctx context.Context, name string) (*networkv1.Unit, error) {
	return unitOn(ctx, a.Tx, name, a.day)
}

// cut has versions of units begin on the day of the act.
func (a *act) cut(ctx context.Context, ids ...string) error {
	if err := a.keep(ctx, ids, nil); err != nil {
		return err
	}
	return a.CutUnits(ctx, db.CutUnitsParams{UnitIds: ids, Day: a.from(), ActKey: a.key})
}
