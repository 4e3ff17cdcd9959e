package warnings

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/warning/findings"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// parties are the units that issue a warning and see to what comes of it, and those of its further addressees.
type parties struct {
	issuing, supervising *networkv1.Unit
	further              []*networkv1.Unit
}

// IssueWarning warns a unit, or has the warning wait for approval where its level asks for one (C11). The directory is asked
// before the transaction begins, which holds a connection and what it has locked.
func (s *Server) IssueWarning(ctx context.Context, req *warningv1.IssueWarningRequest) (*warningv1.Warning, error) {
	asked := &warningv1.Warning{
		Title: req.GetTitle(), Grounds: req.GetGrounds(), SupervisingUnit: req.GetSupervisingUnit(),
	}
	return record.Prepare(ctx, s.warnings.Store, req, func(ctx context.Context) (parties, error) {
		return s.parties(ctx, req)
	}, func(ctx context.Context, p parties) (*warningv1.Warning, error) {
		return s.warnings.Create(ctx, req, asked, s.issue(req, p))
	})
}

// parties looks up who has to do with a new warning. Nobody warns their own unit.
func (s *Server) parties(ctx context.Context, req *warningv1.IssueWarningRequest) (p parties, err error) {
	caller := access.PrincipalOf(ctx).Unit
	if caller == req.GetUnit() {
		return p, fault.Denied(words.OwnWarning())
	}
	if p.issuing, err = s.directory.Unit(ctx, caller); err != nil {
		return p, err
	}
	if p.further, err = s.furtherUnits(ctx, req); err != nil {
		return p, err
	}
	p.supervising, err = access.LookUp(ctx, s.directory, "supervising_unit", req.GetSupervisingUnit())
	return p, err
}

// issue is the rule of a new warning: it holds what is asked against the scheme and completes the warning by it.
func (s *Server) issue(req *warningv1.IssueWarningRequest, p parties) collection.Rule[*warningv1.Warning] {
	return func(ctx context.Context, c *change) error {
		unit, scheme := access.Target(ctx), &warningv1.Scheme{}
		if err := schemes.EffectiveFor(ctx, c, scheme); err != nil {
			return err
		}
		level, form, err := checkIssue(ctx, c, req, scheme, p.issuing)
		if err != nil {
			return err
		}
		c.Beside = map[string]string{
			supervisingPath: access.Path(p.supervising), officeTitle: p.supervising.GetTitle(),
			issuer: access.PrincipalOf(ctx).Subject, issuerPath: access.Path(p.issuing), actingIssuer: access.Path(p.issuing),
		}
		units := append([]*networkv1.Unit{unit}, p.further...)
		for _, u := range units {
			if slices.Contains(access.PathIDs(p.supervising), resource.ID(u.GetName())) {
				return fault.Precondition(words.SupervisorBelow()).OnField("supervising_unit")
			}
		}
		if err := address(ctx, c, req, units); err != nil {
			return err
		}
		if err := findMuting(ctx, c); err != nil {
			return err
		}
		c.Record.SchemeVersion = schemes.Version(scheme)
		if req.GetFinding() != "" {
			c.Record.Finding = req.GetFinding()
			if err := requireFirst(ctx, c, req.GetAgainReason()); err != nil {
				return err
			}
			if err := findings.TakeUp(ctx, c.Tx, []string{req.GetFinding()}, c.Record.GetName()); err != nil {
				return err
			}
		}
		w, err := s.newCase(ctx, c, scheme)
		if err != nil {
			return err
		}
		if err := w.begin(level, form, req.GetWarningLevelReason()); err != nil {
			return err
		}
		return w.notify(ctx, c)
	}
}

