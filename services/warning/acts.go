package warning

import (
	"context"
	"slices"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// ApproveWarning lets a waiting warning go out; its deadlines begin now.
func (s *warnings) ApproveWarning(ctx context.Context, req *warningv1.ApproveWarningRequest) (*warningv1.Warning, error) {
	return record.Act(ctx, s.store, req, s.lockCase(requireAbove), func(ctx context.Context, d *warningCase) (*warningv1.Warning, error) {
		if _, err := WarningLifecycle.Next(d.GetState(), actApprove); err != nil {
			return nil, err
		}
		warningLevel, _ := d.warningLevel()
		if err := d.requireApprover(ctx, warningLevel); err != nil {
			return nil, err
		}
		number, err := d.nextNoticeNumber(ctx)
		if err != nil {
			return nil, err
		}
		return d.Warning, d.approve(number)
	})
}

// requireApprover tells whether the caller may approve the warning at a warning level.
func (d *warningCase) requireApprover(ctx context.Context, warningLevel *warningv1.WarningLevel) error {
	caller := access.PrincipalOf(ctx)
	if !caller.HasRole(warningLevel.GetApproverRoles()...) {
		return fault.Denied("APPROVER_ROLE", schemes.TitleArgs("warning_level", warningLevel.GetId(), warningLevel.GetTitle())...)
	}
	if caller.Subject == d.row.Issuer {
		return fault.Denied("SELF_APPROVAL")
	}
	return nil
}

// AcknowledgeWarning records that the notice was received (T7).
func (s *warnings) AcknowledgeWarning(
	ctx context.Context, req *warningv1.AcknowledgeWarningRequest,
) (*warningv1.Warning, error) {
	return record.Act(ctx, s.store, req, s.lockCase(requireAddressee), func(_ context.Context, d *warningCase) (*warningv1.Warning, error) {
		return d.Warning, d.transition(actAcknowledge, "")
	})
}

// ExplainWarning records an explanation; the deadlines run on.
func (s *warnings) ExplainWarning(ctx context.Context, req *warningv1.ExplainWarningRequest) (*warningv1.Warning, error) {
	return record.Act(ctx, s.store, req, s.lockCase(requireAddressee), func(_ context.Context, d *warningCase) (*warningv1.Warning, error) {
		return d.Warning, d.transition(actExplain, req.GetExplanation())
	})
}

// SubmitRectification hands in what was done (T7).
func (s *warnings) SubmitRectification(
	ctx context.Context, req *warningv1.SubmitRectificationRequest,
) (*warningv1.Warning, error) {
	return record.Act(ctx, s.store, req, s.lockCase(requireAddressee), func(
		_ context.Context, d *warningCase,
	) (*warningv1.Warning, error) {
		return d.Warning, d.rectify(req.GetRectification())
	})
}

// CheckRectification records what the supervising office found (C12b).
func (s *warnings) CheckRectification(
	ctx context.Context, req *warningv1.CheckRectificationRequest,
) (*warningv1.Warning, error) {
	return record.Act(ctx, s.store, req, s.lockCase(requireSupervisor), func(ctx context.Context, d *warningCase) (*warningv1.Warning, error) {
		supervises := access.Reaches(ctx, d.row.SupervisingPath)
		if !supervises || callerID(ctx) == d.row.UnitID || req.GetCheckingUnit() != d.GetSupervisingUnit() {
			return nil, fault.Denied("NOT_SUPERVISOR", "unit", d.GetSupervisingUnit())
		}
		return d.Warning, d.recordCheck(req.GetPassed(), req.GetNote())
	})
}

// CloseWarning ends a warning that has been rectified (H9).
func (s *warnings) CloseWarning(ctx context.Context, req *warningv1.CloseWarningRequest) (*warningv1.Warning, error) {
	return record.Act(ctx, s.store, req, s.lockCase(requireAbove), func(_ context.Context, d *warningCase) (*warningv1.Warning, error) {
		return d.Warning, d.transition(actClose, req.GetNote())
	})
}

// WithdrawWarning takes an unfounded warning back.
func (s *warnings) WithdrawWarning(ctx context.Context, req *warningv1.WithdrawWarningRequest) (*warningv1.Warning, error) {
	return record.Act(ctx, s.store, req, s.lockCase(requireAbove), func(_ context.Context, d *warningCase) (*warningv1.Warning, error) {
		return d.Warning, d.transition(actWithdraw, req.GetReason())
	})
}

// ChangeWarningLevel raises or lowers a warning, with a fresh notice and the new warning level's limits (C11).
func (s *warnings) ChangeWarningLevel(ctx context.Context, req *warningv1.ChangeWarningLevelRequest) (*warningv1.Warning, error) {
	return record.Act(ctx, s.store, req, s.lockCase(requireAbove), func(ctx context.Context, d *warningCase) (*warningv1.Warning, error) {
		if _, err := WarningLifecycle.Next(d.GetState(), actChangeWarningLevel); err != nil {
			return nil, err
		}
		warningLevel, err := d.chooseWarningLevel(ctx, req.GetWarningLevel())
		if err != nil {
			return nil, err
		}
		number, err := d.nextNoticeNumber(ctx)
		if err != nil {
			return nil, err
		}
		return d.Warning, d.changeWarningLevel(actChangeWarningLevel, warningLevel, number, req.GetReason())
	})
}

// chooseWarningLevel finds the warning level that a warning is to move to. Whoever moves it must be one who may issue that level; where the
// way leads up to a level that needs approval, also one who may approve it: the second person, beside the issuer.
func (d *warningCase) chooseWarningLevel(ctx context.Context, id string) (*warningv1.WarningLevel, error) {
	var faults fault.Fields
	schemes.CheckKnown(&faults, "warning_level", id, d.scheme.GetWarningLevels())
	if id == d.GetWarningLevel() {
		same, _ := schemes.Find(d.scheme.GetWarningLevels(), id)
		faults.Add("warning_level", "same_warning_level", schemes.TitleArgs("warning_level", id, same.GetTitle())...)
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	warningLevel, _ := schemes.Find(d.scheme.GetWarningLevels(), id)
	if roles := warningLevel.GetIssuerRoles(); len(roles) > 0 && !access.PrincipalOf(ctx).HasRole(roles...) {
		return nil, fault.Denied("ISSUER_ROLE", schemes.TitleArgs("warning_level", id, warningLevel.GetTitle())...)
	}
	_, now := d.warningLevel()
	if up := slices.Index(d.scheme.GetWarningLevels(), warningLevel) > now; up && len(warningLevel.GetApproverRoles()) > 0 {
		return warningLevel, d.requireApprover(ctx, warningLevel)
	}
	return warningLevel, nil
}
