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
	supervisor, refused := access.LookUp(ctx, s.directory, "supervising_unit", req.GetSupervisingUnit())
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*warningv1.Warning, error) {
		if err := requireOther(ctx, resource.ID(access.Target(ctx).GetName())); err != nil {
			return nil, err
		}
		if refused != nil {
			return nil, refused // only here, so that a repeated request gets its first answer
		}
		d, err := s.newCase(ctx, tx, req, supervisor)
		if err != nil {
			return nil, err
		}
		warningLevel, _ := d.warningLevel()
		d.State = pending
		if len(warningLevel.GetApproverRoles()) == 0 {
			d.State = issued
		}
		d.addHistory(actIssue, req.GetWarningLevelReason())
		d.History[0].WarningLevel = warningLevel.GetId()
		if d.GetState() == issued {
			number, err := d.nextNoticeNumber(ctx)
			if err != nil {
				return nil, err
			}
			if err := d.sendNotice(number); err != nil {
				return nil, err
			}
		}
		return d.Warning, d.insert(ctx)
	})
}

// newCase checks what is asked and writes the warning down, as yet without a state.
func (s *warnings) newCase(
	ctx context.Context, tx *record.Tx, req *warningv1.IssueWarningRequest, supervisor *networkv1.Unit,
) (*warningCase, error) {
	unit := access.Target(ctx)
	scheme := &warningv1.Scheme{}
	if err := schemes.Effective(ctx, tx, access.PathIDs(unit), clock.Today(s.store.Clock), scheme); err != nil {
		return nil, err
	}
	warningLevel, form, err := checkIssue(ctx, tx, req, scheme)
	if err != nil {
		return nil, err
	}
	if slices.Contains(access.PathIDs(supervisor), resource.ID(unit.GetName())) {
		return nil, fault.Precondition("SUPERVISOR_BELOW", "unit", supervisor.GetName()).OnField("supervising_unit")
	}
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	now, key := s.store.Clock.Now(), resource.NewKey()
	d := &warningCase{
		Warning: &warningv1.Warning{
			Name: resource.Sharded(resource.Warnings, unit.GetRegion(), key), Unit: unit.GetName(), Position: req.GetPosition(),
			Title: req.GetTitle(), Grounds: req.GetGrounds(), SupervisingUnit: supervisor.GetName(),
			SchemeVersion: schemes.Version(scheme), CreateTime: timestamppb.New(now), Etag: document.Etag(1),
		},
		tx: tx, row: rowOf(ctx, unit, supervisor, key), scheme: scheme, calendar: days, now: now, actingUnit: access.PrincipalOf(ctx).Unit,
	}
	if req.GetFinding() != "" {
		d.Finding = req.GetAnalysis() + "#" + req.GetFinding()
	}
	d.setWarningLevel(warningLevel, form)
	return d, nil
}

func rowOf(ctx context.Context, unit, supervisor *networkv1.Unit, key string) db.Warning {
	return db.Warning{
		Region: unit.GetRegion(), WarningKey: key, UnitID: resource.ID(unit.GetName()), UnitPath: access.Path(unit),
		SupervisingPath: access.Path(supervisor), UnitTitle: unit.GetTitle(), OfficeTitle: supervisor.GetTitle(),
		Issuer: access.PrincipalOf(ctx).Subject,
	}
}

func (d *warningCase) insert(ctx context.Context) error {
	body, err := document.Encode(d.Warning)
	if err != nil {
		return err
	}
	if err := db.New(d.tx).AddWarning(ctx, db.AddWarningParams{
		Region: d.row.Region, WarningKey: d.row.WarningKey, UnitID: d.row.UnitID, UnitPath: d.row.UnitPath,
		SupervisingPath: d.row.SupervisingPath, UnitTitle: d.row.UnitTitle, OfficeTitle: d.row.OfficeTitle, Issuer: d.row.Issuer,
		WarningLevel: d.GetWarningLevel(), State: int16(d.GetState()), RiseAfter: d.row.RiseAfter, RectifyOn: d.row.RectifyOn, Body: body,
	}); err != nil {
		return err
	}
	return d.tx.Record(ctx, d.entry())
}

// checkIssue holds a warning against the ladder and the finding it follows: the level must be the finding's or have a
// reason, and be one that the caller's roles may issue.
func checkIssue(
	ctx context.Context, tx db.DBTX, req *warningv1.IssueWarningRequest, scheme *warningv1.Scheme,
) (*warningv1.WarningLevel, *warningv1.Form, error) {
	var faults fault.Fields
	warningLevel, form := findLevelAndForm(&faults, scheme, req.GetWarningLevel(), req.GetForm())
	finding, err := findingOf(ctx, tx, &faults, req)
	if err != nil {
		return nil, nil, err
	}
	if err := faults.Err(); err != nil {
		return nil, nil, err
	}
	if roles := warningLevel.GetIssuerRoles(); len(roles) > 0 && !access.PrincipalOf(ctx).HasRole(roles...) {
		return nil, nil, fault.Denied("ISSUER_ROLE", schemes.TitleArgs("warning_level", warningLevel.GetId(), warningLevel.GetTitle())...)
	}
	if finding != nil && finding.GetWarningLevel() != warningLevel.GetId() && req.GetWarningLevelReason() == "" {
		found, _ := schemes.Find(scheme.GetWarningLevels(), finding.GetWarningLevel())
		args := schemes.TitleArgs("warning_level", finding.GetWarningLevel(), found.GetTitle())
		return nil, nil, fault.Precondition("WRONG_WARNING_LEVEL", args...).OnField("warning_level_reason")
	}
	return warningLevel, form, nil
}

// findLevelAndForm finds the warning level and the form asked for; without one, the form is the level's first.
func findLevelAndForm(
	faults *fault.Fields,
	scheme *warningv1.Scheme,
	warningLevelID, formID string,
) (*warningv1.WarningLevel, *warningv1.Form) {
	schemes.CheckKnown(faults, "warning_level", warningLevelID, scheme.GetWarningLevels())
	warningLevel, ok := schemes.Find(scheme.GetWarningLevels(), warningLevelID)
	if !ok {
		return nil, nil
	}
	if formID == "" {
		return warningLevel, warningLevel.GetForms()[0]
	}
	schemes.CheckKnown(faults, "form", formID, warningLevel.GetForms())
	form, _ := schemes.Find(warningLevel.GetForms(), formID)
	return warningLevel, form
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
