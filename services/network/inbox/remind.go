package inbox

import (
	"context"
	"slices"

	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// LookBackDays is how long after a limit has passed a job still tells of it: an outage delays what it tells, and what is older
// than messages are kept is not told again.
const LookBackDays = 7

// Remind has a job send messages, each once however often it comes with it. It is written down for each unit that is told.
func Remind(ctx context.Context, store *record.Store, job string, messages []Message) error {
	if len(messages) == 0 {
		return nil
	}
	return record.System(ctx, store, job, func(ctx context.Context, tx *record.Tx) error {
		told, err := add(ctx, tx, messages)
		if err != nil {
			return err
		}
		return tx.Record(ctx, entriesOf(messages, told)...)
	})
}

// entriesOf are the units told, by their ids, each once.
func entriesOf(messages []Message, told []string) []record.Entry {
	slices.Sort(told)
	told = slices.Compact(told)
	entries := make([]record.Entry, 0, len(told))
	for _, id := range told {
		at := slices.IndexFunc(messages, func(m Message) bool { return m.Recipient.UnitID == id })
		entries = append(entries, record.Entry{
			Resource: resource.Name(resource.Units, id), UnitPath: messages[at].Recipient.UnitPath,
		})
	}
	return entries
}
