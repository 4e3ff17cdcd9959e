package units

import (
	"context"
	"encoding/json"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/follow"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// treeChange is one change of the tree from a day on. The tree is locked from begin to finish.
type treeChange struct {
	*record.Tx
	*db.Queries

	server     *Server
	builder    *builder
	changeKey  string
	act        networkv1.TreeAct
	day, today calendar.Date
	reason     string
	faults     fault.Fields
	moves      []move         // subtrees that lie elsewhere since
	placed     []string       // ids of units that got another title or stand beside others
	entries    []record.Entry // units that were named
	tellings   []telling      // what units are told
	contacts   []string       // titles of the contact points that end
}

// treeRequest is a request that changes the tree.
type treeRequest interface {
	record.Request
	GetEffectiveFrom() string
	GetReason() string
}

// changeTree runs fn as an act: fn checks everything before it writes anything.
func changeTree[Resp proto.Message](
	ctx context.Context, s *Server, act networkv1.TreeAct, req treeRequest, fn func(context.Context, *treeChange) (Resp, error),
) (Resp, error) {
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (Resp, error) {
		var none Resp
		a, err := s.begin(ctx, tx, act, req)
		if err != nil {
			return none, err
		}
		resp, err := fn(ctx, a)
		if err != nil {
			return none, err
		}
		return resp, a.finish(ctx)
	})
}

func (s *Server) begin(ctx context.Context, tx *record.Tx, act networkv1.TreeAct, req treeRequest) (*treeChange, error) {
	a := &treeChange{
		Tx:        tx,
		Queries:   db.New(tx),
		server:    s,
		changeKey: resource.NewKey(),
		act:       act,
		reason:    req.GetReason(),
		today:     clock.Today(s.store.Clock),
	}
	var err error
	if a.day, err = clock.DayOrToday("effective_from", req.GetEffectiveFrom(), s.store.Clock); err != nil {
		return nil, err
	}
	// What was is what records were made under; it is never rewritten.
	if a.day.Before(a.today) {
		return nil, fault.Invalid("effective_from", words.Past())
	}
	if a.faults.CheckPlanned("effective_from", a.day, a.today); len(a.faults) > 0 {
		return nil, a.faults.Err()
	}
	if a.builder, err = s.builderOf(ctx, tx); err != nil {
		return nil, err
	}
	if err := a.LockTree(ctx); err != nil {
		return nil, err
	}
	return a, applyDueChanges(ctx, tx, a.today) // what was due before comes before
}

// finish writes the act down; records follow at once if it is of today.
func (a *treeChange) finish(ctx context.Context) error {
	if err := a.checkTitles(ctx); err != nil {
		return err
	}
	atOnce := a.day == a.today
	by, err := a.decidingPath(ctx)
	if err != nil {
		return err
	}
	told, err := json.Marshal(a.tellings)
	if err != nil {
		return err
	}
	if err := a.AddTreeChange(ctx, db.AddTreeChangeParams{
		ChangeKey: a.changeKey, Act: a.act.String(), EffectiveOn: a.day, Reason: a.reason, DecideTime: a.Now(),
		Applied:  atOnce,
		UnitPath: by, UnitIds: a.unitIDs(), Messages: told,
	}); err != nil {
		return err
	}
	if atOnce {
		err = a.applyToRecords(ctx)
	} else {
		err = a.SaveUndoAfter(ctx, db.SaveUndoAfterParams{ChangeKey: a.changeKey, Day: a.day})
	}
	if err != nil {
		return err
	}
	if err := inbox.NotifyUnits(ctx, a.Tx, a.today, messages(a.changeKey, a.tellings, asDecided)...); err != nil {
		return err
	}
	return a.Record(ctx, a.entries...)
}

// applyToRecords has the records follow an act of today. Tips come meanwhile; those that came under the old paths follow at the
// end, when no more do (ADR 045).
func (a *treeChange) applyToRecords(ctx context.Context) error {
	moves, err := applyMoves(ctx, a.Tx, a.day, a.moves)
	if err != nil {
		return err
	}
	if err := a.LockIntake(ctx); err != nil {
		return err
	}
	if _, err := follow.Apply(ctx, a.Tx, moves); err != nil {
		return err
	}
	if err := moveToSuccessors(ctx, a.Tx, a.day, a.day); err != nil {
		return err
	}
	return a.server.tellFollowers(ctx, a.Tx, a.day, a.day)
}

// unitVersions are the versions of a unit from the day of the change on.
type unitVersions []db.Unit

func (s unitVersions) id() string   { return s[0].UnitID }
func (s unitVersions) path() string { return s[0].Path }
func (s unitVersions) name() string { return resource.Name(resource.Units, s[0].UnitID) }

// title is what a sentence calls the unit.
func (s unitVersions) title() words.Title {
	return words.Title{ID: s.name(), Zh: s[0].Title, En: s[0].Title}
}

// keepsPath tells whether the unit keeps its place for good, and if not, until when: its end, or else another place's first day.
func (s unitVersions) keepsPath() (until string, ok bool) {
	for i, v := range s {
		if v.Path != s.path() {
			return v.ValidFrom.String(), false
		}
		if i == len(s)-1 && !s.isPermanent() {
			return v.ValidTo.String(), false
		}
	}
	return "", true
}

