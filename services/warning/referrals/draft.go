package referrals

import (
	"context"
	"fmt"
	"slices"

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
	"github.com/qingfeng-suite/qingfeng/services/warning/warnings"
)

// CreateReferral drafts a referral. The department is looked up before the transaction begins.
func (s *Server) CreateReferral(ctx context.Context, req *warningv1.CreateReferralRequest) (*warningv1.Referral, error) {
	return record.Prepare(ctx, s.referrals.Store, req, func(ctx context.Context) (*networkv1.Unit, error) {
		if err := access.RequireOwn(ctx, req.GetReferral().GetUnit()); err != nil {
			return nil, err
		}
		return s.department(ctx, access.Target(ctx), req.GetReferral().GetDepartment())
	}, func(ctx context.Context, to *networkv1.Unit) (*warningv1.Referral, error) {
		return s.referrals.Create(ctx, req, req.GetReferral(), collection.Own, func(ctx context.Context, c *change) error {
			scheme, _, err := kindToday(ctx, c)
			if err != nil {
				return err
			}
			var faults fault.Fields
			if schemes.CheckKnown(&faults, "referral.kind", c.Record.GetKind(), scheme.GetReferralKinds()); faults.Err() != nil {
				return faults.Err()
			}
			c.Beside[departmentPath] = access.Path(to)
			c.Record.UnitTitle, c.Record.DepartmentTitle = access.Target(ctx).GetTitle(), to.GetTitle()
			return s.checkDraft(ctx, c)
		})
	})
}

// UpdateReferral changes what is drafted or was declined.
func (s *Server) UpdateReferral(ctx context.Context, req *warningv1.UpdateReferralRequest) (*warningv1.Referral, error) {
	return s.referrals.Update(ctx, req, "referral", req.GetReferral(), s.checkDraft)
}

// department looks up the department that a unit refers to: below it or above it, on either line.
func (s *Server) department(ctx context.Context, of *networkv1.Unit, name string) (*networkv1.Unit, error) {
	const field = "referral.department"
	if name == of.GetName() {
		return nil, fault.Invalid(field, words.OwnReferral())
	}
	found, err := access.LookUp(ctx, s.directory, field, name)
	if err != nil || slices.Contains(found.GetAncestors(), of.GetName()) {
		return found, err
	}
	below, err := access.SystemLineOf(ctx, s.directory, of.GetName())
	if err != nil || below.Has(access.Path(found)) {
		return found, err
	}
	above, err := access.AboveOnAnyLine(ctx, s.directory.Unit, of)
	if err == nil && !slices.Contains(above, name) {
		err = fault.Invalid(field, words.UnknownUnit(resource.ID(name)))
	}
	return found, err
}

// kindToday has a referral go by today's scheme, and is its kind there; nil where there is none such.
func kindToday(ctx context.Context, c *change) (*warningv1.Scheme, *warningv1.ReferralKind, error) {
	scheme := &warningv1.Scheme{}
	err := schemes.EffectiveFor(ctx, c, scheme)
	kind, _ := schemes.Find(scheme.GetReferralKinds(), c.Record.GetKind())
	c.Record.SchemeVersion, c.Record.KindTitle = schemes.Version(scheme), kind.GetTitle()
	return scheme, kind, err
}

// kindOf is the kind of a referral by the scheme version that it goes by.
func kindOf(ctx context.Context, c *change) (*warningv1.ReferralKind, error) {
	scheme := &warningv1.Scheme{}
	err := schemes.ByVersion(ctx, c, c.Record.GetSchemeVersion(), scheme)
	kind, _ := schemes.Find(scheme.GetReferralKinds(), c.Record.GetKind())
	return kind, err
}

// checkRegulation wants a regulation to be named where that is asked, and nowhere else.
func checkRegulation(faults *fault.Fields, field, regulation string, asked bool) {
	switch {
	case asked && regulation == "":
		faults.Add(field, words.Required())
	case !asked && regulation != "":
		faults.Add(field, words.RegulationNotAsked())
	}
}

// checkDraft wants what a referral is about to be of the unit that refers, and of one subject area; and a regulation where its
// kind names one.
func (s *Server) checkDraft(ctx context.Context, c *change) error {
	kind, err := kindOf(ctx, c)
	if err != nil {
		return err
	}
	var faults fault.Fields
	r := c.Record
	checkRegulation(&faults, "referral.regulation", r.GetRegulation(), kind.GetNamesRegulation())
	if len(r.GetFindings()) == 0 && r.GetWarning() == "" {
		faults.Add("referral.findings", words.Required())
	}
	r.SubjectArea = ""
	for i, name := range r.GetFindings() {
		at := fmt.Sprintf("referral.findings[%d]", i)
		if slices.Contains(r.GetFindings()[:i], name) {
			faults.Add(at, words.Duplicate(name))
			continue
		}
		found, err := findings.FindOwn(ctx, c, &faults, at, name)
		if err != nil {
			return err
		}
		checkArea(&faults, at, r, found.GetCount().GetSubjectArea())
	}
	if r.GetWarning() != "" {
		found, err := warnings.FindStanding(ctx, c.Tx, &faults, "referral.warning", r.GetWarning())
		if err != nil {
			return err
		}
		checkArea(&faults, "referral.warning", r, found.GetSubjectArea())
	}
	if err := s.checkDeclined(ctx, c, &faults); err != nil {
		return err
	}
	return faults.Err()
}

// checkArea gives a referral the first subject area of what it is about, and wants all others to be that one.
func checkArea(faults *fault.Fields, field string, r *warningv1.Referral, area string) {
	switch {
	case r.GetSubjectArea() == "":
		r.SubjectArea = area
	case area != "" && area != r.GetSubjectArea():
		faults.Add(field, words.OtherArea())
	}
}

// checkDeclined wants the earlier referral to be one of the unit that was declined.
func (s *Server) checkDeclined(ctx context.Context, c *change, faults *fault.Fields) error {
	const field = "referral.declined_referral"
	if c.Record.GetDeclinedReferral() == "" {
		return nil
	}
	found, err := collection.FindOwn(ctx, &s.referrals, c, faults, field, c.Record.GetDeclinedReferral())
	if found != nil && found.Record.GetDeclineReason() == "" {
		faults.Add(field, words.NotDeclined())
	}
	return err
}
