package units

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// SplitUnit makes several units out of one.
func (s *Server) SplitUnit(ctx context.Context, req *networkv1.SplitUnitRequest) (*networkv1.SplitUnitResponse, error) {
	return change(ctx, s, networkv1.TreeAct_TREE_ACT_SPLIT, req, func(ctx context.Context, a *act) (*networkv1.SplitUnitResponse, error) {
		e, err := a.splitting(ctx, req)
		if err != nil {
			return nil, err
		}
		if err := a.checkShares(req, e); err != nil {
			return nil, err
		}
		made, err := a.split(ctx, req, e)
		if err != nil {
			return nil, err
		}
		answer := &networkv1.SplitUnitResponse{}
		for _, m := range made {
			unit, err := a.after(ctx, m.name())
			if err != nil {
				return nil, err
			}
			answer.Units = append(answer.Units, unit)
		}
		return answer, nil
	})
}

// splitting finds the unit to split: it ends, or goes on as it is.
func (a *act) splitting(ctx context.Context, req *networkv1.SplitUnitRequest) (*ending, error) {
	if !req.GetKeep() {
		return a.ending(ctx, "name", req.GetName(), req.GetEtag())
	}
	found, err := a.unit(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	if err := errors.Join(found.match(req.GetEtag()), found.mustStay("name"), a.builder.may(toChange, unitOf(found[0]))); err != nil {
		return nil, err
	}
	below, err := a.ChildrenFrom(ctx, db.ChildrenFromParams{Path: found.path(), ParentID: found.id(), Day: a.from()})
	return &ending{standing: found, below: below}, err
}

// checkShares checks that every unit below the old one goes to one part; if it goes on, some may stay.
func (a *act) checkShares(req *networkv1.SplitUnitRequest, e *ending) error {
	unassigned := map[string]bool{}
	for _, child := range e.below {
		unassigned[child.UnitID] = true
	}
	for i, part := range req.GetParts() {
		for j, name := range part.GetChildren() {
			if id := resource.ID(name); !unassigned[id] {
				a.faults.Add(fmt.Sprintf("parts[%d].children[%d]", i, j), "not_given", "child", id, "unit", e.id())
			}
			delete(unassigned, resource.ID(name))
		}
	}
	if err := a.faults.Err(); err != nil {
		return err
	}
	var left []string
	for _, child := range e.below {
		if unassigned[child.UnitID] {
			left = append(left, child.UnitID)
		}
	}
	if len(left) > 0 && !req.GetKeep() {
		return orphans("parts", e.name(), left)
	}
	return nil
}

// split makes the parts, once the code of a unit that ends is free, and gives each its share. The first has the records of a
// unit that ends, and what hung from it on the system line.
func (a *act) split(ctx context.Context, req *networkv1.SplitUnitRequest, e *ending) ([]standing, error) {
	if !req.GetKeep() {
		if err := a.last(ctx, e); err != nil {
			return nil, err
		}
	}
	made, err := a.create(ctx, parts(req, e), func(i int) string { return fmt.Sprintf("parts[%d].", i) })
	if err != nil {
		return nil, err
	}
	shares, levels := make([][]string, len(made)), map[string]int16{}
	for _, child := range e.below {
		levels[child.UnitID] = child.Level
	}
	for i, part := range req.GetParts() {
		for j, name := range part.GetChildren() {
			id, field := resource.ID(name), fmt.Sprintf("parts[%d].children[%d]", i, j)
			if err := a.checkUnder(ctx, field, e.path()+"."+id, levels[id], made[i]); err != nil {
				return nil, err
			}
			shares[i] = append(shares[i], id)
		}
	}
	if err := a.faults.Err(); err != nil {
		return nil, err
	}
	return made, a.share(ctx, e, made, shares, req.GetKeep())
}

func (a *act) share(ctx context.Context, e *ending, made []standing, shares [][]string, keep bool) error {
	successors := make([]string, len(made))
	for i, part := range made {
		successors[i] = part.id()
		if err := a.replant(ctx, shares[i], e.path(), part.path()); err != nil {
			return err
		}
	}
	if keep {
		a.touch(e.standing)
		return a.AddSuccessions(ctx, db.AddSuccessionsParams{UnitID: e.id(), SuccessorIds: successors, ActKey: a.key})
	}
	if err := a.inheritSystem(ctx, e, made[0].id()); err != nil {
		return err
	}
	return a.end(ctx, e, made[0].path(), successors...)
}

// parts are the parts of a split as units to create, below the old unit's parent where they name none.
func parts(req *networkv1.SplitUnitRequest, e *ending) []*networkv1.CreateUnitRequest {
	list := make([]*networkv1.CreateUnitRequest, len(req.GetParts()))
	for i, part := range req.GetParts() {
		unit, _ := proto.Clone(part.GetUnit()).(*networkv1.Unit)
		if unit.GetParent() == "" {
			unit.Parent = resource.Name(resource.Units, e.standing[0].ParentID)
		}
		list[i] = &networkv1.CreateUnitRequest{UnitId: part.GetUnitId(), Unit: unit}
	}
	return list
}

// create plants new units from the day of the act on.
func (a *act) create(ctx context.Context, list []*networkv1.CreateUnitRequest, prefix func(int) string) ([]standing, error) {
	ids := make([]string, len(list))
	for i, req := range list {
		req.Unit.EffectiveFrom = a.day.String()
		ids[i] = req.GetUnitId()
	}
	if err := a.keep(ctx, ids, nil); err != nil {
		return nil, err
	}
	if _, err := a.server.plant(ctx, a.Tx, list, prefix); err != nil {
		return nil, err
	}
	made := make([]standing, len(list))
	for i, req := range list {
		var err error
		if made[i], err = a.VersionsFrom(ctx, db.VersionsFromParams{UnitID: req.GetUnitId(), Day: a.from()}); err != nil {
			return nil, err
		}
	}
	return made, nil
}
