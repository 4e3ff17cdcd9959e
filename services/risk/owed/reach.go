package owed

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// ReachOf lets the unit that has to do something about a record of another one reach it as well, or who acts for that unit since
// it has ended.
func ReachOf[M collection.Record](store *record.Store, unit func(M) string) collection.Rule[M] {
	return func(ctx context.Context, c *collection.Change[M]) error {
		if access.Reaches(ctx, c.UnitPath) {
			return access.Require(ctx, c.UnitPath, c.Record.GetName())
		}
		var from db.DBTX = store
		if c.Tx != nil {
			from = c.Tx
		}
		acts, err := ActsFor(ctx, from, unit(c.Record))
		if err != nil {
			return err
		}
		if !acts {
			return fault.NotFound(c.Record.GetName())
		}
		access.MarkReached(ctx)
		return nil
	}
}

// ActsFor tells whether the caller's unit is a unit, or acts for it since that has ended; it is no unit where none is given.
func ActsFor(ctx context.Context, from db.DBTX, unit string) (bool, error) {
	if unit == "" {
		return false, nil
	}
	return db.New(from).ActsFor(ctx, db.ActsForParams{
		Acting: resource.ID(access.PrincipalOf(ctx).Unit), UnitID: resource.ID(unit),
	})
}

// IsOrActsFor lists the records, wherever they lie, in which a column names the unit that a call names, or one that it acts for.
func IsOrActsFor(ctx context.Context, column string) collection.Filter {
	return collection.Wherever(
		column+" = ANY (ARRAY(SELECT 'units/' || f.unit_id FROM acted_for(ARRAY[?::text], 'infinity') f))",
		resource.ID(access.Target(ctx).GetName()))
}
