package deficiencies

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/risk/files"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
)

// corrects tells whether the caller's unit is to correct a deficiency. One that stands above the deficiency's unit looks whether
// that did, also where the position is its own.
func corrects(ctx context.Context, c *change) (bool, error) {
	if own, err := files.OfUnit(ctx, c); own || err != nil || access.Reaches(ctx, c.UnitPath) {
		return own, err
	}
	return owed.ActsFor(ctx, c.Tx, c.Record.GetOwnerUnit())
}

// requireCorrecting refuses whoever is not to correct it.
func requireCorrecting(ctx context.Context, c *change) error {
	if corrects, err := corrects(ctx, c); corrects || err != nil {
		return err
	}
	return access.RequireOwn(ctx, c.ActingUnit())
}
