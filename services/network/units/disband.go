package units

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// DisbandUnit ends a unit.
func (s *Server) DisbandUnit(ctx context.Context, req *networkv1.DisbandUnitRequest) (*networkv1.Unit, error) {
	return changeTree(ctx, s, networkv1.TreeAct_TREE_ACT_DISBAND, req,
		func(ctx context.Context, a *treeChange) (*networkv1.Unit, error) {
			e, err := a.findEnding(ctx, "name", req.GetName(), req.GetEtag())
			if err != nil {
				return nil, err
			}
			successor, err := a.checkDisband(ctx, e, req.GetChildrenTo())
			if err != nil {
				return nil, err
			}
			if err := a.end(ctx, e, successor.path()); err != nil {
				return nil, err
			}
			if err := a.reparentChildren(ctx, e, successor.path()); err != nil {
				return nil, err
			}
			a.tell(ctx, words.InboxUnitDisbanded(e.unitVersions[0].Title, a.day.String(), successor[0].Title),
				append(e.concerned(), successor.id())...)
			return a.answer(ctx, unitOf(e.unitVersions[0]))
		})
}

// checkDisband finds all faults, and the unit that has the records since.
func (a *treeChange) checkDisband(ctx context.Context, e *endingUnit, to string) (unitVersions, error) {
	if to == "" {
		if orphanedIDs := e.orphaned(); len(orphanedIDs) > 0 {
			return nil, e.errOrphans("children_to", orphanedIDs)
		}
		return a.VersionsFrom(ctx, db.VersionsFromParams{UnitID: e.unitVersions[0].ParentID, Day: a.day})
	}
	successor, err := a.findParent(ctx, "children_to", to)
	if err != nil {
		return nil, err
	}
	if successor != nil {
		if err := a.checkSuccessor(ctx, "children_to", e, successor); err != nil {
			return nil, err
		}
	}
	return successor, a.faults.Err()
}

// orphaned are the units that would have no unit above.
func (e *endingUnit) orphaned() []string {
	ids := make([]string, 0, len(e.children)+len(e.systemChildren))
	for _, child := range e.children {
		ids = append(ids, child.UnitID)
	}
	for _, child := range e.systemChildren {
		ids = append(ids, child.UnitID)
	}
	return ids
}
