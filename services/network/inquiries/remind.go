package inquiries

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// RemindJob is the job that tells of inquiries that are nearly due or overdue (H4).
const RemindJob = "network.remind_inquiries"

// remindEvery is how often they are looked for.
const remindEvery = 10 * time.Minute

// Remind tells the unit that asks of inquiries whose day nears or has passed, and the point where it has not answered.
func (s *Server) Remind(ctx context.Context) error {
	store, today := s.inquiries.Store, clock.Today(s.inquiries.Store.Clock)
	since, err := inbox.RemindSince(ctx, store, RemindJob)
	if err != nil {
		return err
	}
	rows, err := db.New(store).DueInquiries(ctx, db.DueInquiriesParams{Today: today, Since: since})
	if err != nil {
		return err
	}
	acting, err := units.Successors(ctx, store, today, rows,
		func(row db.DueInquiriesRow) string { return row.PointPath },
		func(row db.DueInquiriesRow) string { return row.UnitPath })
	if err != nil {
		return err
	}
	kin, err := units.LineagesOfUnits(ctx, store, today, slices.Collect(maps.Values(acting)))
	if err != nil {
		return err
	}
	var messages []inbox.Message
	for _, row := range rows {
		point, asking := acting[row.PointPath], acting[row.UnitPath]
		if point == nil || asking == nil {
			continue // it ends at this moment
		}
		told := map[string]*networkv1.Unit{row.UnitPath: asking}
		if !row.Answered {
			told[row.PointPath] = point
		}
		says := words.InboxInquiryDue(point.GetTitle(), row.Title, row.DueOn.String())
		if row.DueOn.Before(today) {
			says = words.InboxInquiryOverdue(point.GetTitle(), row.Title, row.DueOn.String())
		}
		for path, to := range told {
			if isConcealed(row.ConcealedFrom, row.Asking, to.GetName(), kin[to.GetName()]) {
				continue
			}
			messages = append(messages, inbox.Message{
				Recipient: inbox.RecipientOf(to), Sentence: says, For: access.LastPathID(path),
				Resource: resource.Sharded(resource.Inquiries, row.Region, row.Key), DedupKey: row.DueOn.String(),
			})
		}
	}
	return inbox.Remind(ctx, store, RemindJob, messages)
}
