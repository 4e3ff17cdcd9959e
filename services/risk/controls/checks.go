package controls

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// maxChecks is how many checks a control keeps; of more, the first go.
const maxChecks = 20

// CompleteControl has the unit say what it did.
func (s *Server) CompleteControl(ctx context.Context, req *riskv1.CompleteControlRequest) (*riskv1.Control, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.controls.Act(ctx, req, completeAct, requireEvidence, func(ctx context.Context, c *change) error {
		err := owed.RequireReworked(ctx, c, c.Record.GetChecks(), (*riskv1.ControlCheck).GetResult, req.GetResult())
		if err != nil {
			return err
		}
		owner, err := s.positions.Ancestor(ctx, c.Tx, c.Record.GetOwnerPosition(), c.Units())
		if err != nil {
			return err
		}
		c.Record.Result, c.Record.DoneOn = req.GetResult(), c.Today().String()
		c.Record.DoneBy = positions.IncumbentOn(owner.Record, c.Today())
		owed.Stop(c.Record)
		return nil
	}, s.judging.Await(days), func(_ context.Context, c *change) error {
		c.Tell(owed.Judge(c, ""), saysDone(c.Record))
		return nil
	}, s.owner.Done())
}

// checkedBy is the unit that is asked to look whether a control works.
func checkedBy(_ context.Context, c *change) (string, error) { return owed.Judge(c, ""), nil }

// requireEvidence requires a file where the form or the duty asks for one.
func requireEvidence(ctx context.Context, c *change) error {
	scheme := &riskv1.Scheme{}
	if err := schemes.EffectiveFor(ctx, c, scheme); err != nil {
		return err
	}
	if duty, ok := schemes.Find(scheme.GetLeaderDuties(), c.Record.GetDuty()); ok {
		return owed.RequireEvidence(ctx, c, duty.GetEvidenceRequired(), title(c.Record))
	}
	form, _ := schemes.Find(scheme.GetControlForms(), c.Record.GetForm())
	return owed.RequireEvidence(ctx, c, form.GetEvidenceRequired(), schemes.TitleOf(form.GetId(), form.GetTitle()))
}

// ConfirmControl finds that what was done works.
func (s *Server) ConfirmControl(ctx context.Context, req *riskv1.ConfirmControlRequest) (*riskv1.Control, error) {
	return s.controls.ActBy(ctx, req, confirmAct, s.requireOther, func(ctx context.Context, c *change) error {
		addCheck(ctx, c, true, req.GetReason())
		c.Tell(c.Record.GetUnit(), words.InboxControlConfirmed(called(c.Record)))
		return nil
	}, s.owner.Confirmed)
}

// ReturnControl finds that what was done does not work: it is to be done anew.
func (s *Server) ReturnControl(ctx context.Context, req *riskv1.ReturnControlRequest) (*riskv1.Control, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.controls.ActBy(ctx, req, returnAct, s.requireOther, func(ctx context.Context, c *change) error {
		var faults fault.Fields
		faults.ParseComingDay("due_on", req.GetDueOn(), c.Today())
		if err := faults.Err(); err != nil {
			return err
		}
		if err := requireStanding(ctx, c); err != nil {
			return err
		}
		addCheck(ctx, c, false, req.GetReason())
		c.Record.Result, c.Record.DoneOn, c.Record.DoneBy, c.Record.DueOn = "", "", nil, req.GetDueOn()
		c.Tell(c.Record.GetUnit(), words.InboxControlReturned(called(c.Record), req.GetDueOn(), req.GetReason()))
		return nil
	}, s.owed.Plan(days), s.owner.Returned(req.GetReason()))
}

// requireStanding refuses to have something done anew for a risk point that was retired or has gone to another unit: nobody
// here owes that any more.
func requireStanding(ctx context.Context, c *change) error {
	if c.Record.GetRiskPoint() == "" {
		return nil
	}
	if c.Record.GetPointGone() {
		return fault.Precondition(words.PointGone(c.Record.GetRiskPointTitle()))
	}
	state, err := db.New(c).StateOfPoint(ctx, c.Record.GetRiskPoint())
	if err == nil && state == riskv1.RegisterState_REGISTER_STATE_ENDED.String() {
		return fault.Precondition(words.PointRetired(c.Record.GetRiskPointTitle()))
	}
	return err
}

// requireOther keeps the unit where the owner stands from checking what the owner did.
func (s *Server) requireOther(ctx context.Context, c *change) error {
	return owed.RequireOther(ctx, c, s.positions, c.Record.GetOwnerPosition(), words.OwnControl)
}

// addCheck notes what a check came to.
func addCheck(ctx context.Context, c *change, effective bool, reason string) {
	owed.Judged(c.Record)
	checks := append(c.Record.GetChecks(), &riskv1.ControlCheck{
		Effective: effective, Reason: reason, Unit: access.PrincipalOf(ctx).Unit, CheckedOn: c.Today().String(),
		Result: c.Record.GetResult(), DoneOn: c.Record.GetDoneOn(), DueOn: c.Record.GetDueOn(),
		CheckTime: timestamppb.New(c.Now()),
	})
	c.Record.Checks = collection.Last(checks, maxChecks)
}

// CancelControl gives up what is planned.
func (s *Server) CancelControl(ctx context.Context, req *riskv1.CancelControlRequest) (*riskv1.Control, error) {
	return s.controls.Act(ctx, req, cancelAct, refuseDuty, func(_ context.Context, c *change) error {
		c.Record.CancelReason = req.GetReason()
		owed.Stop(c.Record)
		return nil
	}, s.owner.Dropped)
}

// Retire has what is owed for a risk point be owed no more, as a rule of the approval that retires it.
func (s *Server) Retire(ctx context.Context, point *collection.Change[*riskv1.RiskPoint]) error {
	if point.Record.GetState() != riskv1.RegisterState_REGISTER_STATE_ENDED {
		return nil
	}
	rows, err := db.New(point).OwedForPoint(ctx, point.Record.GetName())
	if err != nil {
		return err
	}
	for _, row := range rows {
		at := &riskv1.CancelControlRequest{Name: resource.Sharded(resource.Controls, row.Region, row.Key)}
		if _, err := s.controls.ActIn(ctx, point.Tx, at, retireAct, nil, stopRetired, s.owner.Dropped); err != nil {
			return err
		}
	}
	return nil
}

// stopRetired has a control be reminded of no more.
func stopRetired(_ context.Context, c *change) error {
	owed.Stop(c.Record)
	return nil
}
