package positions

import (
	"context"
	"errors"
	"fmt"
	"strings"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// Place is where a position is stored.
type Place struct{ Region, Key, UnitPath string }

// Places are the rows of a query as places.
func Places[Row ~struct{ Region, Key, UnitPath string }](rows []Row) []Place {
	places := make([]Place, len(rows))
	for i, row := range rows {
		places[i] = Place(row)
	}
	return places
}

// WalkSize is how many positions a transaction of Walk looks at, at most.
const WalkSize = 100

// Walk has a job do something with all positions that next finds, WalkSize at once, by region and key after the last. What fails
// keeps no other back, and is tried again the next time.
func Walk(
	ctx context.Context, positions *collection.Collection[*riskv1.Position], job string,
	next func(context.Context, *record.Tx, Place) ([]Place, error),
	do func(context.Context, *record.Tx, *collection.Change[*riskv1.Position]) error,
) error {
	var failed []error
	var last Place
	for {
		var places []Place
		var here []error
		err := record.System(ctx, positions.Store, job, func(ctx context.Context, tx *record.Tx) (err error) {
			here = nil
			if places, err = next(ctx, tx, last); err != nil {
				return err
			}
			for _, at := range places {
				err := tx.Try(ctx, func(ctx context.Context, part *record.Tx) error {
					return visit(ctx, positions, part, at, do)
				})
				if err != nil {
					here = append(here, fmt.Errorf("%s: %w", at.name(), err))
				}
			}
			return nil
		})
		failed = append(append(failed, here...), err)
		if err != nil || len(places) < WalkSize {
			return errors.Join(failed...)
		}
		last = places[len(places)-1]
	}
}

func (p Place) name() string { return resource.Sharded(resource.Positions, p.Region, p.Key) }

func visit(
	ctx context.Context, positions *collection.Collection[*riskv1.Position], tx *record.Tx, at Place,
	do func(context.Context, *record.Tx, *collection.Change[*riskv1.Position]) error,
) error {
	position, err := positions.Ancestor(ctx, tx, at.name(), strings.Split(at.UnitPath, "."))
	if err != nil {
		return err
	}
	return do(ctx, tx, position)
}

// UnitIDs are the identifiers of the units that have a scheme.
func UnitIDs(schemes map[string]*riskv1.Scheme) []string {
	ids := make([]string, 0, len(schemes))
	for unit := range schemes {
		ids = append(ids, resource.ID(unit))
	}
	return ids
}
