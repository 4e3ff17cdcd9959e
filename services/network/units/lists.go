package units

import (
	"context"
	"maps"
	"slices"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// ListUnits lists what is below a unit, or directly below it, on either line as of a date (C1, C2, X10).
func (s *Server) ListUnits(ctx context.Context, req *networkv1.ListUnitsRequest) (*networkv1.ListUnitsResponse, error) {
	on, err := clock.DayOrToday("as_of", req.GetAsOf(), s.store.Clock)
	if err != nil {
		return nil, err
	}
	var faults fault.Fields
	if err := schemes.CheckFilter(ctx, s.store, &faults, "sorts", "unitSorts", req.GetSorts()...); err != nil {
		return nil, err
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	top, err := s.findUnit(ctx, req.GetUnit(), on)
	if err != nil {
		return nil, err
	}
	p, err := page.Parse(req, pathCursor(""))
	if err != nil {
		return nil, err
	}
	rows, err := listRows(ctx, db.New(s.store), req, db.ListUnitsParams{
		Subtree: access.Path(top), OnDate: on,
		Levels: document.EnumCodes(valuesOrAll(req.GetLevels(), typev1.Level_name)),
		Kinds:  document.EnumNames(valuesOrAll(req.GetKinds(), networkv1.UnitKind_name)),
		Sorts:  req.GetSorts(),
		// An empty path sorts before every other.
		AfterPath: string(p.Cursor), PageSize: p.Limit,
	}, resource.ID(top.GetName()))
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(ctx, p, rows, pathOf, readUnit)
	return &networkv1.ListUnitsResponse{Units: list, NextPageToken: next}, err
}

// listRows reads units below another on the line that is asked about.
func listRows(
	ctx context.Context, queries *db.Queries, req *networkv1.ListUnitsRequest, params db.ListUnitsParams, parent string,
) ([]db.Unit, error) {
	switch {
	case req.GetLine() == networkv1.UnitLine_UNIT_LINE_SYSTEM:
		return queries.ListSystem(ctx, db.ListSystemParams{
			UnitID:       parent,
			OnDate:       params.OnDate,
			ChildrenOnly: req.GetChildrenOnly(),
			Levels:       params.Levels,
			Kinds:        params.Kinds,
			Sorts:        params.Sorts,
			AfterPath:    params.AfterPath,
			PageSize:     params.PageSize,
		})
	case !req.GetChildrenOnly():
		return queries.ListUnits(ctx, params)
	}
	return queries.ListChildren(ctx, db.ListChildrenParams{
		ParentID:  parent,
		OnDate:    params.OnDate,
		Levels:    params.Levels,
		Kinds:     params.Kinds,
		Sorts:     params.Sorts,
		AfterPath: params.AfterPath,
		PageSize:  params.PageSize,
	})
}

// pathOf is the key that units are paged by: it sorts them in tree order.
func pathOf(u db.Unit) pathCursor { return pathCursor(u.Path) }

func readUnit(u db.Unit) (*networkv1.Unit, error) { return unitOf(u), nil }

// valuesOrAll are the values asked for, each once, or where none are, all that there are but the unset one.
func valuesOrAll[E ~int32](values []E, names map[int32]string) []E {
	if len(values) > 0 {
		values = slices.Clone(values)
		slices.Sort(values)
		return slices.Compact(values)
	}
	var all []E
	for _, code := range slices.Sorted(maps.Keys(names)) {
		if code != 0 {
			all = append(all, E(code))
		}
	}
	return all
}
