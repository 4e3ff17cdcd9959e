package positions

import (
	"context"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// Succeed has a person hold a position from a day on, within a change of what that follows from; whoever holds it then leaves the
// day before. Field is where the request holds the day, for errors: nothing else of the position changes, so that nothing else of
// it can be wrong.
func Succeed(
	ctx context.Context, tx *record.Tx, positions *collection.Collection[*riskv1.Position], name, person, field string,
	from calendar.Date,
) (*riskv1.Position, error) {
	succeed := func(_ context.Context, c *collection.Change[*riskv1.Position]) error {
		if len(c.Record.GetHolders()) == maxHolders {
			return fault.Precondition(words.TooManyHolders(c.Record.GetTitle(), strconv.Itoa(maxHolders))).OnField(field)
		}
		var faults fault.Fields
		CheckStands(&faults, field, c)
		c.Record.Holders = append(leave(&faults, field, c.Record.GetHolders(), from), &riskv1.PositionHolder{
			Person: person, From: from.String(),
		})
		return faults.Err()
	}
	return positions.ActIn(ctx, tx, &riskv1.Position{Name: name}, collection.UpdateAct, nil, succeed)
}

// maxHolders is how many holders a position names at most, as its proto says.
const maxHolders = 100

// leave are holders of whom the last one leaves before a day. It notes a fault where somebody comes on that day or later.
func leave(faults *fault.Fields, field string, holders []*riskv1.PositionHolder, from calendar.Date) []*riskv1.PositionHolder {
	if len(holders) == 0 {
		return holders
	}
	last := holders[len(holders)-1]
	if last.GetFrom() >= from.String() {
		faults.Add(field, words.HeldTwice(from.String(), last.GetPerson()))
		return holders
	}
	if !left(last, from.String()) {
		last.Until = from.AddDays(-1).String()
	}
	return holders
}

// Leave has somebody who holds a position hold it no more from a day on. Who does not hold it then leaves it as it is.
func Leave(
	ctx context.Context, tx *record.Tx, positions *collection.Collection[*riskv1.Position], name, person string,
	from calendar.Date,
) (*riskv1.Position, error) {
	leave := func(_ context.Context, c *collection.Change[*riskv1.Position]) error {
		for _, holder := range c.Record.GetHolders() {
			if holder.GetPerson() == person && holder.GetFrom() < from.String() && !left(holder, from.String()) {
				holder.Until = from.AddDays(-1).String()
			}
		}
		return nil
	}
	return positions.ActIn(ctx, tx, &riskv1.Position{Name: name}, leaveAct, nil, leave)
}
