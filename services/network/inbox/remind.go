package inbox

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// lookBackDays is how long before it last did its work a job looks for what it should have told of: a change of that day may have
// come after it.
const lookBackDays = 7

// RemindSince is the first day whose limits a job should still tell of: an outage delays what it tells, and loses nothing.
func RemindSince(ctx context.Context, store *record.Store, job string) (calendar.Date, error) {
	today := clock.Today(store.Clock)
	last, err := db.New(store).RemindedOn(ctx, job)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && last.After(today) {
		last, err = today, nil
	}
	return last.AddDays(-lookBackDays), err
}

// Remind has a job send messages, each once however often it comes with it, and keeps that it has done its work of today. It is
// written down for each unit that is told.
func Remind(ctx context.Context, store *record.Store, job string, messages []Message) error {
	if len(messages) > 0 {
		err := record.System(ctx, store, job, func(ctx context.Context, tx *record.Tx) error {
			told, err := add(ctx, tx, messages)
			if err != nil {
				return err
			}
			return tx.Record(ctx, entriesOf(messages, told)...)
		})
		if err != nil {
			return err
		}
	}
	return db.New(store).SaveReminded(ctx, db.SaveRemindedParams{Job: job, Day: clock.Today(store.Clock)})
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
