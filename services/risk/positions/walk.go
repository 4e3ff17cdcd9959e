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

// Place is where a position is stored, with a rule that asks something of it.
type Place struct{ Region, Key, UnitPath, Rule string }

// Places are the rows of a query as places.
func Places[Row ~struct{ Region, Key, UnitPath, Rule string }](rows []Row) []Place {
	places := make([]Place, len(rows))
	for i, row := range rows {
		places[i] = Place(row)
	}
	return places
}

// WalkSize is how many positions a transaction of Walk looks at, at most.
const WalkSize = 100

// Next finds positions of which rules ask something that is not opened yet, by region, key and rule after the last, WalkSize at
// most.
type Next func(ctx context.Context, tx *record.Tx, rules []byte, after Place) ([]Place, error)

// Walk has a job do something with all positions that next finds, WalkSize at once, by what was given with the rule. It reads the
// positions once, however many schemes have rules. What fails keeps no other back, and is tried again the next time.
func Walk[T any](
	ctx context.Context, positions *collection.Collection[*riskv1.Position], job string, asked *Asked[T], next Next,
	do func(context.Context, *record.Tx, *collection.Change[*riskv1.Position], T) error,
) error {
	rules, err := asked.JSON()
	if err != nil || asked.none() {
		return err
	}
	var failed []error
	var last Place
	for {
		var places []Place
		var here []error
		err := record.System(ctx, positions.Store, job, func(ctx context.Context, tx *record.Tx) (err error) {
			here = nil
			if places, err = next(ctx, tx, rules, last); err != nil {
				return err
			}
			for _, at := range places {
				err := tx.Try(ctx, func(ctx context.Context, part *record.Tx) error {
					position, err := positions.Ancestor(ctx, part, at.name(), strings.Split(at.UnitPath, "."))
					if err != nil {
						return err
					}
					return do(ctx, part, position, asked.find(at))
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
