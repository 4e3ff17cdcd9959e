package positions

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// charged is what the tree says today of the units that a position is to be in charge of.
type charged struct {
	units   map[string]*networkv1.Unit
	missing map[string]words.Sentence // why those are that are not there
}

// chargedOf asks the directory for them, before the transaction begins.
func (s *Server) chargedOf(ctx context.Context, position *riskv1.Position) (charged, error) {
	of := charged{map[string]*networkv1.Unit{}, map[string]words.Sentence{}}
	for _, name := range position.GetInChargeOf() {
		unit, err := s.directory.Unit(ctx, name)
		if fault.IsNotFound(err) {
			of.missing[name], err = access.Missing(ctx, s.directory, name)
		} else {
			of.units[name] = unit
		}
		if err != nil {
			return of, err
		}
	}
	return of, nil
}

// inCharge is the rule that wants units that a position was not in charge of before to be its own or below it, and tells them
// (T5). What it was in charge of stays, also once that has ended or moved.
func inCharge(of charged) collection.Rule[*riskv1.Position] {
	return func(_ context.Context, c *collection.Change[*riskv1.Position]) error {
		var faults fault.Fields
		for i, name := range c.Record.GetInChargeOf() {
			if slices.Contains(c.Before.GetInChargeOf(), name) {
				continue
			}
			field := fmt.Sprintf("position.in_charge_of[%d]", i)
			unit, found := of.units[name]
			switch {
			case !found:
				faults.Add(field, of.missing[name])
			case !slices.Contains(access.PathIDs(unit), resource.ID(c.ActingUnit())):
				faults.Add(field, words.NotBelow(words.Untitled(c.ActingUnit())))
			case name != c.ActingUnit():
				c.Tell(name, words.InboxPositionInCharge(c.Record.GetUnit(), c.Record.GetTitle()))
			}
		}
		return faults.Err()
	}
}

// CheckCharge notes a fault where another position of the rank and the unit of one is in charge of the unit of a record, and that
// one is not (T5).
func CheckCharge[M collection.Record](
	ctx context.Context, c *collection.Change[M], faults *fault.Fields, field, position string,
) error {
	another, err := db.New(c).ChargeOfAnother(ctx, db.ChargeOfAnotherParams{
		UnitPath: strings.Join(c.Units(), "."), Owner: position,
	})
	if another {
		faults.Add(field, words.NotInCharge(words.Untitled(c.ActingUnit())))
	}
	return err
}
