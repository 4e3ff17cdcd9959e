package units

import (
	"context"
	"slices"
	"strconv"
	"strings"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// MoveUnit puts a unit under another.
func (s *Server) MoveUnit(ctx context.Context, req *networkv1.MoveUnitRequest) (*networkv1.Unit, error) {
	return change(ctx, s, networkv1.TreeAct_TREE_ACT_MOVE, req, func(ctx context.Context, a *act) (*networkv1.Unit, error) {
		found, err := a.unit(ctx, req.GetName())
		if err != nil {
			return nil, err
		}
		parent, err := a.checkMove(ctx, found, req)
		if err != nil {
			return nil, err
		}
		if err := a.relocate(ctx, found, parent, req); err != nil {
			return nil, err
		}
		unit, err := a.after(ctx, req.GetName())
		return unit, err
	})
}

// checkMove finds all faults of a move, and whether the caller may make it. It returns the new parent, if there is one.
func (a *act) checkMove(ctx context.Context, found standing, req *networkv1.MoveUnitRequest) (standing, error) {
	switch {
	case req.GetParent() == "" && req.GetSystemParent() == "" && !req.GetOffSystemLine():
		a.faults.Add("parent", "required")
	case req.GetSystemParent() != "" && req.GetOffSystemLine():
		a.faults.Add("system_parent", "contradiction")
	}
	var parent standing
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
	if err := found.match(req.GetEtag()); err != nil {
		return nil, err
	}
	return parent, a.builder.may(toChange, unitOf(found[0]))
}

// checkParent checks that a unit can come under another on the territory line and stay there.
func (a *act) checkParent(ctx context.Context, found standing, name string) (standing, error) {
	if found[0].ParentID == "" {
		return nil, rootStays(found, "name")
	}
	if err := found.mustStay("name"); err != nil {
		return nil, err
	}
	parent, err := a.place(ctx, "parent", name)
	if err != nil || parent == nil {
		return nil, err
	}
	if parent.id() == found[0].ParentID {
		a.faults.Add("parent", "same_place", "unit", parent.id())
	}
	return parent, a.checkUnder(ctx, "parent", found.path(), found[0].Level, parent)
}

// checkUnder checks that a subtree may lie under a unit: no circle, no level above the unit's, no tree too deep.
func (a *act) checkUnder(ctx context.Context, field, path string, level int16, parent standing) error {
	id := lastID(path)
	if slices.Contains(strings.Split(parent.path(), "."), id) {
		a.faults.Add(field, "below_itself", "unit", id)
		return nil
	}
	if level < parent[0].Level {
		a.faults.Add(field, "level_below", "level", typev1.Level(parent[0].Level).String())
	}
	deepest, err := a.DeepestFrom(ctx, db.DeepestFromParams{Path: path, Day: a.from()})
	if depth := int(deepest) - strings.Count(path, ".") + strings.Count(parent.path(), ".") + 1; depth > maxDepth {
		a.faults.Add(field, "too_deep", "limit", strconv.Itoa(maxDepth))
	}
	return err
}

// checkSystemParent checks that a unit can come under another on the system line, now and under all that is planned.
func (a *act) checkSystemParent(ctx context.Context, found standing, name string) error {
	above, err := a.unit(ctx, name)
	if fault.IsNotFound(err) || err == nil && !above.lasts() {
		a.faults.Add("system_parent", "unknown_unit", "unit", resource.ID(name))
		return nil
	}
	if err != nil {
		return err
	}
	if above.id() == found[0].SystemParentID {
		a.faults.Add("system_parent", "same_place", "unit", above.id())
	}
	line, err := a.SystemLineFrom(ctx, db.SystemLineFromParams{UnitID: above.id(), Day: a.from()})
	if slices.Contains(line, found.id()) {
		a.faults.Add("system_parent", "below_itself", "unit", found.id())
	}
	return err
}

// relocate writes the move.
func (a *act) relocate(ctx context.Context, found, parent standing, req *networkv1.MoveUnitRequest) error {
	if err := a.cut(ctx, found.id()); err != nil {
		return err
	}
	if req.GetSystemParent() != "" || req.GetOffSystemLine() {
		if err := a.SetSystemParent(ctx, db.SetSystemParentParams{
			UnitIds: []string{found.id()}, FromID: found[0].SystemParentID, ToID: resource.ID(req.GetSystemParent()), Day: a.from(),
		}); err != nil {
			return err
		}
	}
	if parent != nil {
		if err := a.replant(ctx, []string{found.id()}, parentPath(found.path()), parent.path()); err != nil {
			return err
		}
		a.touch(parent)
	}
	a.touch(found)
	return nil
}

// replant puts units, with all below them, from under one unit under another, planned versions included.
func (a *act) replant(ctx context.Context, ids []string, from, to string) error {
	if len(ids) == 0 {
		return nil
	}
	olds, news := make([]string, len(ids)), make([]string, len(ids))
	for i, id := range ids {
		olds[i], news[i] = from+"."+id, to+"."+id
		a.moves = append(a.moves, move{olds[i], news[i]})
	}
	if err := a.keep(ctx, nil, olds); err != nil {
		return err
	}
	if err := a.CutSubtrees(ctx, db.CutSubtreesParams{Paths: olds, Day: a.from(), ActKey: a.key}); err != nil {
		return err
	}
	if err := a.SetParent(ctx, db.SetParentParams{UnitIds: ids, FromID: lastID(from), ToID: lastID(to), Day: a.from()}); err != nil {
		return err
	}
	return a.RepathUnits(ctx, db.RepathUnitsParams{FromPrefixes: olds, ToPrefixes: news, Day: a.from()})
}

// parentPath is the path of the unit above.
func parentPath(path string) string { return path[:max(0, strings.LastIndexByte(path, '.'))] }

// lastID is the unit a path leads to.
func lastID(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }
