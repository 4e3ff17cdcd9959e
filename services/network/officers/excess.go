package officers

import (
	"context"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// tellExcess tells who appointed the officers of a unit that it has more of them in office than is allowed: it took over those
// of a unit that ended. They are told once while the officers are the same.
func tellExcess(ctx context.Context, tx *record.Tx, today calendar.Date) error {
	rows, err := db.New(tx).ListOfficerExcesses(ctx, today)
	if err != nil || len(rows) == 0 {
		return err
	}
	messages := make([]inbox.Message, len(rows))
	for i, row := range rows {
		messages[i] = inbox.Message{
			Recipient: inbox.Recipient{UnitID: row.AppointingID}, Resource: resource.Name(resource.Units, row.UnitID),
			DedupKey: row.Type + " " + row.Digest,
			Sentence: words.InboxOfficerExcess(row.Title, row.Type, strconv.FormatInt(row.InOffice, 10),
				strconv.FormatInt(row.Most, 10)),
		}
	}
	return inbox.NotifyUnits(ctx, tx, today, messages...)
}
