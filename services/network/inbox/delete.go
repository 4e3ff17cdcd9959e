package inbox

import (
	"context"
	"time"

	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// DeleteJob is the job that deletes old messages.
const DeleteJob = "network.delete_messages"

const (
	deleteEvery     = 24 * time.Hour
	deleteBatchSize = 1000
)

// DeleteExpired deletes messages that were read or delivered and have passed their retention, with their deliveries and old
// reminder marks. It writes no journal entries; those of the messages' creation stay.
func (s *Server) DeleteExpired(ctx context.Context) error {
	if s.retentionDays == 0 {
		return nil
	}
	for deleted := int64(deleteBatchSize); deleted == deleteBatchSize; {
		err := record.System(ctx, s.store, DeleteJob, func(ctx context.Context, tx *record.Tx) (err error) {
			deleted, err = db.New(tx).DeleteExpiredMessages(ctx, db.DeleteExpiredMessagesParams{
				CreatedBefore: tx.Now().AddDate(0, 0, -s.retentionDays), Batch: deleteBatchSize,
			})
			return err
		})
		if err != nil {
			return err
		}
	}
	return db.New(s.store).DeleteOldReminders(ctx, clock.Today(s.store.Clock).AddDays(-s.retentionDays))
}
