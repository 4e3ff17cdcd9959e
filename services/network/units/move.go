package units

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// MoveUnit puts a unit under another.
func (s *Server) MoveUnit(ctx context.Context, req *networkv1.MoveUnitRequest) (*networkv1.Unit, error) {
	return changeTree(ctx, s, networkv1.TreeAct_TREE_ACT_MOVE, req,
		func(ctx context.Context, a *treeChange) (*networkv1.Unit, error) {
			found, err := a.findUnit(ctx, "name", req.GetName())
			if err != nil {
				return nil, err
			}
			req := onlyChanged(found, req)
			parent, err := a.checkMove(ctx, found, req)
			if err != nil {
				return nil, err
			}
			if err := a.move(ctx, found, parent, req); err != nil {
				return nil, err
			}
			unit, err := a.readResult(ctx, req.GetName())
			return unit, err
		})
}

// onlyChanged is a move without the parent, on either line, that stays as it is while the other changes.
func onlyChanged(found unitVersions, req *networkv1.MoveUnitRequest) *networkv1.MoveUnitRequest {
	sameParent := resource.ID(req.GetParent()) == found[0].ParentID
	sameSystem := req.GetSystemParent() != "" && resource.ID(req.GetSystemParent()) == found[0].SystemParentID
	changed := proto.CloneOf(req)
	switch {
	case sameParent && !sameSystem && (req.GetSystemParent() != "" || req.GetOffSystemLine()):
		changed.Parent = ""
	case sameSystem && !sameParent && req.GetParent() != "":
		changed.SystemParent = ""
	}
	return changed
}

// checkMove finds all faults of a move, and whether the caller may make it. It returns the new parent, if there is one.
func (a *treeChange) checkMove(ctx context.Context, found unitVersions, req *networkv1.MoveUnitRequest) (unitVersions, error) {
	switch {
	case req.GetParent() == "" && req.GetSystemParent() == "" && !req.GetOffSystemLine():
		a.faults.Add("parent", words.Required())
	case req.GetSystemParent() != "" && req.GetOffSystemLine():
		a.faults.Add("system_parent", words.Contradiction())
	}
	var parent unitVersions
	var err error
	if req.GetParent() != "" {
		if parent, err = a.checkParent(ctx, found, req.GetParent()); err != nil {
			return nil, err
		}
	}
	if req.GetSystemParent() != "" {
		if err := a.checkSystemParent(ctx, found, req.GetSystemParent()); err != nil {
			return nil, err
		}
	}
	if err := a.faults.Err(); err != nil {
		return nil, err
	}
	if err := found.checkEtag(req.GetEtag()); err != nil {
		return nil, err
	}
	return parent, a.builder.authorize(ctx, toChange, unitOf(found[0]))
}

// movedBy tells whether somebody may move the unit.
func (s unitVersions) movedBy(b *builder, _ *networkv1.Unit) bool {
	return b.may(toChange, unitOf(s[0]))
}

// checkParent checks that a unit can come under another on the territory line and stay there.
func (a *treeChange) checkParent(ctx context.Context, found unitVersions, name string) (unitVersions, error) {
	if found[0].ParentID == "" {
		return nil, errRoot(found, "name")
	}
	if err := found.requireKeepsPath(ctx, a.Tx, "name"); err != nil {
		return nil, err
	}
	if resource.ID(name) == found[0].ParentID {
		parent, err := a.findVersions(ctx, name)
		if err == nil {
			a.faults.Add("parent", words.SamePlace(parent.title()))
		}
		return nil, err
	}
	parent, err := a.findParent(ctx, "parent", name, found.movedBy)
	if err != nil || parent == nil {
		return nil, err
	}
	return parent, a.checkNewParent(ctx, "parent", found.path(), found[0].Level, parent)
}

// checkNewParent checks that a subtree may lie under a unit: no circle, no level above the unit's, no tree too deep.
func (a *treeChange) checkNewParent(ctx context.Context, field, path string, level int16, parent unitVersions) error {
	id := access.LastPathID(path)
	if slices.Contains(strings.Split(parent.path(), "."), id) {
		a.faults.Add(field, words.BelowItself(words.Untitled(resource.Name(resource.Units, id))))
		return nil
	}
	if level < parent[0].Level {
		unit := words.Untitled(resource.Name(resource.Units, id))
		a.faults.Add(field, words.LevelBelow(unit, typev1.Level(parent[0].Level).String()))
	}
	deepest, err := a.DeepestFrom(ctx, db.DeepestFromParams{Path: path, Day: a.day})
	if depth := int(deepest) - strings.Count(path, ".") + strings.Count(parent.path(), ".") + 1; depth > maxDepth {
		a.faults.Add(field, words.TooDeep(strconv.Itoa(maxDepth)))
	}
	return err
}

