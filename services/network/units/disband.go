package units

import (
	"context"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
)

// DisbandUnit ends a unit.
func (s *Server) DisbandUnit(ctx context.Context, req *networkv1.DisbandUnitRequest) (*networkv1.Unit, error) {
	return change(ctx, s, networkv1.TreeAct_TREE_ACT_DISBAND, req, func(ctx context.Context, a *act) (*networkv1.Unit, error) {
		e, err := a.ending(ctx, "name", req.GetName(), req.GetEtag())
		if err != nil {
			return nil, err
		}
		heir, err := a.checkDisband(ctx, e, req.GetChildrenTo())
		if err != nil {
			return nil, err
		}
		if err := a.end(ctx, e, heir); err != nil {
			return nil, err
		}
		return unitOf(e.standing[0]), a.inherit(ctx, e, heir)
	})
}

// checkDisband finds all faults, and the path of the unit that has the records since.
func (a *act) checkDisband(ctx context.Context, e *ending, to string) (string, error) {
	if to == "" {
		if hanging := e.hanging(); len(hanging) > 0 {
			return "", orphans("children_to", e.name(), hanging)
		}
		return parentPath(e.path()), nil
	}
	heir, err := a.place(ctx, "children_to", to)
	if err != nil {
		return "", err
	}
	if heir != nil {
		if err := a.checkHeir(ctx, "children_to", e, heir); err != nil {
			return "", err
		}
	}
	if err := a.faults.Err(); err != nil {
		return "", err
	}
	return heir.path(), nil
}

// hanging are all units that hang from it.
func (e *ending) hanging() []string {
	ids := make([]string, 0, len(e.below)+len(e.system))
	for _, child := range e.below {
		ids = append(ids, child.UnitID)
	}
	for _, child := range e.system {
		ids = append(ids, child.UnitID)
	}
	return ids
}
