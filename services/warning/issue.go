package warning

import (
	"context"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// IssueWarning warns a unit, or has the warning wait for approval where its level asks for one (C11). The directory is asked
// before the transaction begins, which holds a connection and what it has locked.
func (s *warnings) IssueWarning(ctx context.Context, req *warningv1.IssueWarningRequest) (*warningv1.Warning, error) {
	overseer, refused := access.LookUp(ctx, s.directory, "supervising_unit", req.GetSupervisingUnit())
	return record.Change(ctx, s.book, req, func(ctx context.Context, tx *record.Tx) (*warningv1.Warning, error) {
		if err := notOwn(ctx, resource.ID(access.Target(ctx).GetName())); err != nil {
			return nil, err
		}
		if refused != nil {
			return nil, refused // only here, so that a repeated request gets its first answer
		}
		d, err := s.draft(ctx, tx, req, overseer)
		if err != nil {
			return nil, err
		}
		rung, _ := d.rung()
		d.State = pending
		if len(rung.GetApproverRoles()) == 0 {
			d.State = issued
		}
		d.note(actIssue, req.GetRungReason())
		d.History[0].Rung = rung.GetId()
		if d.GetState() == issued {
			number, err := d.number(ctx)
			if err != nil {
				return nil, err
			}
			if err := d.sendOut(number); err != nil {
				return nil, err
			}
		}
		return d.Warning, d.add(ctx)
	})
}

// draft checks what is asked and writes the warning down, as yet without a state.
func (s *warnings) draft(
	ctx context.Context, tx *record.Tx, req *warningv1.IssueWarningRequest, overseer *networkv1.Unit,
) (*dossier, error) {
	unit := access.Target(ctx)
	held := &warningv1.Scheme{}
	if err := schemes.Effective(ctx, tx, access.Lineage(unit), clock.Today(s.book.Clock), held); err != nil {
		return nil, err
	}
	rung, form, err := checkIssue(ctx, tx, req, held)
	if err != nil {
		return nil, err
	}
	if slices.Contains(access.Lineage(overseer), resource.ID(unit.GetName())) {
		return nil, fault.Precondition("SUPERVISOR_BELOW", "unit", overseer.GetName()).At("supervising_unit")
	}
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	now, key := s.book.Clock.Now(), resource.NewKey()
	d := &dossier{
		Warning: &warningv1.Warning{
			Name: resource.Sharded(resource.Warnings, unit.GetRegion(), key), Unit: unit.GetName(), Position: req.GetPosition(),
			Title: req.GetTitle(), Grounds: req.GetGrounds(), SupervisingUnit: overseer.GetName(),
			SchemeVersion: schemes.Version(held), CreateTime: timestamppb.New(now), Etag: document.Etag(1),
		},
		tx: tx, row: rowOf(ctx, unit, overseer, key), held: held, calendar: days, now: now, actor: access.From(ctx).Unit,
	}
	if req.GetFinding() != "" {
		d.Finding = req.GetAnalysis() + "#" + req.GetFinding()
	}
	d.put(rung, form)
	return d, nil
}

func rowOf(ctx context.Context, unit, overseer *networkv1.Unit, key string) db.Warning {
	return db.Warning{
		Region: unit.GetRegion(), WarningKey: key, UnitID: resource.ID(unit.GetName()), UnitPath: access.Path(unit),
		SupervisingPath: access.Path(overseer), UnitTitle: unit.GetTitle(), OfficeTitle: overseer.GetTitle(),
		Issuer: access.From(ctx).Subject,
	}
}

func (d *dossier) add(ctx context.Context) error {
	body, err := document.Encode(d.Warning)
	if err != nil {
		return err
	}
	if err := db.New(d.tx).AddWarning(ctx, db.AddWarningParams{
		Region: d.row.Region, WarningKey: d.row.WarningKey, UnitID: d.row.UnitID, UnitPath: d.row.UnitPath,
		SupervisingPath: d.row.SupervisingPath, UnitTitle: d.row.UnitTitle, OfficeTitle: d.row.OfficeTitle, Issuer: d.row.Issuer,
		Rung: d.GetRung(), State: int16(d.GetState()), RiseAfter: d.row.RiseAfter, RectifyOn: d.row.RectifyOn, Body: body,
	}); err != nil {
		return err
	}
	return d.tx.Record(ctx, d.entry())
}

// checkIssue holds a warning against the ladder and the finding it follows: the level must be the finding's or have a
// reason, and be one that the caller's roles may issue.
func checkIssue(
	ctx context.Context, tx db.DBTX, req *warningv1.IssueWarningRequest, held *warningv1.Scheme,
) (*warningv1.Rung, *warningv1.Form, error) {
	var faults fault.Fields
	rung, form := chosen(&faults, held, req.GetRung(), req.GetForm())
	finding, err := findingOf(ctx, tx, &faults, req)
	if err != nil {
		return nil, nil, err
	}
	if err := faults.Err(); err != nil {
		return nil, nil, err
	}
	if roles := rung.GetIssuerRoles(); len(roles) > 0 && !access.From(ctx).Has(roles...) {
		return nil, nil, fault.Denied("ISSUER_ROLE", schemes.Titled("rung", rung.GetId(), rung.GetTitle())...)
	}
	if finding != nil && finding.GetRung() != rung.GetId() && req.GetRungReason() == "" {
		found, _ := schemes.Find(held.GetRungs(), finding.GetRung())
		return nil, nil, fault.Precondition("WRONG_RUNG", schemes.Titled("rung", finding.GetRung(), found.GetTitle())...).At("rung_reason")
	}
	return rung, form, nil
}

// chosen finds the rung and the form asked for; without one, the form is the rung's first.
func chosen(faults *fault.Fields, held *warningv1.Scheme, rungID, formID string) (*warningv1.Rung, *warningv1.Form) {
	schemes.Known(faults, "rung", rungID, held.GetRungs())
	rung, ok := schemes.Find(held.GetRungs(), rungID)
	if !ok {
		return nil, nil
	}
	if formID == "" {
		return rung, rung.GetForms()[0]
	}
	schemes.Known(faults, "form", formID, rung.GetForms())
	form, _ := schemes.Find(rung.GetForms(), formID)
	return rung, form
}

// findingOf reads the finding a warning is said to follow, which must be about the very unit; nil where it follows none.
func findingOf(
	ctx context.Context, tx db.DBTX, faults *fault.Fields, req *warningv1.IssueWarningRequest,
) (*warningv1.Finding, error) {
	switch {
	case req.GetAnalysis() == "" && req.GetFinding() == "":
		return nil, nil //nolint:nilnil // a warning may follow no finding
	case req.GetAnalysis() == "":
		faults.Add("analysis", "required")
		return nil, nil //nolint:nilnil // the fault is noted
	case req.GetFinding() == "":
		faults.Add("finding", "required")
		return nil, nil //nolint:nilnil // the fault is noted
	}
	analysis, err := readAnalysis(ctx, tx, req.GetAnalysis())
	if err != nil {
		return nil, err
	}
	finding, ok := schemes.Find(analysis.GetFindings(), req.GetFinding())
	if !ok {
		faults.Add("finding", "unknown_finding", "id", req.GetFinding())
	} else if of := finding.GetCount().GetUnit(); of != req.GetUnit() {
		faults.Add("finding", "other_unit", "unit", of)
	}
	return finding, nil
}