// isPermanent tells whether no end of the unit is planned.
func (s unitVersions) isPermanent() bool { return s[len(s)-1].ValidTo == noEnd }

// noEnd is the end of a version that has none.
var noEnd = calendar.NewDate(9999, time.December, 31)

// lastDay is the day by which every unit has ended of which that is planned.
var lastDay = noEnd.AddDays(-1)

// findUnit finds a unit that a field names and the caller wants to change: it holds on the day, and is within reach then and,
// if it holds, today.
func (a *treeChange) findUnit(ctx context.Context, field, name string) (unitVersions, error) {
	found, err := a.findVersions(ctx, name)
	if err == nil {
		err = a.requireReach(ctx, found)
	}
	return found, fault.On(err, field)
}

// findVersions finds a unit that holds on the day, whoever reaches it.
func (a *treeChange) findVersions(ctx context.Context, name string) (unitVersions, error) {
	found, err := a.VersionsFrom(ctx, db.VersionsFromParams{UnitID: resource.ID(name), Day: a.day})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 || found[0].ValidFrom.After(a.day) {
		return nil, absentOr(ctx, a.Tx, name, a.day, fault.NotFound(name))
	}
	return found, nil
}

// requireReach requires that the caller reaches a unit on the day and, if it holds then, today.
func (a *treeChange) requireReach(ctx context.Context, found unitVersions) error {
	if err := access.Require(ctx, found.path(), found.name()); err != nil {
		return err
	}
	now, err := unitOn(ctx, a.Tx, found.name(), a.today)
	if fault.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return access.Require(ctx, access.Path(now), found.name())
}

// findParent finds a unit that others are to come under; none, and a fault, where there is none or where it does not stay.
// Which of the units above it may do what is asked, allowed tells.
func (a *treeChange) findParent(
	ctx context.Context, field, name string, allowed func(*builder, *networkv1.Unit) bool,
) (unitVersions, error) {
	found, err := a.findAbove(ctx, field, name, allowed)
	if err != nil || found == nil {
		return nil, err
	}
	return found, found.requireKeepsPath(ctx, a.Tx, field)
}

// findAbove finds a unit that others are to come under on either line; none, and a fault, where there is none. What lies beyond
// the caller's reach is named, as FindUnits does for everybody, with those who may do what is asked.
func (a *treeChange) findAbove(
	ctx context.Context, field, name string, allowed func(*builder, *networkv1.Unit) bool,
) (unitVersions, error) {
	found, err := a.findVersions(ctx, name)
	if fault.IsNotFound(err) {
		a.faults.Add(field, words.UnknownUnit(resource.ID(name)))
		return nil, nil
	}
	if err != nil {
		return nil, fault.On(err, field)
	}
	if err = a.requireReach(ctx, found); !fault.IsNotFound(err) {
		return found, err
	}
	unit := unitOf(found[0])
	others, err := a.builder.others(ctx, unit, func(b *builder) bool { return allowed(b, unit) })
	a.faults.Add(field, words.BeyondReach(found.title(), words.Untitled(access.PrincipalOf(ctx).Unit), others))
	return nil, err
}

// requireKeepsPath refuses an act that a planned change would undo half of. Of one that ends the unit it says who goes on.
func (s unitVersions) requireKeepsPath(ctx context.Context, tx db.DBTX, field string) error {
	until, ok := s.keepsPath()
	if ok {
		return nil
	}
	says := words.LaterChange(s.title(), until)
	if until == s[len(s)-1].ValidTo.String() {
		var err error
		if says, err = missing(ctx, tx, s.name(), lastDay); err != nil {
			return err
		}
	}
	return fault.Precondition(says).OnField(field)
}

// checkEtag checks the etag of a unit.
func (s unitVersions) checkEtag(etag string) error {
	if etag != "" && etag != etagOf(s[0]) {
		return fault.EtagMismatch(s.name())
	}
	return nil
}

// recordUnit adds a unit to the journal entries of the change.
func (a *treeChange) recordUnit(s unitVersions) {
	a.entries = append(a.entries, record.Entry{Resource: s.name(), UnitPath: s.path()})
}

// readResult reads a unit as the change leaves it.
func (a *treeChange) readResult(ctx context.Context, name string) (*networkv1.Unit, error) {
	u, err := unitOn(ctx, a.Tx, name, a.day)
	if err != nil {
		return nil, err
	}
	return a.answer(ctx, u)
}

// answer completes the answer to a change with what reading the unit would give, and with the change itself.
func (a *treeChange) answer(ctx context.Context, u *networkv1.Unit) (*networkv1.Unit, error) {
	u.Change = resource.Name(resource.TreeChanges, a.changeKey)
	u.EndedContactPoints, a.contacts = a.contacts, nil
	return u, titleAncestors(ctx, a.Tx, a.day, u)
}

// startVersions makes versions of units start on the day of the change.
func (a *treeChange) startVersions(ctx context.Context, ids ...string) error {
	if err := a.saveUndo(ctx, ids, nil); err != nil {
		return err
	}
	return a.StartVersions(ctx, db.StartVersionsParams{UnitIds: ids, Day: a.day, ChangeKey: a.changeKey})
}
