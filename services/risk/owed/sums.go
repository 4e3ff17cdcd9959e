package owed

import (
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// The sums of a job beside that of what is overdue below: what a unit owes that is due, or overdue, and what its positions answer
// for.
const (
	dueSum       = "due"
	lateSum      = "late"
	ownerDueSum  = "owner due"
	ownerLateSum = "owner late"
)

// Several is what a unit owes several of.
func Several(zh, en string) words.Title { return words.Title{ID: en, Zh: zh, En: en} }

// sums are the sums of the job of a kind.
func (k *Kind[M]) sums() collection.Sums {
	return collection.Sums{
		"": func(count, day string, _ words.Title) words.Sentence { return k.OverdueSum(count, day) },
		dueSum: func(count, day string, first words.Title) words.Sentence {
			return words.InboxOwedDueSum(count, k.Matters, day, first)
		},
		lateSum: func(count, day string, first words.Title) words.Sentence {
			return words.InboxOwedOverdueSum(count, k.Matters, day, first)
		},
		ownerDueSum: words.InboxOwnerDueSum, ownerLateSum: words.InboxOwnerOverdueSum,
	}
}

// hear has a unit hear of a record: in one message with the others of a sum, where the unit is the record's own or above it.
func (k *Kind[M]) hear(c *collection.Change[M], sum, unit string, says words.Sentence) error {
	units := pathTo(c, unit)
	if sum == "" || len(units) == 0 || k.Called == nil {
		c.Tell(unit, says)
		return nil
	}
	return c.GatherIn(collection.Told{
		Sum: sum, Unit: unit, Units: units, One: says, Called: k.Called(c.Record), Day: k.dueOn(c.Record),
	})
}

// pathTo are a unit and those above it, the root first: of a record's own unit, who acts for it; none where it stands elsewhere.
func pathTo[M collection.Record](c *collection.Change[M], unit string) []string {
	units := c.Units()
	if unit == c.Record.GetUnit() {
		return units
	}
	return units[:slices.Index(units, resource.ID(unit))+1]
}
