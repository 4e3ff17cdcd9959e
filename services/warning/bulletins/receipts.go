package bulletins

import (
	"context"
	"time"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/reminders"
)

// GetBulletinReceipt reads one receipt.
func (s *Server) GetBulletinReceipt(
	ctx context.Context, req *warningv1.GetBulletinReceiptRequest,
) (*warningv1.BulletinReceipt, error) {
	return s.receipts.Get(ctx, req.GetName())
}

// ListBulletinReceipts lists the receipts of the addressees in a subtree.
func (s *Server) ListBulletinReceipts(
	ctx context.Context, req *warningv1.ListBulletinReceiptsRequest,
) (*warningv1.ListBulletinReceiptsResponse, error) {
	filters := []collection.Filter{
		collection.WhereSet("bulletin = ?", req.GetBulletin()), collection.InEnum("state", req.GetStates()),
	}
	if req.GetOverdue() {
		filters = append(filters, collection.Where("owed_on < ?", clock.Today(s.store.Clock)))
	}
	list, next, err := s.receipts.List(ctx, req, filters...)
	return &warningv1.ListBulletinReceiptsResponse{BulletinReceipts: list, NextPageToken: next}, err
}

// AcknowledgeBulletin records that an addressee received a bulletin, which answers it where no more is asked.
func (s *Server) AcknowledgeBulletin(
	ctx context.Context, req *warningv1.AcknowledgeBulletinRequest,
) (*warningv1.BulletinReceipt, error) {
	return s.receipts.Act(ctx, req, acknowledgeAct, func(_ context.Context, c *receiptChange) error {
		c.Record.AcknowledgedOn = c.Today().String()
		if c.Record.GetFollowUpAsked() {
			c.Record.State = acknowledged
			return nil
		}
		answer(c)
		return nil
	})
}

// FollowUpBulletin records what an addressee did about a bulletin (V3).
func (s *Server) FollowUpBulletin(
	ctx context.Context, req *warningv1.FollowUpBulletinRequest,
) (*warningv1.BulletinReceipt, error) {
	return s.receipts.Act(ctx, req, followUpAct, func(_ context.Context, c *receiptChange) error {
		c.Record.FollowUp = req.GetFollowUp()
		answer(c)
		c.Tell(c.Record.GetIssuingUnit(), words.InboxBulletinFollowedUp(c.Record.GetUnit(), c.Record.GetTitle()))
		return nil
	})
}

// answer ends what an addressee owes.
func answer(c *receiptChange) { c.Record.AnsweredOn, c.Record.RemindOn = c.Today().String(), "" }

// remindJob is the job that reminds addressees, as it stands in the queue and in the journal.
const remindJob = "warning.remind_bulletins"

// Job is remindJob.
func (s *Server) Job() jobs.Job {
	return jobs.Job{Name: remindJob, Every: 10 * time.Minute, Run: func(ctx context.Context) error {
		days, err := s.calendar(ctx)
		if err != nil {
			return err
		}
		today := clock.Today(s.store.Clock)
		return s.receipts.SweepAndSum(
			ctx, remindJob, "remind_on <= ?", today, words.InboxBulletinOverdueSum, remind(days), plan(days))
	}}
}

// remind reminds an addressee, and tells those above it of a delay where the reminder says so.
func remind(days *calendar.Calendar) collection.Rule[*warningv1.BulletinReceipt] {
	return func(_ context.Context, c *receiptChange) error {
		window, err := windowOf(c.Record)
		if err != nil {
			return err
		}
		r := c.Record
		if !c.Today().After(window.CloseOn) {
			c.Tell(r.GetUnit(), words.InboxBulletinDue(r.GetTitle(), r.GetDueOn()))
			return nil
		}
		c.Tell(r.GetUnit(), words.InboxBulletinOverdue(r.GetTitle(), r.GetDueOn()))
		above := c.Units()[:len(c.Units())-1]
		for _, units := range reminders.Above(days, r.GetReminders(), window, c.Today(), above) {
			says := words.InboxBulletinOverdueBelow(r.GetUnit(), r.GetTitle(), r.GetDueOn())
			if err := c.Gather(units, says, r.GetDueOn()); err != nil {
				return err
			}
		}
		return nil
	}
}
