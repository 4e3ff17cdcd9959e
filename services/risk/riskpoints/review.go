package riskpoints

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/reviews"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// UpdateRiskPoint changes what is written and grades it by the scheme of the day (J3); the version in force stays in force.
func (s *Server) UpdateRiskPoint(ctx context.Context, req *riskv1.UpdateRiskPointRequest) (*riskv1.RiskPoint, error) {
	return s.points.Update(ctx, req, "risk_point", req.GetRiskPoint(), s.points.Written)
}

// SubmitRiskPoint hands a risk point in, to enter what is written or to retire it (J4).
func (s *Server) SubmitRiskPoint(ctx context.Context, req *riskv1.SubmitRiskPointRequest) (*riskv1.RiskPoint, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.points.Act(ctx, req, reviews.SubmitAct, checkReason(req), s.points.Submit(days, req), s.checkPowerInForce)
}

// checkReason wants a reason for what takes a version out of force.
func checkReason(req *riskv1.SubmitRiskPointRequest) func(context.Context, *change) error {
	return func(_ context.Context, c *change) error {
		first := c.Record.GetStanding().GetVersion() == 0 && req.GetProposal() == riskv1.Proposal_PROPOSAL_ENTER
		if !first && req.GetReason() == "" {
			return fault.Invalid("reason", words.Required())
		}
		return nil
	}
}

// checkPowerInForce refuses to enter a risk point of a power that is not in force or will soon not be: it was never approved, is
// cancelled since, or goes to another unit.
func (s *Server) checkPowerInForce(ctx context.Context, c *change) error {
	name := c.Record.GetPowerItem()
	if name == "" || c.Record.GetStanding().GetProposal() != riskv1.Proposal_PROPOSAL_ENTER {
		return nil
	}
	item, err := s.powers.Find(ctx, c.Tx, name)
	if fault.IsNotFound(err) { // it is another unit's now
		title, err := db.New(c).TitleOfPower(ctx, name)
		if err != nil {
			return err
		}
		return fault.Precondition(words.PowerNotInForce(title))
	}
	if err != nil {
		return err
	}
	power := item.Record
	if power.GetStanding().GetVersion() == 0 || power.GetState() == ended || power.GetTransferredTo() != "" {
		return fault.Precondition(words.PowerNotInForce(power.GetTitle()))
	}
	return nil
}

// ReturnRiskPoint sends back what does not conform (J4).
func (s *Server) ReturnRiskPoint(ctx context.Context, req *riskv1.ReturnRiskPointRequest) (*riskv1.RiskPoint, error) {
	return s.points.Act(ctx, req, reviews.ReturnAct, s.points.Return(req))
}

// ApproveRiskPoint passes a stage of the review; the last one puts the risk point in force or retires it (J4).
func (s *Server) ApproveRiskPoint(ctx context.Context, req *riskv1.ApproveRiskPointRequest) (*riskv1.RiskPoint, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.points.Act(ctx, req, reviews.ApproveAct,
		s.points.Approve(days, req, s.checkPowerInForce, s.keepOwner, endRedo, gradeStands, s.settleRegrade, s.retired),
		showGrade)
}

// retired is the rule of what ends: nothing is owed for it any more.
func (s *Server) retired(ctx context.Context, c *change) error {
	if c.Record.GetState() != ended {
		return nil
	}
	if err := s.controls.Retired(ctx, c); err != nil {
		return err
	}
	return s.objected.Ended(ctx, c.Tx, c.Record)
}

// keepOwner has a risk point that comes in force keep who owns it that day (T5).
func (s *Server) keepOwner(ctx context.Context, c *change) error {
	if c.Record.GetState() != inForce {
		return nil
	}
	c.Record.Owner, c.Record.GradeInForce = nil, "" // a version says its own grade alone
	if c.Record.GetOwnerPosition() == "" {
		return nil
	}
	owner, err := s.positions.Ancestor(ctx, c.Tx, c.Record.GetOwnerPosition(), c.Units())
	if err != nil {
		return err
	}
	c.Record.Owner = positions.IncumbentOn(owner.Record, c.Today())
	return nil
}

// DiscardRiskPointDraft drops what is written but not in force. How often it was sent back stays, and why.
func (s *Server) DiscardRiskPointDraft(ctx context.Context, req *riskv1.DiscardRiskPointDraftRequest) (*riskv1.RiskPoint, error) {
	return s.points.Act(ctx, req, reviews.DiscardAct, requireNoRedo, requireReviewed, s.points.Discard, s.points.KeepReturns,
		stillMisgraded, func(_ context.Context, c *change) error {
			c.Record.Redo = ""
			return nil
		}, showGrade)
}
