package units

import (
	"context"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// SystemBelow reads what lies below a unit on the system line of a day.
func SystemBelow(ctx context.Context, tx db.DBTX, name string, on calendar.Date) ([]*networkv1.Unit, error) {
	rows, err := db.New(tx).ListSystem(ctx, db.ListSystemParams{
		UnitID: resource.ID(name), OnDate: on, PageSize: access.MaxSystemBelow + 1,
		Levels: document.EnumCodes(valuesOrAll[typev1.Level](nil, typev1.Level_name)),
		Kinds:  document.EnumNames(valuesOrAll[networkv1.UnitKind](nil, networkv1.UnitKind_name)),
	})
	if err != nil {
		return nil, err
	}
	below := make([]*networkv1.Unit, 0, len(rows))
	for _, row := range rows {
		if row.UnitID != resource.ID(name) {
			below = append(below, unitOf(row))
		}
	}
	return below, nil
}

// SystemReach reads what lies below a unit on the system line of a day, and what is to come there: a unit reaches what it founds
// before that is there.
func SystemReach(ctx context.Context, tx db.DBTX, name string, on calendar.Date) ([]*networkv1.Unit, error) {
	rows, err := db.New(tx).SystemBelow(ctx, db.SystemBelowParams{
		UnitID: resource.ID(name), OnDate: on, PageSize: access.MaxSystemBelow,
	})
	return unitsOf(rows), err
}
