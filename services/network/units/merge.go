package units

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// MergeUnits makes units one.
func (s *Server) MergeUnits(ctx context.Context, req *networkv1.MergeUnitsRequest) (*networkv1.Unit, error) {
	return changeTree(ctx, s, networkv1.TreeAct_TREE_ACT_MERGE, req,
		func(ctx context.Context, a *treeChange) (*networkv1.Unit, error) {
			a.checkMergeRequest(req)
			endings, err := a.findMerged(ctx, req)
			if err != nil {
				return nil, err
			}
			successor, err := a.successor(ctx, req, endings)
			if err != nil {
				return nil, err
			}
			for _, e := range endings {
				if err := a.checkSuccessor(ctx, successorField(req), e, successor); err != nil {
					return nil, err
				}
			}
			if err := a.faults.Err(); err != nil {
				return nil, err
			}
			if err := a.merge(ctx, endings, successor); err != nil {
				return nil, err
			}
			unit, err := a.readResult(ctx, successor.name())
			return unit, err
		})
}

// successorField is the request field that says who goes on.
func successorField(req *networkv1.MergeUnitsRequest) string {
	if req.GetInto() != "" {
		return "into"
	}
	return "new_unit"
}

// checkMergeRequest finds what contradicts itself in a request.
func (a *treeChange) checkMergeRequest(req *networkv1.MergeUnitsRequest) {
	asksNew := req.GetNewUnitId() != "" || req.GetNewUnit() != nil
	switch {
	case req.GetInto() == "" && !asksNew:
		a.faults.Add("into", words.Required())
	case req.GetInto() != "" && asksNew:
		a.faults.Add("into", words.Contradiction())
	case asksNew && req.GetNewUnitId() == "":
		a.faults.Add("new_unit_id", words.Required())
	case asksNew && req.GetNewUnit() == nil:
		a.faults.Add("new_unit", words.Required())
	}
	seen := map[string]bool{req.GetInto(): true}
	for i, u := range req.GetUnits() {
		if seen[u.GetName()] {
			a.faults.Add(fmt.Sprintf("units[%d].name", i), words.Duplicate(resource.ID(u.GetName())))
		}
		seen[u.GetName()] = true
	}
}

// findMerged finds the units that a merger ends, the deepest first; what hangs from one and ends too is not inherited.
func (a *treeChange) findMerged(ctx context.Context, req *networkv1.MergeUnitsRequest) ([]*endingUnit, error) {
	if err := a.faults.Err(); err != nil {
		return nil, err
	}
	ends, endings := map[string]bool{}, make([]*endingUnit, 0, len(req.GetUnits()))
	for i, u := range req.GetUnits() {
		e, err := a.findEnding(ctx, fmt.Sprintf("units[%d].name", i), u.GetName(), u.GetEtag())
		if err != nil {
			return nil, err
		}
		ends[e.id()] = true
		endings = append(endings, e)
	}
	for _, e := range endings {
		e.children = slices.DeleteFunc(e.children, func(c db.ChildrenFromRow) bool { return ends[c.UnitID] })
		e.systemChildren = slices.DeleteFunc(e.systemChildren, func(c db.SystemChildrenFromRow) bool { return ends[c.UnitID] })
	}
	slices.SortStableFunc(endings, func(x, y *endingUnit) int {
		return cmp.Compare(strings.Count(y.path(), "."), strings.Count(x.path(), "."))
	})
	return endings, nil
}

// successor is the unit that goes on. A new one is created after the codes of the ending units are free.
func (a *treeChange) successor(ctx context.Context, req *networkv1.MergeUnitsRequest, endings []*endingUnit) (
	unitVersions, error,
) {
	if req.GetInto() != "" {
		ended := endedBy(endings...)
		successor, err := a.findParent(ctx, "into", req.GetInto(), func(b *builder, into *networkv1.Unit) bool {
			return ended(b, into) && b.may(toChange, into)
		})
		if err != nil {
			return nil, err
		}
		if err := a.faults.Err(); err != nil {
			return nil, err
		}
		return successor, a.builder.authorize(ctx, toChange, unitOf(successor[0]))
	}
	for _, e := range endings {
		if err := a.endVersions(ctx, e); err != nil {
			return nil, err
		}
	}
	unit, _ := proto.Clone(req.GetNewUnit()).(*networkv1.Unit)
	created, err := a.createUnits(
		ctx,
		[]*networkv1.CreateUnitRequest{{UnitId: req.GetNewUnitId(), Unit: unit}},
		func(int) string { return "new_" },
	)
	if err != nil {
		return nil, err
	}
	return created[0], nil
}

func (a *treeChange) merge(ctx context.Context, endings []*endingUnit, successor unitVersions) error {
	for _, e := range endings {
		if err := a.end(ctx, e, successor.path(), successor.id()); err != nil {
			return err
		}
		if err := a.reparentChildren(ctx, e, successor.path()); err != nil {
			return err
		}
	}
	a.recordUnit(successor)
	a.tellOfMerger(ctx, endings, successor)
	return nil
}

// tellOfMerger tells the units that became one, that one, and those above and below them.
func (a *treeChange) tellOfMerger(ctx context.Context, endings []*endingUnit, successor unitVersions) {
	told, ended := []string{successor.id(), successor[0].ParentID}, make([]*networkv1.Unit, len(endings))
	for i, e := range endings {
		ended[i] = unitOf(e.unitVersions[0])
		told = append(told, e.concerned()...)
	}
	a.tell(ctx, words.InboxUnitsMerged(titled(ended), a.day.String(), successor[0].Title), told...)
}