// checkSystemParent checks that a unit can come under another on the system line, now and under all that is planned.
func (a *treeChange) checkSystemParent(ctx context.Context, found unitVersions, name string) error {
	above, err := a.findAbove(ctx, "system_parent", name, found.movedBy)
	if err != nil || above == nil {
		return err
	}
	if !above.isPermanent() {
		says, err := missing(ctx, a.Tx, name, lastDay)
		a.faults.Add("system_parent", says)
		return err
	}
	if above.id() == found[0].SystemParentID {
		a.faults.Add("system_parent", words.SamePlace(above.title()))
	}
	line, err := a.SystemLineFrom(ctx, db.SystemLineFromParams{UnitID: above.id(), Day: a.day})
	if slices.Contains(line, found.id()) {
		a.faults.Add("system_parent", words.BelowItself(found.title()))
	}
	return err
}

// move writes the move.
func (a *treeChange) move(ctx context.Context, found, parent unitVersions, req *networkv1.MoveUnitRequest) error {
	if err := a.startVersions(ctx, found.id()); err != nil {
		return err
	}
	if req.GetSystemParent() != "" || req.GetOffSystemLine() {
		from, to := found[0].SystemParentID, resource.ID(req.GetSystemParent())
		p := db.SetSystemParentParams{UnitIds: []string{found.id()}, FromID: from, ToID: to, Day: a.day}
		if err := a.SetSystemParent(ctx, p); err != nil {
			return err
		}
		if err := a.tellOfMove(ctx, found.id(), from, to, movedInSystem(from, to)); err != nil {
			return err
		}
	}
	if parent != nil {
		if err := a.reparent(ctx, []string{found.id()}, parentPath(found.path()), parent.path()); err != nil {
			return err
		}
		if err := a.tellOfMove(ctx, found.id(), found[0].ParentID, parent.id(), words.InboxUnitMoved); err != nil {
			return err
		}
		a.recordUnit(parent)
	}
	a.recordUnit(found)
	return nil
}

// movedInSystem is what is said of a unit that goes from under one on the system line under another, either of which may be none.
func movedInSystem(from, to string) func(unit, date, from, to string) words.Sentence {
	switch {
	case from == "":
		return func(unit, date, _, to string) words.Sentence { return words.InboxUnitPutOnSystemLine(unit, date, to) }
	case to == "":
		return func(unit, date, from, _ string) words.Sentence {
			return words.InboxUnitTakenOffSystemLine(unit, date, from)
		}
	default:
		return words.InboxUnitMovedInSystem
	}
}

// reparent puts units, with all below them, from under one unit under another, planned versions included.
func (a *treeChange) reparent(ctx context.Context, ids []string, from, to string) error {
	if len(ids) == 0 {
		return nil
	}
	a.placed = append(a.placed, ids...)
	oldPaths, newPaths := make([]string, len(ids)), make([]string, len(ids))
	for i, id := range ids {
		oldPaths[i], newPaths[i] = from+"."+id, to+"."+id
		a.moves = append(a.moves, move{from: oldPaths[i], to: newPaths[i]})
	}
	if err := a.saveUndo(ctx, nil, oldPaths); err != nil {
		return err
	}
	if err := a.StartSubtreeVersions(
		ctx,
		db.StartSubtreeVersionsParams{Paths: oldPaths, Day: a.day, ChangeKey: a.changeKey},
	); err != nil {
		return err
	}
	if err := a.SetParent(
		ctx,
		db.SetParentParams{UnitIds: ids, FromID: access.LastPathID(from), ToID: access.LastPathID(to), Day: a.day},
	); err != nil {
		return err
	}
	return a.SetPathPrefixes(ctx, db.SetPathPrefixesParams{FromPrefixes: oldPaths, ToPrefixes: newPaths, Day: a.day})
}

// parentPath is the path of the unit above.
func parentPath(path string) string { return path[:max(0, strings.LastIndexByte(path, '.'))] }
