package inbox

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// Recipients are whom to tell on a day in place of some units, by their ids: themselves or, where they have ended, the units that
// act for them.
func Recipients(ctx context.Context, tx db.DBTX, on calendar.Date, unitIDs []string) (map[string][]Recipient, error) {
	rows, err := db.New(tx).ListRecipients(ctx, db.ListRecipientsParams{UnitIds: unitIDs, OnDate: on})
	recipients := map[string][]Recipient{}
	for _, row := range rows {
		recipients[row.AskedID] = append(recipients[row.AskedID],
			Recipient{Region: row.Region, UnitID: row.UnitID, UnitPath: row.Path})
	}
	return recipients, err
}
