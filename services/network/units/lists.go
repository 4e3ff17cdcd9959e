package units

import (
	"context"
	"maps"
	"slices"
	"time"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// ListUnits lists what is below a unit, or directly below it, on either line as of a date (C1, C2, X10).
func (s *Server) ListUnits(ctx context.Context, req *networkv1.ListUnitsRequest) (*networkv1.ListUnitsResponse, error) {
	on, err := clock.DayOr("as_of", req.GetAsOf(), s.book.Clock)
	if err != nil {
		return nil, err
	}
	top, err := s.within(ctx, req.GetUnit(), on)
	if err != nil {
		return nil, err
	}
	p, err := page.Open(req, treePath(""))
	if err != nil {
		return nil, err
	}
	rows, err := listed(ctx, db.New(s.book), req, db.ListUnitsParams{
		Subtree: access.Path(top), OnDate: on.In(time.UTC),
		Levels: document.Codes(orAll(req.GetLevels(), typev1.Level_name)),
		Kinds:  document.Codes(orAll(req.GetKinds(), networkv1.UnitKind_name)),
		Sorts:  req.GetSorts(),
		// An empty path sorts before every other.
		AfterPath: string(p.After), PageSize: p.Limit,
	}, resource.ID(top.GetName()))
	if err != nil {
		return nil, err
	}
	list, next, err := page.Cut(p, rows, pathOf, readUnit)
	return &networkv1.ListUnitsResponse{Units: list, NextPageToken: next}, err
}

// listed reads units below another on the line that is asked about.
func listed(
	ctx context.Context, queries *db.Queries, req *networkv1.ListUnitsRequest, p db.ListUnitsParams, parent string,
) ([]db.Unit, error) {
	switch {
	case req.GetLine() == networkv1.UnitLine_UNIT_LINE_SYSTEM:
		return queries.ListSystem(ctx, db.ListSystemParams{
			UnitID: parent, OnDate: p.OnDate, ChildrenOnly: req.GetChildrenOnly(), Levels: p.Levels, Kinds: p.Kinds, Sorts: p.Sorts,
			AfterPath: p.AfterPath, PageSize: p.PageSize,
		})
	case !req.GetChildrenOnly():
		return queries.ListUnits(ctx, p)
	}
	return queries.ListChildren(ctx, db.ListChildrenParams{
		ParentID: parent, OnDate: p.OnDate, Levels: p.Levels, Kinds: p.Kinds, Sorts: p.Sorts, AfterPath: p.AfterPath, PageSize: p.PageSize,
	})
}

// pathOf is the key that units are paged by: it sorts them in tree order.
func pathOf(u db.Unit) treePath { return treePath(u.Path) }

func readUnit(u db.Unit) (*networkv1.Unit, error) { return unitOf(u), nil }

// orAll are the values asked for, each once, or where none are, all that there are but the unset one.
func orAll[E ~int32](asked []E, names map[int32]string) []E {
	if len(asked) > 0 {
		asked = slices.Clone(asked)
		slices.Sort(asked)
		return slices.Compact(asked)
	}
	var all []E
	for _, code := range slices.Sorted(maps.Keys(names)) {
		if code != 0 {
			all = append(all, E(code))
		}
	}
	return all
}
