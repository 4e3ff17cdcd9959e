package tips

import (
	"context"
	"slices"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// CountReaders are the units, with all that became them, that learn what a call counts: the caller's or, where a service of the
// suite counts in its own name, the unit asked about and all above it, where people read what the service makes of it.
func CountReaders(ctx context.Context, tx db.DBTX, today calendar.Date) ([]string, error) {
	caller, requested := access.PrincipalOf(ctx), access.Target(ctx)
	if caller.Service == "" {
		return units.ReaderLineages(ctx, tx, today, caller.Unit)
	}
	return units.ReaderLineages(ctx, tx, today, append(slices.Clone(requested.GetAncestors()), requested.GetName())...)
}

// concealedFrom are the units that must not see a tip: the one it is about, where it went past that or is about its leaders,
// those above whose leaders it names, and those that stepped aside. Why it went past does not count: were it only those whose
// sender serves there, what is refused would tell who sent it (ADR 010). The table says the same, for what lists or counts.
func concealedFrom(tip *networkv1.Tip) []string {
	from := concealedFromSender(tip)
	if tip.GetFirstUnit() != tip.GetContent().GetUnit() {
		from = append(from, tip.GetContent().GetUnit())
	}
	return from
}

// concealedFromSender are the units that hear nothing of a tip that they sent as such: those whose leaders it is about, and
// those that stepped aside. What a unit sent about itself it knows.
func concealedFromSender(tip *networkv1.Tip) (from []string) {
	if tip.GetContent().GetAboutLeaders() {
		from = append(from, tip.GetContent().GetUnit())
	}
	from = append(from, tip.GetUnitsNamed()...)
	for _, referral := range tip.GetReferrals() {
		if referral.GetRecused() {
			from = append(from, referral.GetFromUnit())
		}
	}
	return from
}

// isConcealed tells whether a unit, with its kin, must not see a tip.
func isConcealed(tip *networkv1.Tip, kin []string) bool {
	return units.IsConcealed(concealedFrom(tip), kin)
}

// isConcealedFromSender tells whether a unit, with its kin, hears nothing of a tip that it sent as such.
func isConcealedFromSender(tip *networkv1.Tip, kin []string) bool {
	return units.IsConcealed(concealedFromSender(tip), kin)
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
	readers, err := units.ReaderLineages(ctx, tx, on, access.PrincipalOf(ctx).Unit)
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
