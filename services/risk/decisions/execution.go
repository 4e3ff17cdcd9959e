package decisions

import (
	"context"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/journal"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/deficiencies"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// maxChecks is how many checks a decision keeps; of more, the first go.
const maxChecks = 50

// FileDecision records with whom a decision was filed (T11).
func (s *Server) FileDecision(ctx context.Context, req *riskv1.FileDecisionRequest) (*riskv1.Decision, error) {
	return s.decisions.Act(ctx, req, fileAct, func(ctx context.Context, c *change) error {
		if c.Record.GetFileBy() == "" {
			return fault.Precondition(words.NotToBeFiled())
		}
		scheme, err := schemeOf(ctx, c)
		if err != nil {
			return err
		}
		kind, _ := schemes.Find(scheme.GetDecisionKinds(), c.Record.GetKind())
		return owed.File(c, req.GetFiling(), kind.GetFiling().GetFiledWith(), c.Record.GetMeeting().GetHeldOn())
	})
}

// CompleteDecision has the unit say how a decision was carried out.
func (s *Server) CompleteDecision(ctx context.Context, req *riskv1.CompleteDecisionRequest) (*riskv1.Decision, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.decisions.Act(ctx, req, completeAct, s.requireAppointed, func(_ context.Context, c *change) error {
		c.Record.Result = req.GetResult()
		return nil
	}, carriedOut, s.judging.Await(days), tellCarriedOut)
}

// requireAppointed keeps a unit from saying that what was decided about a candidate is carried out before they are appointed.
func (s *Server) requireAppointed(ctx context.Context, c *change) error {
	about, err := s.candidate(ctx, c)
	if err == nil && about != nil && about.GetState() != riskv1.AppointmentState_APPOINTMENT_STATE_APPOINTED {
		err = fault.Precondition(words.NotAppointed())
	}
	return err
}

// carriedOut notes that a decision was carried out.
func carriedOut(_ context.Context, c *change) error {
	c.Record.DoneOn = c.Today().String()
	if reported(c.Before) {
		c.Record.DoneOn = c.Record.GetExecutionReport().GetReportedOn()
	}
	owed.Stop(c.Record)
	return nil
}

// tellCarriedOut tells who checks what was carried out, and by when.
func tellCarriedOut(_ context.Context, c *change) error {
	c.Tell(c.UnitAbove(), saysExecuted(c.Record)) // the root checks its own
	return nil
}

// saysExecuted asks who is to check what was carried out.
func saysExecuted(d *riskv1.Decision) words.Sentence {
	return owed.By(d.GetJudging(), func(day string) words.Sentence {
		return words.InboxDecisionExecuted(d.GetUnit(), d.GetTitle(), day)
	}, words.InboxDecisionExecutedUnlimited(d.GetUnit(), d.GetTitle()))
}

// CheckDecision notes what a check found while a decision is carried out; what deviates from it is to be corrected (T11, T14).
func (s *Server) CheckDecision(ctx context.Context, req *riskv1.CheckDecisionRequest) (*riskv1.Decision, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.judged.Act(ctx, req, checkAct, notRecorder, func(ctx context.Context, c *change) error {
		check := addCheck(ctx, c, req.GetFinding())
		deviation := req.GetDeviation()
		if deviation == nil {
			says := words.InboxDecisionChecked(c.Record.GetTitle())
			c.Tell(c.Record.GetUnit(), says)
			tellExecutor(c, says)
			return nil
		}
		noted, err := s.deficiencies.Open(ctx, c.Tx, days, c.Unit(), "deviation.", &riskv1.Deficiency{
			Kind: deviation.GetKind(), Text: deviation.GetText(), Position: deviation.GetPosition(), DueOn: deviation.GetDueOn(),
			Source: c.Record.GetName(),
		})
		check.Deficiency = noted.GetName()
		return err
	})
}

// CloseDecision finds that a decision was carried out as it was made, and that what deviated from it is put right.
func (s *Server) CloseDecision(ctx context.Context, req *riskv1.CloseDecisionRequest) (*riskv1.Decision, error) {
	return s.judged.Act(ctx, req, closeAct, notRecorder, func(ctx context.Context, c *change) error {
		open, err := db.New(c).CountUncorrected(ctx, db.CountUncorrectedParams{
			Source: c.Record.GetName(), Settled: deficiencies.Settled(),
		})
		if err != nil {
			return err
		}
		if open > 0 {
			return fault.Precondition(words.DeviationsOpen(strconv.FormatInt(open, 10)))
		}
		addCheck(ctx, c, req.GetFinding())
		owed.Judged(c.Record)
		says := words.InboxDecisionClosed(c.Record.GetTitle())
		c.Tell(c.Record.GetUnit(), says)
		tellExecutor(c, says)
		return nil
	})
}

// notRecorder keeps who recorded the meeting from judging whether what was decided is what is done. The life cycle keeps off who
// said how it was done.
func notRecorder(ctx context.Context, c *change) error {
	return journal.RequireJudge(ctx, c, c.Record.GetName(), []string{riskv1.DecisionService_DecideDecision_FullMethodName})
}

func addCheck(ctx context.Context, c *change, finding string) *riskv1.DecisionCheck {
	check := &riskv1.DecisionCheck{
		Finding: finding, Unit: access.PrincipalOf(ctx).Unit, CheckedOn: c.Today().String(),
	}
	checks := append(c.Record.GetChecks(), check)
	c.Record.Checks = collection.Last(checks, maxChecks)
	return check
}
