package units

import (
	"context"
	"slices"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// endingUnit is a unit that an act ends, with what hangs from it on the day or later.
type endingUnit struct {
	unitVersions

	existed        bool                       // before the day
	children       []db.ChildrenFromRow       // on the territory line
	systemChildren []db.SystemChildrenFromRow // on the system line
}

// endedBy tells whether somebody may end units.
func endedBy(endings ...*endingUnit) func(*builder, *networkv1.Unit) bool {
	return func(b *builder, _ *networkv1.Unit) bool {
		return !slices.ContainsFunc(endings, func(e *endingUnit) bool { return !b.may(toDisband, unitOf(e.unitVersions[0])) })
	}
}

// findEnding finds a unit that is to end on the day of the act, and no earlier than the day after its first.
func (a *treeChange) findEnding(ctx context.Context, field, name, etag string) (*endingUnit, error) {
	e, err := a.findLeaving(ctx, field, name, etag)
	if err == nil && !e.existed {
		return nil, fault.Precondition(words.LaterChange(e.title(), e.unitVersions[0].ValidFrom.String())).OnField(field)
	}
	return e, err
}

// findLeaving finds a unit that is to be no more from the day of the act on. The root stays; so does what is planned to be
// something else later.
func (a *treeChange) findLeaving(ctx context.Context, field, name, etag string) (*endingUnit, error) {
	found, err := a.findUnit(ctx, field, name)
	if err != nil {
		return nil, err
	}
	if found[0].ParentID == "" {
		return nil, errRoot(found, field)
	}
	if err := found.checkEtag(etag); err != nil {
		return nil, err
	}
	if err := found.requireKeepsPath(ctx, a.Tx, field); err != nil {
		return nil, err
	}
	existed, err := a.ExistedBefore(ctx, db.ExistedBeforeParams{UnitID: found.id(), Day: a.day})
	if err != nil {
		return nil, err
	}
	if last := found[len(found)-1].ValidFrom; last.After(a.day) {
		return nil, fault.Precondition(words.LaterChange(found.title(), last.String())).OnField(field)
	}
	if err := a.builder.authorize(ctx, toDisband, unitOf(found[0])); err != nil {
		return nil, err
	}
	e := &endingUnit{unitVersions: found, existed: existed}
	if e.children, err = a.ChildrenFrom(
		ctx,
		db.ChildrenFromParams{Path: found.path(), ParentID: found.id(), Day: a.day},
	); err != nil {
		return nil, err
	}
	e.systemChildren, err = a.SystemChildrenFrom(ctx, db.SystemChildrenFromParams{ParentID: found.id(), Day: a.day})
	return e, err
}

// checkSuccessor checks that all that hangs from a unit can hang from another instead.
func (a *treeChange) checkSuccessor(ctx context.Context, field string, e *endingUnit, successor unitVersions) error {
	if slices.Contains(strings.Split(successor.path(), "."), e.id()) {
		a.faults.Add(field, words.BelowItself(e.title()))
		return nil
	}
	line, err := a.SystemLineFrom(ctx, db.SystemLineFromParams{UnitID: successor.id(), Day: a.day})
	if err != nil {
		return err
	}
	if slices.Contains(line, e.id()) {
		a.faults.Add(field, words.BelowItself(e.title()))
	}
	for _, child := range e.children {
		if err := a.checkNewParent(ctx, field, e.path()+"."+child.UnitID, child.Level, successor); err != nil {
			return err
		}
	}
	return nil
}

// end ends a unit. Its records are found under its successor since, by its old name below the successor's.
func (a *treeChange) end(ctx context.Context, e *endingUnit, successorPath string, recordedSuccessors ...string) error {
	if err := a.endVersions(ctx, e); err != nil {
		return err
	}
	contacts, err := a.ContactPointTitles(ctx, e.id())
	if err != nil {
		return err
	}
	a.contacts = append(a.contacts, contacts...)
	lastOn := a.day
	if a.day.After(a.today) {
		lastOn = a.day.AddDays(-1)
	}
	if err := a.AddUnitEnd(ctx, db.AddUnitEndParams{
		UnitID: e.id(), EndedOn: a.day, LastOn: lastOn, SuccessorID: access.LastPathID(successorPath), ChangeKey: a.changeKey,
	}); err != nil {
		return err
	}
	a.moves = append(a.moves, move{from: e.path(), to: successorPath + "." + e.id(), ended: true})
	a.recordUnit(e.unitVersions)
	return a.AddSuccessions(ctx, db.AddSuccessionsParams{
		UnitID: e.id(), SuccessorIds: recordedSuccessors, ChangeKey: a.changeKey,
	})
}

// endVersions has the day before the act be the last of a unit.
func (a *treeChange) endVersions(ctx context.Context, e *endingUnit) error {
	if err := a.saveUndo(ctx, []string{e.id()}, nil); err != nil {
		return err
	}
	return a.EndUnit(ctx, db.EndUnitParams{UnitID: e.id(), Day: a.day})
}

// reparentChildren puts all that hangs from a unit under its successor.
func (a *treeChange) reparentChildren(ctx context.Context, e *endingUnit, successorPath string) error {
	ids := make([]string, len(e.children))
	for i, child := range e.children {
		ids[i] = child.UnitID
	}
	if err := a.reparent(ctx, ids, e.path(), successorPath); err != nil {
		return err
	}
	return a.reparentSystemChildren(ctx, e, access.LastPathID(successorPath))
}

// reparentSystemChildren does so on the system line alone.
func (a *treeChange) reparentSystemChildren(ctx context.Context, e *endingUnit, successorPath string) error {
	all, startIDs := make([]string, 0, len(e.systemChildren)), []string{}
	for _, child := range e.systemChildren {
		all = append(all, child.UnitID)
		if child.ByThen {
			startIDs = append(startIDs, child.UnitID)
		}
	}
	if len(all) == 0 {
		return nil
	}
	if err := a.saveUndo(ctx, all, nil); err != nil {
		return err
	}
	if err := a.startVersions(ctx, startIDs...); err != nil {
		return err
	}
	return a.SetSystemParent(ctx, db.SetSystemParentParams{
		UnitIds: all, FromID: e.id(), ToID: successorPath, Day: a.day,
	})
}

func errRoot(found unitVersions, field string) error {
	return fault.Precondition(words.RootFixed(found.title())).OnField(field)
}

// errOrphans refuses an act that would leave units with none above them.
func (e *endingUnit) errOrphans(field string, ids []string) error {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = resource.Name(resource.Units, id)
	}
	return fault.Precondition(words.OrphanedUnits(e.title(), words.Untitled(names...))).OnField(field)
}
