package inbox

import (
	"context"
	"time"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// ForgetJob is the job that forgets old messages.
const ForgetJob = "network.forget_messages"

const (
	forgetEvery = 24 * time.Hour
	forgetBatch = 1000
)

// Forget forgets messages that were read or delivered and are older than the instance keeps them, with their deliveries, and which
// reminders were sent before then. Like the forgetting of answers it leaves no audit rows: those of the telling stay.
func (s *Server) Forget(ctx context.Context) error {
	if s.keep == 0 {
		return nil
	}
	for forgotten := int64(forgetBatch); forgotten == forgetBatch; {
		err := record.System(ctx, s.book, ForgetJob, func(ctx context.Context, tx *record.Tx) (err error) {
			forgotten, err = db.New(tx).ForgetMessages(ctx, db.ForgetMessagesParams{
				ToldBefore: tx.Now().AddDate(0, 0, -s.keep), Delivered: int16(networkv1.DeliveryState_DELIVERY_STATE_DELIVERED), Batch: forgetBatch,
			})
			return err
		})
		if err != nil {
			return err
		}
	}
	return db.New(s.book).ForgetRemindings(ctx, clock.Today(s.book.Clock).AddDays(-s.keep).In(time.UTC))
}
