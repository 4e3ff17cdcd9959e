package units

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// MergeUnits makes units one.
func (s *Server) MergeUnits(ctx context.Context, req *networkv1.MergeUnitsRequest) (*networkv1.Unit, error) {
	return change(ctx, s, networkv1.TreeAct_TREE_ACT_MERGE, req, func(ctx context.Context, a *act) (*networkv1.Unit, error) {
		a.checkMergeRequest(req)
		endings, err := a.merged(ctx, req)
		if err != nil {
			return nil, err
		}
		heir, err := a.survivor(ctx, req, endings)
		if err != nil {
			return nil, err
		}
		for _, e := range endings {
			if err := a.checkHeir(ctx, heirField(req), e, heir); err != nil {
				return nil, err
			}
		}
		if err := a.faults.Err(); err != nil {
			return nil, err
		}
		if err := a.merge(ctx, endings, heir); err != nil {
			return nil, err
		}
		unit, err := a.after(ctx, heir.name())
		return unit, err
	})
}

// heirField is the request field that says who goes on.
func heirField(req *networkv1.MergeUnitsRequest) string {
	if req.GetInto() != "" {
		return "into"
	}
	return "new_unit"
}

// checkMergeRequest finds what contradicts itself in a request.
func (a *act) checkMergeRequest(req *networkv1.MergeUnitsRequest) {
	asksNew := req.GetNewUnitId() != "" || req.GetNewUnit() != nil
	switch {
	case req.GetInto() == "" && !asksNew:
		a.faults.Add("into", "required")
	case req.GetInto() != "" && asksNew:
		a.faults.Add("into", "contradiction")
	case asksNew && req.GetNewUnitId() == "":
		a.faults.Add("new_unit_id", "required")
	case asksNew && req.GetNewUnit() == nil:
		a.faults.Add("new_unit", "required")
	}
	seen := map[string]bool{req.GetInto(): true}
	for i, u := range req.GetUnits() {
		if seen[u.GetName()] {
			a.faults.Add(fmt.Sprintf("units[%d].name", i), "duplicate", "id", resource.ID(u.GetName()))
		}
		seen[u.GetName()] = true
	}
}

// merged finds the units that a merger ends, the deepest first; what hangs from one and ends too is not inherited.
func (a *act) merged(ctx context.Context, req *networkv1.MergeUnitsRequest) ([]*ending, error) {
	if err := a.faults.Err(); err != nil {
		return nil, err
	}
	ends, endings := map[string]bool{}, make([]*ending, 0, len(req.GetUnits()))
	for i, u := range req.GetUnits() {
		e, err := a.ending(ctx, fmt.Sprintf("units[%d].name", i), u.GetName(), u.GetEtag())
		if err != nil {
			return nil, err
		}
		ends[e.id()] = true
		endings = append(endings, e)
	}
	for _, e := range endings {
		e.below = slices.DeleteFunc(e.below, func(c db.ChildrenFromRow) bool { return ends[c.UnitID] })
		e.system = slices.DeleteFunc(e.system, func(c db.SystemChildrenFromRow) bool { return ends[c.UnitID] })
	}
	slices.SortStableFunc(endings, func(x, y *ending) int {
		return cmp.Compare(strings.Count(y.path(), "."), strings.Count(x.path(), "."))
	})
	return endings, nil
}

// survivor is the unit that goes on; a new one is planted, once the codes of those that end are free.
func (a *act) survivor(ctx context.Context, req *networkv1.MergeUnitsRequest, endings []*ending) (standing, error) {
	if req.GetInto() != "" {
		heir, err := a.place(ctx, "into", req.GetInto())
		if err != nil {
			return nil, err
		}
		if err := a.faults.Err(); err != nil {
			return nil, err
		}
		return heir, a.builder.may(toChange, unitOf(heir[0]))
	}
	for _, e := range endings {
		if err := a.last(ctx, e); err != nil {
			return nil, err
		}
	}
	unit, _ := proto.Clone(req.GetNewUnit()).(*networkv1.Unit)
	made, err := a.create(ctx, []*networkv1.CreateUnitRequest{{UnitId: req.GetNewUnitId(), Unit: unit}}, func(int) string { return "new_" })
	if err != nil {
		return nil, err
	}
	return made[0], nil
}

func (a *act) merge(ctx context.Context, endings []*ending, heir standing) error {
	for _, e := range endings {
		if err := a.end(ctx, e, heir.path(), heir.id()); err != nil {
			return err
		}
		if err := a.inherit(ctx, e, heir.path()); err != nil {
			return err
		}
	}
	a.touch(heir)
	return nil
}
