package inquiries

import (
	"context"
	"time"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// TellOverdueJob is the job that tells of inquiries that are overdue (H4).
const TellOverdueJob = "network.tell_overdue_inquiries"

// tellEvery is how often they are looked for.
const tellEvery = 10 * time.Minute

// TellOverdue tells the unit that asks of inquiries whose day has passed, and the point where it has not answered.
func (s *Server) TellOverdue(ctx context.Context) error {
	store, today := s.inquiries.Store, clock.Today(s.inquiries.Store.Clock)
	rows, err := db.New(store).OverdueInquiries(ctx, db.OverdueInquiriesParams{
		Today: today, Since: today.AddDays(-inbox.LookBackDays),
	})
	if err != nil {
		return err
	}
	var paths []string
	for _, row := range rows {
		paths = append(paths, row.PointPath, row.UnitPath)
	}
	acting, err := units.Successors(ctx, store, today, paths)
	if err != nil {
		return err
	}
	var messages []inbox.Message
	for _, row := range rows {
		point, asking := acting[row.PointPath], acting[row.UnitPath]
		if point == nil || asking == nil {
			continue // it ends at this moment
		}
		told := []inbox.Recipient{inbox.RecipientOf(asking)}
		if !row.Answered {
			told = append(told, inbox.RecipientOf(point))
		}
		for _, to := range told {
			messages = append(messages, inbox.Message{
				Recipient: to, Sentence: words.InboxInquiryOverdue(point.GetTitle(), row.DueOn.String()),
				Resource: resource.Sharded(resource.Inquiries, row.Region, row.Key), DedupKey: row.DueOn.String(),
			})
		}
	}
	return inbox.Remind(ctx, store, TellOverdueJob, messages)
}
