package checks

import (
	"context"
	"fmt"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
)

// asked is what the network knows of what a check is asked about.
type asked struct {
	checked *networkv1.Unit
	inquiry *networkv1.Inquiry // nil where none is named, or none is there
}

// CreateCheck plans a check.
func (s *Server) CreateCheck(ctx context.Context, req *riskv1.CreateCheckRequest) (*riskv1.Check, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return record.Prepare(ctx, s.checks.Store, req,
		func(ctx context.Context) (asked, error) { return s.ask(ctx, req.GetCheck()) },
		func(ctx context.Context, of asked) (*riskv1.Check, error) {
			return s.checks.Create(ctx, req, req.GetCheck(), collection.Own, s.check(of), s.owed.Plan(days))
		})
}

// ask asks the network for the unit that is to be checked and for the inquiry.
func (s *Server) ask(ctx context.Context, check *riskv1.Check) (of asked, err error) {
	if of.checked, err = access.LookUp(ctx, s.directory, "check.checked_unit", check.GetCheckedUnit()); err != nil {
		return of, err
	}
	if check.GetInquiry() != "" {
		of.inquiry, err = s.inquiries.GetInquiry(ctx, &networkv1.GetInquiryRequest{Name: check.GetInquiry()})
		if fault.IsNotFound(err) {
			return of, nil
		}
	}
	return of, err
}

// check holds a check that is planned against the scheme, the tree, the positions and the inquiry that asks for it.
func (s *Server) check(of asked) collection.Rule[*riskv1.Check] {
	return func(ctx context.Context, c *change) error {
		var faults fault.Fields
		if c.ActingUnit() == of.checked.GetName() {
			faults.Add("check.checked_unit", words.ChecksItself())
		} else if !slices.Contains(access.PathIDs(of.checked), resource.ID(c.ActingUnit())) {
			faults.Add("check.checked_unit", words.NotBelow(words.Untitled(c.ActingUnit())))
		}
		scheme := &riskv1.Scheme{}
		if err := schemes.EffectiveFor(ctx, c, scheme); err != nil {
			return err
		}
		schemes.CheckKnown(&faults, "check.kind", c.Record.GetKind(), scheme.GetCheckKinds())
		if kind, ok := schemes.Find(scheme.GetCheckKinds(), c.Record.GetKind()); ok {
			checkInquiry(&faults, c, kind, of.inquiry)
		}
		faults.ParseComingDay("check.due_on", c.Record.GetDueOn(), c.Today())
		if err := s.checkCheckers(ctx, c, &faults); err != nil {
			return err
		}
		return faults.Err()
	}
}

// checkInquiry wants an inquiry of the same unit, about the one that is checked, where the kind verifies tips and nowhere else.
func checkInquiry(faults *fault.Fields, c *change, kind *riskv1.CheckKind, inquiry *networkv1.Inquiry) {
	const field = "check.inquiry"
	name := c.Record.GetInquiry()
	switch {
	case kind.GetVerifiesTips() && name == "":
		faults.Add(field, words.Required())
	case name == "":
	case !kind.GetVerifiesTips():
		faults.Add(field, words.Contradiction())
	case inquiry.GetUnit() != c.Record.GetUnit(), // or there is none
		!slices.Contains(inquiry.GetSubjectUnits(), c.Record.GetCheckedUnit()),
		inquiry.GetState() == networkv1.InquiryState_INQUIRY_STATE_CLOSED:
		faults.Add(field, words.NotFound(name))
	}
}

// UpdateCheck changes what is planned.
func (s *Server) UpdateCheck(ctx context.Context, req *riskv1.UpdateCheckRequest) (*riskv1.Check, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.checks.Update(ctx, req, "check", req.GetCheck(), func(ctx context.Context, c *change) error {
		var faults fault.Fields
		if due := c.Record.GetDueOn(); due != c.Before.GetDueOn() {
			faults.ParseComingDay("check.due_on", due, c.Today())
			if due > c.Before.GetDueOn() { // whoever owes something does not say until when
				faults.Add("check.due_on", words.PutOff(c.Before.GetDueOn()))
			}
		}
		if err := s.checkCheckers(ctx, c, &faults); err != nil {
			return err
		}
		return faults.Err()
	}, s.owed.Plan(days))
}

// checkCheckers wants each checker to be a position once, not of the unit that is checked nor below it.
func (s *Server) checkCheckers(ctx context.Context, c *change, faults *fault.Fields) error {
	for i, name := range c.Record.GetCheckers() {
		field := fmt.Sprintf("check.checkers[%d]", i)
		checker, err := s.positions.Around(ctx, c.Tx, name, c.Units())
		switch {
		case fault.IsNotFound(err):
			faults.Add(field, words.NotFound(name))
		case err != nil:
			return err
		case slices.Contains(c.Record.GetCheckers()[:i], name):
			faults.Add(field, words.Duplicate(checker.Record.GetTitle()))
		case slices.Contains(checker.Units(), resource.ID(c.Record.GetCheckedUnit())):
			faults.Add(field, words.BelowItself(words.Untitled(c.Record.GetCheckedUnit())))
		case !slices.Contains(c.Before.GetCheckers(), name):
			positions.CheckStands(faults, field, checker)
		}
	}
	return nil
}