// requireFirst refuses a second warning of one of its addressees, unit or post, for one finding, also where two come at once,
// since the finding is locked, unless there is a reason; it then names the first.
func requireFirst(ctx context.Context, c *change, reason string) error {
	params := db.FirstWarningOfFindingParams{Finding: c.Record.GetFinding(), Withdrawn: withdrawn.String()}
	for _, a := range c.Record.GetAddressees() {
		params.Units, params.Positions = append(params.Units, a.GetUnit()), append(params.Positions, a.GetPosition())
	}
	first, err := db.New(c).FirstWarningOfFinding(ctx, params)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	name := resource.Sharded(resource.Warnings, first.Region, first.Key)
	if reason != "" {
		c.Record.FirstWarning, c.Record.AgainReason = name, reason
		return nil
	}
	warning := words.Named(name, first.Title)
	return fault.Precondition(words.FindingWarned(warning)).OnField("finding")
}

// begin writes the first line of the history, and sends the notice where the warning level needs no approval.
func (w *warningCase) begin(level *warningv1.WarningLevel, form *warningv1.Form, reason string) error {
	if stages := level.GetApprovals(); len(stages) == 0 {
		w.State = issued
	} else {
		w.ApprovalStage = stages[0].GetId()
	}
	w.addHistory(issue, reason)
	w.setLevel(level, form)
	if w.GetState() == pending {
		return nil
	}
	return w.sendNotice()
}

// checkIssue holds a warning against the ladder and the finding it follows: the level must be the finding's or have a
// reason, and be one that the caller's roles and unit may issue.
func checkIssue(
	ctx context.Context, c *change, req *warningv1.IssueWarningRequest, scheme *warningv1.Scheme, issuing *networkv1.Unit,
) (*warningv1.WarningLevel, *warningv1.Form, error) {
	var faults fault.Fields
	level, form := findLevelAndForm(&faults, scheme, req.GetWarningLevel(), req.GetForm())
	finding, err := findingOf(ctx, c, &faults, req)
	if err != nil {
		return nil, nil, err
	}
	if err := faults.Err(); err != nil {
		return nil, nil, err
	}
	if err := requireIssuer(access.PrincipalOf(ctx), issuing, level); err != nil {
		return nil, nil, err
	}
	if finding.GetWarningLevel() != "" && finding.GetWarningLevel() != level.GetId() && req.GetWarningLevelReason() == "" {
		title := schemes.TitleIn(scheme.GetWarningLevels(), finding.GetWarningLevel())
		return nil, nil, fault.Precondition(words.WrongWarningLevel(title)).OnField("warning_level_reason")
	}
	c.Record.SubjectArea = finding.GetCount().GetSubjectArea()
	return level, form, nil
}

// findLevelAndForm finds the warning level and the form asked for; without one, the form is the level's first.
func findLevelAndForm(
	faults *fault.Fields, scheme *warningv1.Scheme, levelID, formID string,
) (*warningv1.WarningLevel, *warningv1.Form) {
	schemes.CheckKnown(faults, "warning_level", levelID, scheme.GetWarningLevels())
	level, ok := schemes.Find(scheme.GetWarningLevels(), levelID)
	if !ok {
		return nil, nil
	}
	if formID == "" {
		return level, level.GetForms()[0]
	}
	schemes.CheckKnown(faults, "form", formID, level.GetForms())
	form, _ := schemes.Find(level.GetForms(), formID)
	return level, form
}

// findingOf reads the finding a warning is said to follow; nil where it follows none. It must be about the very unit or, where
// it is of what spreads below a unit, about one above it.
func findingOf(
	ctx context.Context, c *change, faults *fault.Fields, req *warningv1.IssueWarningRequest,
) (*warningv1.Finding, error) {
	if req.GetFinding() == "" {
		return nil, nil //nolint:nilnil // a warning may follow no finding
	}
	finding, err := findings.Find(ctx, c.Tx, req.GetFinding())
	if err != nil {
		return nil, err
	}
	of := finding.GetCount().GetUnit()
	spreads := finding.GetTest().GetKind() == warningv1.FindingTestKind_FINDING_TEST_KIND_SPREAD
	if of != req.GetUnit() && (!spreads || !slices.Contains(access.Target(ctx).GetAncestors(), of)) {
		faults.Add("finding", words.OtherUnit(words.Untitled(of)))
	}
	return finding, nil
}
