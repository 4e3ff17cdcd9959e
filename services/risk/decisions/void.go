package decisions

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
)

// VoidDecision finds that a decision is void, so that nothing follows from it any more.
func (s *Server) VoidDecision(ctx context.Context, req *riskv1.VoidDecisionRequest) (*riskv1.Decision, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.judged.Act(ctx, req, voidAct, func(ctx context.Context, c *change) error {
		c.Record.VoidReason, c.Record.DecideRemindOn = req.GetReason(), ""
		owed.Stop(c.Record)
		owed.NoFiling(c.Record)
		owed.Judged(c.Record)
		says := words.InboxDecisionVoid(c.Record.GetTitle(), access.PrincipalOf(ctx).Unit, req.GetReason())
		c.Tell(c.Record.GetUnit(), says)
		if c.Before.GetState() == adopted {
			tellExecutor(c, says)
		}
		if err := s.fall(ctx, c); err != nil {
			return err
		}
		return s.restore(ctx, c, days)
	})
}

// tellExecutor tells the unit of who carries out a decision, where it is another than that which decided.
func tellExecutor(c *change, says words.Sentence) {
	if unit := c.Record.GetExecutorUnit(); unit != "" && unit != c.Record.GetUnit() {
		c.Tell(unit, says)
	}
}

// fall follows the rule of what is about an appointment and stands no more.
func (s *Server) fall(ctx context.Context, c *change) error {
	if c.Record.GetAppointment() == "" {
		return nil
	}
	return s.fallen(ctx, c)
}

// restore has the decision be in force again whose place was taken by one that is void: as it was adopted, with what it still
// owes, or rejected.
func (s *Server) restore(ctx context.Context, c *change, days *calendar.Calendar) error {
	if c.Record.GetSupersedes() == "" || !InFavour(c.Before) {
		return nil // it took nobody's place
	}
	first := &riskv1.VoidDecisionRequest{Name: c.Record.GetSupersedes()}
	_, err := s.decisions.ActIn(ctx, c.Tx, first, restoreAct, nil, func(ctx context.Context, old *change) error {
		old.Record.SupersededBy = ""
		says := words.InboxDecisionRestored(old.Record.GetTitle(), c.Record.GetTitle())
		old.Tell(old.Record.GetUnit(), says)
		if tally := old.Record.GetMeeting().GetTally(); tally.GetVotesFor() < tally.GetNeeded() {
			old.Record.State = rejected
			return nil
		}
		about, err := s.candidate(ctx, old)
		if err != nil {
			return err
		}
		if over(about) {
			old.Record.State = fallen
			owed.NoFiling(old.Record)
			return nil
		}
		old.Record.State = adopted
		tellExecutor(old, says)
		if err := s.execution.Plan(days)(ctx, old); err != nil {
			return err
		}
		if old.Record.GetFileBy() == "" || old.Record.GetFiledOn() != "" {
			return nil
		}
		return s.filing.Plan(days)(ctx, old)
	})
	return err
}
