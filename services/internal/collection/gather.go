package collection

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// told is what a unit, whose path it has, is told of a record.
type told struct {
	path, day string
	message   record.Message
	sum       func(count, day string) words.Sentence
}

// Gather has a unit hear of the record that a job changes, in one message with the others that the job changes with it: of how
// many, and the earliest of their days. It hears of one alone in a sentence of its own. The unit is the last of some, the root
// first.
func (c *Change[M]) Gather(units []string, one words.Sentence, day string, sum func(count, day string) words.Sentence) {
	unit := resource.Name(resource.Units, units[len(units)-1])
	message := record.Message{Unit: unit, Sentence: one, Resource: c.Record.GetName()}
	c.gathered = append(c.gathered, told{strings.Join(units, "."), day, message, sum})
}

// tellGathered tells each unit, and is written down for it.
func tellGathered(ctx context.Context, tx *record.Tx, all []told) error {
	byUnit := map[string][]told{}
	for _, t := range all {
		byUnit[t.path] = append(byUnit[t.path], t)
	}
	entries := make([]record.Entry, 0, len(byUnit))
	for _, path := range slices.Sorted(maps.Keys(byUnit)) {
		of := byUnit[path]
		message := of[0].message
		if len(of) > 1 {
			first := slices.MinFunc(of, func(a, b told) int { return strings.Compare(a.day, b.day) })
			message.Sentence, message.Resource = first.sum(strconv.Itoa(len(of)), first.day), message.Unit
		}
		tx.Notify(message)
		entries = append(entries, record.Entry{Resource: message.Unit, UnitPath: path})
	}
	if len(entries) == 0 {
		return nil
	}
	return tx.Record(ctx, entries...)
}
