package deficiencies

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
)

// maxChecks is how many checks a deficiency keeps; of more, the first go.
const maxChecks = 20

// CorrectDeficiency has the unit, or that of the position that answers for it, say what it did about it.
func (s *Server) CorrectDeficiency(ctx context.Context, req *riskv1.CorrectDeficiencyRequest) (*riskv1.Deficiency, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.deficiencies.ActBy(ctx, req, correctAct, requireCorrecting, func(ctx context.Context, c *change) error {
		err := owed.RequireReworked(ctx, c, c.Record.GetChecks(), (*riskv1.DeficiencyCheck).GetCorrection, req.GetCorrection())
		if err != nil {
			return err
		}
		kind, err := kindOf(ctx, c)
		if err != nil {
			return err
		}
		asks := kind.GetEvidenceRequired()
		if err := owed.RequireEvidence(ctx, c, asks, schemes.TitleOf(kind.GetId(), kind.GetTitle())); err != nil {
			return err
		}
		c.Record.Correction, c.Record.CorrectedOn = req.GetCorrection(), c.Today().String()
		owed.Stop(c.Record)
		return nil
	}, s.judging.Await(days), func(_ context.Context, c *change) error {
		c.Tell(owed.Judge(c, c.Record.GetFoundBy()), saysCorrected(c.Record))
		return nil
	}, s.owner.Done())
}

// saysCorrected asks who is to look whether a deficiency is put right.
func saysCorrected(d *riskv1.Deficiency) words.Sentence {
	return owed.By(d.GetJudging(), func(day string) words.Sentence {
		return words.InboxDeficiencyCorrected(d.GetUnit(), title(d), day)
	}, words.InboxDeficiencyCorrectedUnlimited(d.GetUnit(), title(d)))
}

// judge is the unit that is to look whether it is put right: that which found it or, where that does not stand above it or has
// the position that answers for it, the lowest that may.
func judge(_ context.Context, c *change) (string, error) {
	return owed.Judge(c, c.Record.GetFoundBy()), nil
}

// kindOf is the kind of a deficiency as the scheme of today has it; nil where it is gone.
func kindOf(ctx context.Context, c *change) (*riskv1.DeficiencyKind, error) {
	scheme := &riskv1.Scheme{}
	err := schemes.EffectiveFor(ctx, c, scheme)
	kind, _ := schemes.Find(scheme.GetDeficiencyKinds(), c.Record.GetKind())
	return kind, err
}

// ConfirmDeficiency finds that it is put right.
func (s *Server) ConfirmDeficiency(ctx context.Context, req *riskv1.ConfirmDeficiencyRequest) (*riskv1.Deficiency, error) {
	return s.judged.ActBy(ctx, req, confirmAct, s.requireFinder, func(ctx context.Context, c *change) error {
		addCheck(ctx, c, true, req.GetReason())
		c.Tell(c.Record.GetUnit(), words.InboxDeficiencyConfirmed(title(c.Record)))
		return nil
	}, s.owner.Confirmed)
}

// FileDeficiency records with whom a deficiency was filed (T16).
func (s *Server) FileDeficiency(ctx context.Context, req *riskv1.FileDeficiencyRequest) (*riskv1.Deficiency, error) {
	return s.judged.ActBy(ctx, req, fileAct, s.requireFinder, func(ctx context.Context, c *change) error {
		if c.Record.GetFileBy() == "" {
			return fault.Precondition(words.NotToBeFiled())
		}
		scheme := &riskv1.Scheme{}
		if err := schemes.Kept(ctx, c, &c.Record.SchemeVersion, scheme); err != nil {
			return err
		}
		kind, _ := schemes.Find(scheme.GetDeficiencyKinds(), c.Record.GetKind())
		noted := calendar.DateOf(c.Record.GetCreateTime().AsTime(), calendar.Shanghai)
		return owed.File(c, req.GetFiling(), kind.GetFiling().GetFiledWith(), noted.String())
	})
}

// ReturnDeficiency finds that it is not put right, with a new day.
func (s *Server) ReturnDeficiency(ctx context.Context, req *riskv1.ReturnDeficiencyRequest) (*riskv1.Deficiency, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.judged.ActBy(ctx, req, returnAct, s.requireFinder, func(ctx context.Context, c *change) error {
		addCheck(ctx, c, false, req.GetReason())
		c.Record.Correction, c.Record.CorrectedOn = "", ""
		kind, err := kindOf(ctx, c)
		if err != nil {
			return err
		}
		var faults fault.Fields
		if err := setDue(c, days, kind, &faults, "due_on", req.GetDueOn()); err != nil {
			return err
		}
		if err := faults.Err(); err != nil {
			return err
		}
		c.Tell(c.Record.GetUnit(), words.InboxDeficiencyReturned(title(c.Record), c.Record.GetDueOn(), req.GetReason()))
		return nil
	}, s.owed.Plan(days), s.owner.Returned(req.GetReason()))
}

// WithdrawDeficiency takes back what was none.
func (s *Server) WithdrawDeficiency(ctx context.Context, req *riskv1.WithdrawDeficiencyRequest) (*riskv1.Deficiency, error) {
	return s.judged.ActBy(ctx, req, withdrawAct, s.requireFinder, func(_ context.Context, c *change) error {
		c.Record.WithdrawReason = req.GetReason()
		owed.Stop(c.Record)
		owed.NoFiling(c.Record)
		owed.Judged(c.Record)
		c.Tell(c.Record.GetUnit(), words.InboxDeficiencyWithdrawn(title(c.Record), req.GetReason()))
		return nil
	}, s.owner.Dropped)
}

// requireFinder lets the unit judge that found it, or one above: neither the unit at which it was found nor that of the position
// that answers for it. The root has nobody above it who would.
func (s *Server) requireFinder(ctx context.Context, c *change) error {
	units, caller := c.Units(), access.PrincipalOf(ctx).Unit
	if len(units) == 1 {
		return nil
	}
	if caller == c.ActingUnit() {
		return fault.Denied(words.OwnDeficiency(words.Untitled(caller)))
	}
	if err := c.RequireMaker(ctx, c.Record.GetFoundBy(), words.NotFinder(words.Untitled(c.Record.GetFoundBy()))); err != nil {
		return err
	}
	return owed.RequireOther(ctx, c, s.positions, c.Record.GetPosition(), words.OwnDeficiency)
}

// addCheck notes what somebody who looked found.
func addCheck(ctx context.Context, c *change, confirmed bool, reason string) {
	owed.Judged(c.Record)
	checks := append(c.Record.GetChecks(), &riskv1.DeficiencyCheck{
		Confirmed: confirmed, Reason: reason, Unit: access.PrincipalOf(ctx).Unit, CheckedOn: c.Today().String(),
		Correction: c.Record.GetCorrection(), CorrectedOn: c.Record.GetCorrectedOn(), DueOn: c.Record.GetDueOn(),
		CheckTime: timestamppb.New(c.Now()),
	})
	c.Record.Checks = collection.Last(checks, maxChecks)
}
