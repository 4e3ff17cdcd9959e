package tips

import (
	"context"
	"maps"
	"slices"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// lineages maps a unit to its lineage: the unit and its predecessors. A renamed unit still must not see tips about its leaders.
type lineages map[string][]string

func lineagesOf(ctx context.Context, tx db.DBTX, on calendar.Date, units ...string) (lineages, error) {
	ids := make([]string, len(units))
	for i, name := range units {
		ids[i] = resource.ID(name)
	}
	rows, err := db.New(tx).Predecessors(ctx, db.PredecessorsParams{UnitIds: ids, Day: on})
	found := lineages{}
	for _, row := range rows {
		name := resource.Name(resource.Units, row.UnitID)
		found[name] = append(found[name], resource.Name(resource.Units, row.PredecessorID))
	}
	return found, err
}

// lineagesOfUnits are the lineages of some units.
func lineagesOfUnits(ctx context.Context, tx db.DBTX, on calendar.Date, units []*networkv1.Unit) (lineages, error) {
	names := make([]string, len(units))
	for i, unit := range units {
		names[i] = unit.GetName()
	}
	return lineagesOf(ctx, tx, on, names...)
}

// ReaderLineages are, for lists and counts that units read on a day, the units whose tips they are kept from where these went
// past them: themselves and all that became them (C8).
func ReaderLineages(ctx context.Context, tx db.DBTX, on calendar.Date, units ...string) ([]string, error) {
	found, err := lineagesOf(ctx, tx, on, units...)
	return slices.Concat(slices.Collect(maps.Values(found))...), err
}

// countReaders are the units that learn what a call counts: the caller's or, where a service of the suite counts in its own name,
// the unit asked about and all above it, where people read what the service makes of it.
func countReaders(ctx context.Context) []string {
	caller, requested := access.PrincipalOf(ctx), access.Target(ctx)
	if caller.Service == "" {
		return []string{caller.Unit}
	}
	return append(slices.Clone(requested.GetAncestors()), requested.GetName())
}

// isConcealed tells whether a unit, with its kin, must not see a tip, wherever the tree has moved it: the tip is about the unit
// and went past it, or the unit stepped aside. Why it went past does not count: were it only those whose sender serves there,
// what is refused would tell who sent it (ADR 010).
func isConcealed(tip *networkv1.Tip, unit []string) bool {
	return tip.GetFirstUnit() != tip.GetContent().GetUnit() && slices.Contains(unit, tip.GetContent().GetUnit()) ||
		isConcealedFromSender(tip, unit)
}

// isConcealedFromSender tells whether a unit, with its kin, hears nothing of a tip that it sent as such: the tip is about its own
// leaders, or the unit stepped aside. What it sent about itself it knows.
func isConcealedFromSender(tip *networkv1.Tip, unit []string) bool {
	return tip.GetContent().GetAboutLeaders() && slices.Contains(unit, tip.GetContent().GetUnit()) ||
		slices.ContainsFunc(tip.GetReferrals(), func(r *networkv1.TipReferral) bool {
			return r.GetRecused() && slices.Contains(unit, r.GetFromUnit())
		})
}

// authorize reads the tip that a query found for whoever handles it on a day; NOT_FOUND where there is none, where it is out of
// the caller's reach, and to whoever is concerned by it.
func authorize(
	ctx context.Context, tx db.DBTX, on calendar.Date, found error, handlingPath, name string, body []byte, revision int64,
) (*networkv1.Tip, error) {
	if err := document.Authorize(ctx, found, handlingPath, name); err != nil {
		return nil, err
	}
	tip, err := document.Read[*networkv1.Tip](body, revision)
	if err != nil {
		return nil, err
	}
	readers, err := ReaderLineages(ctx, tx, on, access.PrincipalOf(ctx).Unit)
	if err != nil {
		return nil, err
	}
	if isConcealed(tip, readers) {
		return nil, fault.NotFound(name)
	}
	return tip, nil
}

// Read reads a tip for whoever handles it on a day; NOT_FOUND where it is out of the caller's reach or concealed from it.
func Read(ctx context.Context, tx db.DBTX, on calendar.Date, name string) (*networkv1.Tip, error) {
	region, key, err := resource.Split(name)
	if err != nil {
		return nil, err
	}
	row, err := db.New(tx).GetTip(ctx, db.GetTipParams{Region: region, TipKey: key})
	return authorize(ctx, tx, on, err, row.HandlingPath, name, row.Body, row.Revision)
}

// Lock is Read for a change: the tip stays as it is until the transaction ends. The row says where it is handled.
func Lock(ctx context.Context, tx db.DBTX, on calendar.Date, name string) (*networkv1.Tip, db.LockTipRow, error) {
	region, key, err := resource.Split(name)
	if err != nil {
		return nil, db.LockTipRow{}, err
	}
	row, err := db.New(tx).LockTip(ctx, db.LockTipParams{Region: region, TipKey: key})
	tip, err := authorize(ctx, tx, on, err, row.HandlingPath, name, row.Body, row.Revision)
	return tip, row, err
}
