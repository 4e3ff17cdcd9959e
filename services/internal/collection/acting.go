package collection

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// ActingUnits are the units that act for some, by the names of these: themselves or, where they have ended, who answers for what
// they left behind.
func ActingUnits(ctx context.Context, from database.Statements, units ...string) (map[string]string, error) {
	acting, ids := map[string]string{}, make([]string, len(units))
	for i, unit := range units {
		acting[unit], ids[i] = unit, resource.ID(unit)
	}
	rows, err := from.Query(ctx,
		"SELECT unit_id, subpath(acting_path(path), -1)::text FROM ended_units WHERE unit_id = ANY ($1)", ids)
	if err != nil {
		return nil, err
	}
	var unit, by string
	_, err = pgx.ForEachRow(rows, []any{&unit, &by}, func() error {
		acting[resource.Name(resource.Units, unit)] = resource.Name(resource.Units, by)
		return nil
	})
	return acting, err
}
