package rotations

import (
	"context"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
)

// DeferRotation has the unit ask for a later day.
func (s *Server) DeferRotation(ctx context.Context, req *riskv1.DeferRotationRequest) (*riskv1.Rotation, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.rotations.Act(ctx, req, deferAct, func(_ context.Context, c *change) error {
		if err := checkUntil(c, days, req.GetUntil()); err != nil {
			return err
		}
		keepDeferral(c.Record)
		c.Record.Deferral = &riskv1.Deferral{Reason: req.GetReason(), Until: req.GetUntil(), AskedOn: c.Today().String()}
		return nil
	}, s.judging.Await(days), func(_ context.Context, c *change) error {
		c.Tell(c.UnitAbove(), deferralAsked(c.Record))
		return nil
	})
}

// deferralAsked asks who is to judge a deferral.
func deferralAsked(r *riskv1.Rotation) words.Sentence {
	unit, until, reason := r.GetUnit(), r.GetDeferral().GetUntil(), r.GetDeferral().GetReason()
	return owed.By(r.GetJudging(), func(day string) words.Sentence {
		return words.InboxRotationDeferralAsked(unit, post(r), until, day, reason)
	}, words.InboxRotationDeferralAskedUnlimited(unit, post(r), until, reason))
}

// maxDeferrals is how many deferrals a rotation keeps beside the last one; of more, the first go.
const maxDeferrals = 100

// keepDeferral keeps the deferral that was asked for last, since another one is.
func keepDeferral(r *riskv1.Rotation) {
	if r.GetDeferral() != nil {
		earlier := append(r.GetEarlierDeferrals(), r.GetDeferral())
		r.EarlierDeferrals = collection.Last(earlier, maxDeferrals)
	}
}

// checkUntil wants a day to come, after that on which the rotation is due, and no later than its rule allows from then on or, if
// that was before, from the day on which it was opened.
func checkUntil(c *change, days *calendar.Calendar, text string) error {
	var faults fault.Fields
	until, ok := faults.ParseDay("until", text)
	first, err := calendar.ParseDate(c.Record.GetHolderDue().GetDueOn())
	if err != nil {
		return err
	}
	if opened := calendar.DateOf(c.Record.GetCreateTime().AsTime(), calendar.Shanghai); first.Before(opened) {
		first = opened // the holder was long due when the register began
	}
	last, err := later(days, first, c.Record.GetDeferMonths())
	switch {
	case err != nil:
		return err
	case !ok:
	case c.Record.GetDeferMonths() == 0:
		faults.Add("until", words.NoDeferral())
	case until.Before(c.Today()):
		faults.Add("until", words.PastDay(text))
	case text <= c.Record.GetDueOn():
		faults.Add("until", words.DeferralShort(c.Record.GetDueOn()))
	case until.After(last):
		faults.Add("until", words.DeferralLong(strconv.Itoa(int(c.Record.GetDeferMonths())), last.String()))
	}
	return faults.Err()
}

// ApproveDeferral has a unit above let a rotation wait.
func (s *Server) ApproveDeferral(ctx context.Context, req *riskv1.ApproveDeferralRequest) (*riskv1.Rotation, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.rotations.Act(ctx, req, approveAct, func(ctx context.Context, c *change) error {
		decide(ctx, c, true, req.GetReason())
		c.Record.DueOn = c.Record.GetDeferral().GetUntil()
		c.Tell(c.Record.GetUnit(), words.InboxRotationDeferralApproved(post(c.Record), c.Record.GetDueOn()))
		return nil
	}, s.owed.Plan(days))
}

// RefuseDeferral has a unit above not let a rotation wait.
func (s *Server) RefuseDeferral(ctx context.Context, req *riskv1.RefuseDeferralRequest) (*riskv1.Rotation, error) {
	return s.rotations.Act(ctx, req, refuseAct, func(ctx context.Context, c *change) error {
		decide(ctx, c, false, req.GetReason())
		if c.Record.GetDueOn() != c.Record.GetHolderDue().GetDueOn() {
			c.Record.State = deferred // what was approved before stands
		}
		c.Tell(c.Record.GetUnit(), words.InboxRotationDeferralRefused(post(c.Record), c.Record.GetDueOn(), req.GetReason()))
		return nil
	})
}

// CancelRotation has a unit above let a rotation lapse that was opened by mistake.
func (s *Server) CancelRotation(ctx context.Context, req *riskv1.CancelRotationRequest) (*riskv1.Rotation, error) {
	return s.rotations.Act(ctx, req, cancelAct, func(_ context.Context, c *change) error {
		c.Record.CancelReason = req.GetReason()
		c.Tell(c.Record.GetUnit(), words.InboxRotationCancelled(post(c.Record), holder(c.Record), req.GetReason()))
		end(c, lapsed)
		return nil
	})
}

func decide(ctx context.Context, c *change, approved bool, reason string) {
	owed.Judged(c.Record)
	d := c.Record.GetDeferral()
	d.Approved, d.DecisionReason = approved, reason
	d.DecidedBy, d.DecidedOn = access.PrincipalOf(ctx).Unit, c.Today().String()
}
