package inbox

import (
	"context"
	"strings"

	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// To addresses a unit by its name alone, for NotifyUnits and Address.
func To(unit string) Recipient { return Recipient{UnitID: resource.ID(unit)} }

// NotifyUnits is Notify for messages to units that may have ended by a day, or be to come.
func NotifyUnits(ctx context.Context, tx *record.Tx, on calendar.Date, messages ...Message) error {
	addressed, err := Address(ctx, tx, on, messages)
	if err != nil {
		return err
	}
	return Notify(ctx, tx, addressed...)
}

// Address has messages to units, known by their ids alone, go to those who are there on a day: themselves or, where they have
// ended, the units that act for them. One that is to come finds its messages on its first day.
func Address(ctx context.Context, tx db.DBTX, on calendar.Date, messages []Message) ([]Message, error) {
	if len(messages) == 0 {
		return nil, nil
	}
	ids := make([]string, len(messages))
	for i, m := range messages {
		ids[i] = m.Recipient.UnitID
	}
	acting, coming, err := recipients(ctx, tx, on, ids)
	var addressed []Message
	for _, m := range messages {
		// What becomes of the tree says itself which units end, and is said again on its day to those that come.
		aboutTree := strings.HasPrefix(m.Resource, resource.TreeChanges)
		if m.For == "" && !aboutTree {
			m.For = m.Recipient.UnitID
		}
		for _, to := range acting[m.Recipient.UnitID] {
			if m.Recipient = to; !aboutTree || !coming[to.UnitID] {
				addressed = append(addressed, m)
			}
		}
	}
	return addressed, err
}

// recipients are who is to be told on a day in place of some units, by their ids, and which of them are not there yet.
func recipients(
	ctx context.Context, tx db.DBTX, on calendar.Date, unitIDs []string,
) (found map[string][]Recipient, coming map[string]bool, err error) {
	rows, err := db.New(tx).ListRecipients(ctx, db.ListRecipientsParams{UnitIds: unitIDs, OnDate: on})
	found, coming = map[string][]Recipient{}, map[string]bool{}
	for _, row := range rows {
		found[row.AskedID] = append(found[row.AskedID], Recipient{Region: row.Region, UnitID: row.UnitID, UnitPath: row.Path})
		coming[row.UnitID] = row.Coming
	}
	return found, coming, err
}
