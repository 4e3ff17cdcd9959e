package units

import (
	"context"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// sorts knows which sorts of units there are where (H1): the scheme that holds above a unit lists them.
type sorts struct {
	server *Server
	tx     db.DBTX
	known  map[string][]*networkv1.Term // by the last unit of the lineage
}

func (s *Server) sorts(tx db.DBTX) *sorts {
	return &sorts{server: s, tx: tx, known: map[string][]*networkv1.Term{}}
}

// check notes a fault for a sort that the scheme of these units, given from the root down, does not list. Where there is no scheme
// yet, any sort may be given: a tree is planted before the first scheme of its root can be.
func (s *sorts) check(ctx context.Context, faults *fault.Fields, field, sort string, lineage []string) error {
	if sort == "" {
		return nil
	}
	last := lineage[len(lineage)-1]
	terms, ok := s.known[last]
	if !ok {
		held := &networkv1.Scheme{}
		err := schemes.Effective(ctx, s.tx, lineage, clock.Today(s.server.book.Clock), held)
		if fault.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		terms = held.GetUnitSorts()
		s.known[last] = terms
	}
	schemes.Known(faults, field, sort, terms)
	return nil
}

// checkSorts checks the sorts of new units.
func (s *Server) checkSorts(
	ctx context.Context, tx db.DBTX, b *bed, requests []*networkv1.CreateUnitRequest, prefix func(int) string,
) error {
	known := s.sorts(tx)
	for i, req := range requests {
		u := b.fresh[resource.Name(resource.Units, req.GetUnitId())]
		if u == nil {
			continue // without a place it has no scheme
		}
		lineage := access.Lineage(u)
		if u.GetParent() != "" {
			lineage = lineage[:len(lineage)-1] // the scheme above it
		}
		if err := known.check(ctx, &b.faults, prefix(i)+"unit.sort", req.GetUnit().GetSort(), lineage); err != nil {
			return err
		}
	}
	return nil
}

// complete stores what a new unit has beside the columns that all units fill.
func complete(ctx context.Context, queries *db.Queries, made []*networkv1.Unit) error {
	var p db.CompleteUnitsParams
	for _, u := range made {
		if u.GetSort()+u.GetLeaderInCharge() != "" {
			p.UnitIds = append(p.UnitIds, resource.ID(u.GetName()))
			p.Sorts, p.Leaders = append(p.Sorts, u.GetSort()), append(p.Leaders, u.GetLeaderInCharge())
		}
	}
	if len(p.UnitIds) == 0 {
		return nil
	}
	return queries.CompleteUnits(ctx, p)
}
