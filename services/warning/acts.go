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
	return record.Act(ctx, s.book, req, s.lock(above), func(ctx context.Context, d *dossier) (*warningv1.Warning, error) {
		if _, err := WarningLifecycle.Next(d.GetState(), actApprove); err != nil {
			return nil, err
		}
		rung, _ := d.rung()
		if err := d.approvable(ctx, rung); err != nil {
			return nil, err
		}
		number, err := d.number(ctx)
		if err != nil {
			return nil, err
		}
		return d.Warning, d.approve(number)
	})
}

// approvable tells whether the caller may approve the warning at a rung.
func (d *dossier) approvable(ctx context.Context, rung *warningv1.Rung) error {
	who := access.From(ctx)
	if !who.Has(rung.GetApproverRoles()...) {
		return fault.Denied("APPROVER_ROLE", schemes.Titled("rung", rung.GetId(), rung.GetTitle())...)
	}
	if who.Subject == d.row.Issuer {
		return fault.Denied("SELF_APPROVAL")
	}
	return nil
}

// AcknowledgeWarning records that the notice was received (T7).
func (s *warnings) AcknowledgeWarning(
	ctx context.Context, req *warningv1.AcknowledgeWarningRequest,
) (*warningv1.Warning, error) {
	return record.Act(ctx, s.book, req, s.lock(addressee), func(_ context.Context, d *dossier) (*warningv1.Warning, error) {
		return d.Warning, d.act(actAcknowledge, "")
	})
}

// ExplainWarning records an explanation; the deadlines run on.
func (s *warnings) ExplainWarning(ctx context.Context, req *warningv1.ExplainWarningRequest) (*warningv1.Warning, error) {
	return record.Act(ctx, s.book, req, s.lock(addressee), func(_ context.Context, d *dossier) (*warningv1.Warning, error) {
		return d.Warning, d.act(actExplain, req.GetExplanation())
	})
}

// SubmitRectification hands in what was done (T7).
func (s *warnings) SubmitRectification(
	ctx context.Context, req *warningv1.SubmitRectificationRequest,
) (*warningv1.Warning, error) {
	return record.Act(ctx, s.book, req, s.lock(addressee), func(
		_ context.Context, d *dossier,
	) (*warningv1.Warning, error) {
		return d.Warning, d.rectify(req.GetRectification())
	})
}

// CheckRectification records what the supervising office found (C12b).
func (s *warnings) CheckRectification(
	ctx context.Context, req *warningv1.CheckRectificationRequest,
) (*warningv1.Warning, error) {
	return record.Act(ctx, s.book, req, s.lock(office), func(ctx context.Context, d *dossier) (*warningv1.Warning, error) {
		supervises := access.Reaches(ctx, d.row.SupervisingPath)
		if !supervises || caller(ctx) == d.row.UnitID || req.GetCheckingUnit() != d.GetSupervisingUnit() {
			return nil, fault.Denied("NOT_SUPERVISOR", "unit", d.GetSupervisingUnit())
		}
		return d.Warning, d.check(req.GetPassed(), req.GetNote())
	})
}

// CloseWarning ends a warning that has been rectified (H9).
func (s *warnings) CloseWarning(ctx context.Context, req *warningv1.CloseWarningRequest) (*warningv1.Warning, error) {
	return record.Act(ctx, s.book, req, s.lock(above), func(_ context.Context, d *dossier) (*warningv1.Warning, error) {
		return d.Warning, d.act(actClose, req.GetNote())
	})
}

// WithdrawWarning takes an unfounded warning back.
func (s *warnings) WithdrawWarning(ctx context.Context, req *warningv1.WithdrawWarningRequest) (*warningv1.Warning, error) {
	return record.Act(ctx, s.book, req, s.lock(above), func(_ context.Context, d *dossier) (*warningv1.Warning, error) {
		return d.Warning, d.act(actWithdraw, req.GetReason())
	})
}

// ChangeRung raises or lowers a warning, with a fresh notice and the new rung's limits (C11).
func (s *warnings) ChangeRung(ctx context.Context, req *warningv1.ChangeRungRequest) (*warningv1.Warning, error) {
	return record.Act(ctx, s.book, req, s.lock(above), func(ctx context.Context, d *dossier) (*warningv1.Warning, error) {
		if _, err := WarningLifecycle.Next(d.GetState(), actChangeRung); err != nil {
			return nil, err
		}
		rung, err := d.chosenRung(ctx, req.GetRung())
		if err != nil {
			return nil, err
		}
		number, err := d.number(ctx)
		if err != nil {
			return nil, err
		}
		return d.Warning, d.climb(actChangeRung, rung, number, req.GetReason())
	})
}

// chosenRung finds the rung that a warning is to move to. Whoever moves it must be one who may issue that level; where the
// way leads up to a level that needs approval, also one who may approve it: the second person, beside the issuer.
func (d *dossier) chosenRung(ctx context.Context, id string) (*warningv1.Rung, error) {
	var faults fault.Fields
	schemes.Known(&faults, "rung", id, d.held.GetRungs())
	if id == d.GetRung() {
		same, _ := schemes.Find(d.held.GetRungs(), id)
		faults.Add("rung", "same_rung", schemes.Titled("rung", id, same.GetTitle())...)
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	rung, _ := schemes.Find(d.held.GetRungs(), id)
	if roles := rung.GetIssuerRoles(); len(roles) > 0 && !access.From(ctx).Has(roles...) {
		return nil, fault.Denied("ISSUER_ROLE", schemes.Titled("rung", id, rung.GetTitle())...)
	}
	_, now := d.rung()
	if up := slices.Index(d.held.GetRungs(), rung) > now; up && len(rung.GetApproverRoles()) > 0 {
		return rung, d.approvable(ctx, rung)
	}
	return rung, nil
}
