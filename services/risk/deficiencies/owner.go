package deficiencies

import (
	"context"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/files"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// reach lets the unit of the position that answers for a deficiency reach it as well, or who acts for that unit since it has
// ended: it is to correct it (T16).
func reach(store *record.Store) collection.Rule[*riskv1.Deficiency] {
	return func(ctx context.Context, c *change) error {
		if access.Reaches(ctx, c.UnitPath) {
			return access.Require(ctx, c.UnitPath, c.Record.GetName())
		}
		var from db.DBTX = store
		if c.Tx != nil {
			from = c.Tx
		}
		answers, err := answers(ctx, from, c.Record)
		if err != nil {
			return err
		}
		if !answers {
			return fault.NotFound(c.Record.GetName())
		}
		access.MarkReached(ctx)
		return nil
	}
}

// answers tells whether a position of the caller's unit, or of one that it acts for, answers for a deficiency.
func answers(ctx context.Context, from db.DBTX, d *riskv1.Deficiency) (bool, error) {
	if d.GetOwner().GetUnit() == "" {
		return false, nil
	}
	return db.New(from).ActsFor(ctx, db.ActsForParams{
		Acting: resource.ID(access.PrincipalOf(ctx).Unit), UnitID: resource.ID(d.GetOwner().GetUnit()),
	})
}

// corrects tells whether the caller's unit is to correct a deficiency. One that stands above the deficiency's unit looks whether
// that did, also where the position is its own.
func corrects(ctx context.Context, c *change) (bool, error) {
	if own, err := files.OfUnit(ctx, c); own || err != nil || access.Reaches(ctx, c.UnitPath) {
		return own, err
	}
	return answers(ctx, c.Tx, c.Record)
}

// requireCorrecting refuses whoever is not to correct it.
func requireCorrecting(ctx context.Context, c *change) error {
	if corrects, err := corrects(ctx, c); corrects || err != nil {
		return err
	}
	return access.RequireOwn(ctx, c.ActingUnit())
}
