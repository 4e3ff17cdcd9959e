package units

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// SplitUnit makes several units out of one.
func (s *Server) SplitUnit(ctx context.Context, req *networkv1.SplitUnitRequest) (*networkv1.SplitUnitResponse, error) {
	return changeTree(
		ctx,
		s,
		networkv1.TreeAct_TREE_ACT_SPLIT,
		req,
		func(ctx context.Context, a *treeChange) (*networkv1.SplitUnitResponse, error) {
			e, err := a.findSplit(ctx, req)
			if err != nil {
				return nil, err
			}
			if err := a.checkParts(req, e); err != nil {
				return nil, err
			}
			created, err := a.split(ctx, req, e)
			if err != nil {
				return nil, err
			}
			resp := &networkv1.SplitUnitResponse{}
			for _, m := range created {
				unit, err := a.readResult(ctx, m.name())
				if err != nil {
					return nil, err
				}
				resp.Units = append(resp.Units, unit)
			}
			return resp, nil
		},
	)
}

// findSplit finds the unit to split: it ends, or goes on as it is.
func (a *treeChange) findSplit(ctx context.Context, req *networkv1.SplitUnitRequest) (*endingUnit, error) {
	if !req.GetKeep() {
		return a.findEnding(ctx, "name", req.GetName(), req.GetEtag())
	}
	found, err := a.findUnit(ctx, "name", req.GetName())
	if err != nil {
		return nil, err
	}
	if err := found.checkEtag(req.GetEtag()); err != nil {
		return nil, err
	}
	if err := found.requireKeepsPath(ctx, a.Tx, "name"); err != nil {
		return nil, err
	}
	if err := a.builder.authorize(ctx, toChange, unitOf(found[0])); err != nil {
		return nil, err
	}
	below, err := a.ChildrenFrom(ctx, db.ChildrenFromParams{Path: found.path(), ParentID: found.id(), Day: a.day})
	return &endingUnit{unitVersions: found, children: below}, err
}

// checkParts checks that every unit below the old one goes to one part; if it goes on, some may stay.
func (a *treeChange) checkParts(req *networkv1.SplitUnitRequest, e *endingUnit) error {
	unassigned := map[string]bool{}
	for _, child := range e.children {
		unassigned[child.UnitID] = true
	}
	for i, part := range req.GetParts() {
		for j, name := range part.GetChildren() {
			if id := resource.ID(name); !unassigned[id] {
				a.faults.Add(fmt.Sprintf("parts[%d].children[%d]", i, j), words.NotGiven(words.Untitled(name), e.title()))
			}
			delete(unassigned, resource.ID(name))
		}
	}
	if err := a.faults.Err(); err != nil {
		return err
	}
	var left []string
	for _, child := range e.children {
		if unassigned[child.UnitID] {
			left = append(left, child.UnitID)
		}
	}
	if len(left) > 0 && !req.GetKeep() {
		return e.errOrphans("parts", left)
	}
	return nil
}

// split makes the parts, once the code of a unit that ends is free, and gives each its share. The first has the records of a
// unit that ends, and what hung from it on the system line.
func (a *treeChange) split(ctx context.Context, req *networkv1.SplitUnitRequest, e *endingUnit) ([]unitVersions, error) {
	if req.GetKeep() {
		// What the unit was planned to be is not cancelled before the parts that came of it.
		if err := a.saveUndo(ctx, []string{e.id()}, nil); err != nil {
			return nil, err
		}
	} else if err := a.endVersions(ctx, e); err != nil {
		return nil, err
	}
	created, err := a.createUnits(ctx, parts(ctx, req, e), func(i int) string { return fmt.Sprintf("parts[%d].", i) })
	if err != nil {
		return nil, err
	}
	shares, levels := make([][]string, len(created)), map[string]int16{}
	for _, child := range e.children {
		levels[child.UnitID] = child.Level
	}
	for i, part := range req.GetParts() {
		for j, name := range part.GetChildren() {
			id, field := resource.ID(name), fmt.Sprintf("parts[%d].children[%d]", i, j)
			if err := a.checkNewParent(ctx, field, e.path()+"."+id, levels[id], created[i]); err != nil {
				return nil, err
			}
			shares[i] = append(shares[i], id)
		}
	}
	if err := a.faults.Err(); err != nil {
		return nil, err
	}
	return created, a.distributeChildren(ctx, e, created, shares, req.GetKeep())
}

