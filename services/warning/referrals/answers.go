package referrals

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/warning/findings"
)

// SendReferral sends a referral to the department, which answers by the scheme of today.
func (s *Server) SendReferral(ctx context.Context, req *warningv1.SendReferralRequest) (*warningv1.Referral, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.referrals.Act(ctx, req, sendAct, func(ctx context.Context, c *change) error {
		if err := requireOther(c); err != nil {
			return err
		}
		_, kind, err := kindToday(ctx, c)
		switch {
		case err != nil:
			return err
		case kind == nil:
			return fault.Precondition(words.NoReferralKind())
		}
		var faults fault.Fields
		checkRegulation(&faults, "referral.regulation", c.Record.GetRegulation(), kind.GetNamesRegulation())
		if err := faults.Err(); err != nil {
			return err
		}
		due, err := calendarpb.Due(days, c.Today(), kind.GetWithin())
		if err != nil {
			return err
		}
		r := c.Record
		r.SentOn, r.DueOn, r.Reminders = c.Today().String(), due.GetDue(), kind.GetReminders()
		r.AnsweredOn, r.DeclineReason = "", ""
		if err := findings.TakeUp(ctx, c.Tx, r.GetFindings(), r.GetName()); err != nil {
			return err
		}
		c.Tell(r.GetDepartment(), words.InboxReferralSent(r.GetUnit(), titleOf(r), r.GetTitle(), r.GetDueOn()))
		return nil
	}, plan(days))
}

// AgreeReferral records joint measures; the last of their days is what both sides are reminded of from now on.
func (s *Server) AgreeReferral(ctx context.Context, req *warningv1.AgreeReferralRequest) (*warningv1.Referral, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.referrals.ActBy(ctx, req, agreeAct, isDepartment, func(_ context.Context, c *change) error {
		var faults fault.Fields
		r := c.Record
		r.DueOn = ""
		for i, asked := range req.GetMeasures() {
			at := fmt.Sprintf("measures[%d].", i)
			if day, ok := faults.ParseDay(at+"due_on", asked.GetDueOn()); ok && day.Before(c.Today()) {
				faults.Add(at+"due_on", words.Past())
			}
			if asked.GetUnit() != r.GetUnit() && asked.GetUnit() != r.GetDepartment() {
				faults.Add(at+"unit", words.NoSide())
			}
			r.Measures = append(r.Measures, proto.CloneOf(asked))
			r.DueOn = max(r.GetDueOn(), asked.GetDueOn())
		}
		r.AnsweredOn = c.Today().String()
		c.Tell(r.GetUnit(), words.InboxReferralAgreed(r.GetDepartment(), titleOf(r), r.GetTitle(), r.GetDueOn()))
		return faults.Err()
	}, plan(days))
}

// DeclineReferral gives a referral back to the unit that refers, which has its findings to handle again.
func (s *Server) DeclineReferral(ctx context.Context, req *warningv1.DeclineReferralRequest) (*warningv1.Referral, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.referrals.ActBy(ctx, req, declineAct, isDepartment, func(ctx context.Context, c *change) error {
		r := c.Record
		r.DeclineReason, r.AnsweredOn, r.RemindOn = req.GetReason(), c.Today().String(), ""
		if err := findings.Release(ctx, c.Tx, days, r.GetFindings(), r.GetName()); err != nil {
			return err
		}
		c.Tell(r.GetUnit(), words.InboxReferralDeclined(r.GetDepartment(), titleOf(r), r.GetTitle()))
		return nil
	})
}

// CloseReferral records what came of the measures.
func (s *Server) CloseReferral(ctx context.Context, req *warningv1.CloseReferralRequest) (*warningv1.Referral, error) {
	return s.referrals.ActBy(ctx, req, closeAct, isCloser, func(ctx context.Context, c *change) error {
		kind, err := kindOf(ctx, c)
		if err != nil {
			return err
		}
		var faults fault.Fields
		schemes.CheckKnown(&faults, "outcome", req.GetOutcome(), kind.GetOutcomes())
		outcome, known := schemes.Find(kind.GetOutcomes(), req.GetOutcome())
		if known {
			checkRegulation(&faults, "resulting_regulation", req.GetResultingRegulation(), outcome.GetNamesRegulation())
		}
		r := c.Record
		r.Outcome, r.OutcomeTitle, r.OutcomeNote = req.GetOutcome(), outcome.GetTitle(), req.GetNote()
		r.ResultingRegulation = req.GetResultingRegulation()
		r.ClosedOn, r.RemindOn = c.Today().String(), ""
		c.Tell(r.GetDepartment(), words.InboxReferralClosed(r.GetUnit(), titleOf(r), r.GetTitle()))
		return faults.Err()
	})
}

// WithdrawReferral takes back what nothing has been agreed on. The department hears of what it knows.
func (s *Server) WithdrawReferral(ctx context.Context, req *warningv1.WithdrawReferralRequest) (*warningv1.Referral, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.referrals.Act(ctx, req, withdrawAct, func(ctx context.Context, c *change) error {
		r := c.Record
		if c.Before.GetState() == sent {
			if err := findings.Release(ctx, c.Tx, days, r.GetFindings(), r.GetName()); err != nil {
				return err
			}
		}
		r.WithdrawReason, r.RemindOn = req.GetReason(), ""
		if r.GetSentOn() != "" {
			c.Tell(r.GetDepartment(), words.InboxReferralWithdrawn(r.GetUnit(), titleOf(r), r.GetTitle()))
		}
		return nil
	})
}
