package polls

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
)

// Lapse has a poll about an appointment that has ended without one be held no more, unless it is over (T15).
func Lapse(ctx context.Context, tx *record.Tx, polls *collection.Collection[*riskv1.Poll], name string) error {
	poll, err := polls.Find(ctx, tx, name)
	if err != nil || poll.Record.GetState() != open {
		return err
	}
	return polls.ActAll(ctx, tx, []string{name}, lapseAct, func(_ context.Context, c *Change) error {
		owed.Stop(c.Record)
		c.Tell(c.Record.GetUnit(), words.InboxPollLapsed(c.Record.GetTitle()))
		return nil
	})
}
