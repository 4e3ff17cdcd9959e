package units

import (
	"context"
	"slices"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// DisbandUnit ends a unit, or takes its founding back where the day is its first and still to come.
func (s *Server) DisbandUnit(ctx context.Context, req *networkv1.DisbandUnitRequest) (*networkv1.Unit, error) {
	return changeTree(ctx, s, networkv1.TreeAct_TREE_ACT_DISBAND, req,
		func(ctx context.Context, a *treeChange) (*networkv1.Unit, error) {
			e, err := a.findLeaving(ctx, "name", req.GetName(), req.GetEtag())
			if err != nil {
				return nil, err
			}
			if !e.existed {
				return a.takeBackFounding(ctx, e)
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

// takeBackFounding has a unit that is to come never be, unless something names it (ADR 025). Once its day has come, other
// services may name it too: it ends the day after at the earliest.
func (a *treeChange) takeBackFounding(ctx context.Context, e *endingUnit) (*networkv1.Unit, error) {
	if a.day == a.today {
		return nil, fault.Precondition(words.FoundedToday(e.title(), a.day.AddDays(1).String())).OnField("name")
	}
	namers, err := namersOf(ctx, a.Tx, e.id(), e.path(), a.today, e.orphaned()...)
	if err != nil {
		return nil, err
	}
	if len(namers) > 0 {
		return nil, fault.Precondition(words.UnitNamed(e.title(), words.List(namers...))).OnField("name")
	}
	if err := a.endVersions(ctx, e); err != nil {
		return nil, err
	}
	if err := a.DeleteMessagesTo(ctx, e.id()); err != nil {
		return nil, err
	}
	a.recordUnit(e.unitVersions)
	a.tellOnce(ctx, words.InboxUnitNotFounded(a.day.String(), e.unitVersions[0].Title),
		e.unitVersions[0].ParentID, e.unitVersions[0].SystemParentID)
	return a.answer(ctx, unitOf(e.unitVersions[0]))
}

// checkDisband finds all faults, and the unit that has the records since.
func (a *treeChange) checkDisband(ctx context.Context, e *endingUnit, to string) (unitVersions, error) {
	if to == "" {
		if orphanedIDs := e.orphaned(); len(orphanedIDs) > 0 {
			return nil, e.errOrphans("children_to", orphanedIDs)
		}
		return a.VersionsFrom(ctx, db.VersionsFromParams{UnitID: a.above(e), Day: a.day})
	}
	successor, err := a.findParent(ctx, "children_to", to, endedBy(e))
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

// above is the unit above one that ends, on the line along which it is ended: an agency keeps what a unit of its system had (C2).
func (a *treeChange) above(e *endingUnit) string {
	line := strings.Split(e.path(), ".")
	parent := strings.Join(line[:len(line)-1], ".")
	if e.unitVersions[0].SystemParentID == "" || a.builder.administrator ||
		slices.Contains(line, resource.ID(a.builder.Unit.GetName())) || a.builder.System.Has(parent) {
		return e.unitVersions[0].ParentID
	}
	return e.unitVersions[0].SystemParentID
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