func (a *treeChange) distributeChildren(ctx context.Context, e *endingUnit, created []unitVersions, shares [][]string,
	keep bool,
) error {
	successors := make([]string, len(created))
	for i, part := range created {
		successors[i] = part.id()
		if err := a.reparent(ctx, shares[i], e.path(), part.path()); err != nil {
			return err
		}
	}
	a.tellOfSplit(ctx, e, created, keep)
	if keep {
		a.recordUnit(e.unitVersions)
		return a.AddSuccessions(ctx, db.AddSuccessionsParams{UnitID: e.id(), SuccessorIds: successors, ChangeKey: a.changeKey})
	}
	if err := a.reparentSystemChildren(ctx, e, created[0].id()); err != nil {
		return err
	}
	return a.end(ctx, e, created[0].path(), successors...)
}

// tellOfSplit tells a unit, its parts, and those above and below them.
func (a *treeChange) tellOfSplit(ctx context.Context, e *endingUnit, created []unitVersions, keep bool) {
	told, parts := e.concerned(), make([]*networkv1.Unit, len(created))
	for i, part := range created {
		parts[i] = unitOf(part[0])
		told = append(told, part.id(), part[0].ParentID)
	}
	says := words.InboxUnitSplit(e.unitVersions[0].Title, a.day.String(), titled(parts))
	if keep {
		says = words.InboxUnitSplitOff(a.day.String(), e.unitVersions[0].Title, titled(parts))
	}
	a.tell(ctx, says, told...)
}

// parts are the parts of a split as units to create, below the old unit's parent where they name none. To an agency that does
// not reach that parent they come as the old unit did, along the system line.
func parts(ctx context.Context, req *networkv1.SplitUnitRequest, e *endingUnit) []*networkv1.CreateUnitRequest {
	old := e.unitVersions[0]
	list := make([]*networkv1.CreateUnitRequest, len(req.GetParts()))
	for i, part := range req.GetParts() {
		unit, _ := proto.Clone(part.GetUnit()).(*networkv1.Unit)
		if unit.GetParent() == "" {
			unit.Parent = resource.Name(resource.Units, old.ParentID)
			if unit.GetSystemParent() == "" && !access.Reaches(ctx, parentPath(old.Path)) {
				unit.SystemParent = resource.Name(resource.Units, old.SystemParentID)
			}
		}
		list[i] = &networkv1.CreateUnitRequest{UnitId: part.GetUnitId(), Unit: unit}
	}
	return list
}

// createUnits plants new units from the day of the act on.
func (a *treeChange) createUnits(
	ctx context.Context,
	list []*networkv1.CreateUnitRequest,
	prefix func(int) string,
) ([]unitVersions, error) {
	ids := make([]string, len(list))
	for i, req := range list {
		req.Unit.EffectiveFrom = a.day.String()
		ids[i] = req.GetUnitId()
	}
	if err := a.saveUndo(ctx, ids, nil); err != nil {
		return nil, err
	}
	if _, err := a.server.createUnits(ctx, a.Tx, list, prefix); err != nil {
		return nil, err
	}
	created := make([]unitVersions, len(list))
	for i, req := range list {
		var err error
		if created[i], err = a.VersionsFrom(ctx, db.VersionsFromParams{
			UnitID: req.GetUnitId(), Day: a.day,
		}); err != nil {
			return nil, err
		}
	}
	return created, nil
}
