package units

import (
	"context"
	"maps"
	"slices"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// Lineages maps a unit to its lineage: the unit and its predecessors. A renamed unit must not see what is about its leaders.
type Lineages map[string][]string

// LineagesOf are the lineages of some units, given by their names.
func LineagesOf(ctx context.Context, tx db.DBTX, on calendar.Date, units ...string) (Lineages, error) {
	ids := make([]string, len(units))
	for i, name := range units {
		ids[i] = resource.ID(name)
	}
	rows, err := db.New(tx).Predecessors(ctx, db.PredecessorsParams{UnitIds: ids, Day: on})
	found := Lineages{}
	for _, row := range rows {
		name := resource.Name(resource.Units, row.UnitID)
		found[name] = append(found[name], resource.Name(resource.Units, row.PredecessorID))
	}
	return found, err
}

// IsConcealed tells whether what is concealed from some units is so from one of this lineage: wherever the tree has moved what
// was concealed, whoever it is about does not find it (C8, H4).
func IsConcealed(from, lineage []string) bool {
	return slices.ContainsFunc(from, func(unit string) bool { return slices.Contains(lineage, unit) })
}

// LineagesOfUnits are the lineages of some units.
func LineagesOfUnits(ctx context.Context, tx db.DBTX, on calendar.Date, units []*networkv1.Unit) (Lineages, error) {
	names := make([]string, len(units))
	for i, unit := range units {
		names[i] = unit.GetName()
	}
	return LineagesOf(ctx, tx, on, names...)
}

// ReaderLineages are, for what units read on a day, the units from which that may be concealed: themselves and all that became
// them (C8, H4).
func ReaderLineages(ctx context.Context, tx db.DBTX, on calendar.Date, units ...string) ([]string, error) {
	found, err := LineagesOf(ctx, tx, on, units...)
	return slices.Concat(slices.Collect(maps.Values(found))...), err
}
