package inquiries

import (
	"context"
	"slices"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// concealedFrom are the units that neither read nor hear of an inquiry: those it is about, but the point where that answers.
func concealedFrom(inquiry *networkv1.Inquiry, answeredByPoint bool) []string {
	return slices.DeleteFunc(slices.Clone(inquiry.GetSubjectUnits()), func(unit string) bool {
		return answeredByPoint && unit == inquiry.GetPoint()
	})
}

// isConcealed tells whether a unit, with its kin, must not see what was asked by another.
func isConcealed(concealedFrom []string, asking, unit string, kin []string) bool {
	return unit != asking && units.IsConcealed(concealedFrom, kin)
}

// readers are the caller's unit and all that became it. A service of the suite reads for itself.
func (s *Server) readers(ctx context.Context, tx db.DBTX) ([]string, error) {
	if access.PrincipalOf(ctx).Service != "" {
		return nil, nil
	}
	return units.ReaderLineages(ctx, tx, clock.Today(s.inquiries.Store.Clock), access.PrincipalOf(ctx).Unit)
}

// checkConcealed refuses who must not see an inquiry, as if there were none.
func (s *Server) checkConcealed(ctx context.Context, c *change) error {
	if len(c.Record.GetConcealedFrom()) == 0 {
		return nil
	}
	var from db.DBTX = s.inquiries.Store
	if c.Tx != nil {
		from = c.Tx
	}
	kin, err := s.readers(ctx, from)
	if err == nil && isConcealed(c.Record.GetConcealedFrom(), c.Record.GetUnit(), access.PrincipalOf(ctx).Unit, kin) {
		return fault.NotFound(c.Record.GetName())
	}
	return err
}

// visible keeps of a list what is not concealed from the caller.
func (s *Server) visible(ctx context.Context) (collection.Filter, error) {
	readers, err := s.readers(ctx, s.inquiries.Store)
	return collection.Where("body ->> 'unit' = ? OR NOT jsonb_exists_any(concealed_from, ?::text[])",
		access.PrincipalOf(ctx).Unit, readers), err
}

// hears tells whether a unit may be told of an inquiry that is acted on.
func hears(ctx context.Context, c *change, unit *networkv1.Unit) (bool, error) {
	kin, err := units.ReaderLineages(ctx, c, c.Today(), unit.GetName())
	return !isConcealed(c.Record.GetConcealedFrom(), c.Record.GetUnit(), unit.GetName(), kin), err
}
