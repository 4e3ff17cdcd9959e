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

// sortChecker knows which sorts of units there are where (H1): the scheme that holds above a unit lists them.
type sortChecker struct {
	server *Server
	tx     db.DBTX
	known  map[string][]*networkv1.Term // by the last unit of the lineage
}

func (s *Server) sorts(tx db.DBTX) *sortChecker {
	return &sortChecker{server: s, tx: tx, known: map[string][]*networkv1.Term{}}
}

// check notes a fault for a sort that the scheme of these units, given from the root down, does not list. Where there is no
// scheme yet, any sort may be given: a tree is planted before the first scheme of its root can be.
func (s *sortChecker) check(ctx context.Context, faults *fault.Fields, field, sort string, lineage []string) error {
	if sort == "" {
		return nil
	}
	last := lineage[len(lineage)-1]
	terms, ok := s.known[last]
	if !ok {
		scheme := &networkv1.Scheme{}
		err := schemes.Effective(ctx, s.tx, lineage, clock.Today(s.server.store.Clock), scheme)
		if fault.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		terms = scheme.GetUnitSorts()
		s.known[last] = terms
	}
	schemes.CheckKnown(faults, field, sort, terms)
	return nil
}

// checkSorts checks the sorts of new units.
func (s *Server) checkSorts(
	ctx context.Context, tx db.DBTX, b *batch, requests []*networkv1.CreateUnitRequest, prefix func(int) string,
) error {
	known := s.sorts(tx)
	for i, req := range requests {
		u := b.newUnits[resource.Name(resource.Units, req.GetUnitId())]
		if u == nil {
			continue // without a place it has no scheme
		}
		if req.GetOwnScheme() && access.PrincipalOf(ctx).IsAdministrator() {
			continue // that scheme can't be there before its unit, nor open periods before all who report are there
		}
		lineage := access.PathIDs(u)
		if u.GetParent() != "" {
			lineage = lineage[:len(lineage)-1] // the scheme above it
		}
		if err := known.check(ctx, &b.faults, prefix(i)+"unit.sort", req.GetUnit().GetSort(), lineage); err != nil {
			return err
		}
	}
	return nil
}
