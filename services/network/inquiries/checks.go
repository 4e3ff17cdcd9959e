package inquiries

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// checkOpening finds all that is wrong with an inquiry, and the point.
func (s *Server) checkOpening(ctx context.Context, opener *networkv1.Unit, requested *networkv1.Inquiry) (*networkv1.Unit, error) {
	scheme, err := s.directory.Scheme(ctx, opener.GetName())
	if err != nil {
		return nil, err
	}
	var faults fault.Fields
	schemes.CheckKnown(&faults, "inquiry.kind", requested.GetKind(), scheme.GetInquiryKinds())
	if due, ok := faults.ParseDay("inquiry.due_on", requested.GetDueOn()); ok && due.Before(clock.Today(s.store.Clock)) {
		faults.Add("inquiry.due_on", "past")
	}
	point, err := s.checkUnitBelow(ctx, &faults, "inquiry.point", requested.GetPoint(), opener.GetName())
	if err != nil {
		return nil, err
	}
	if requested.GetPoint() == opener.GetName() {
		faults.Add("inquiry.point", "not_below", "unit", opener.GetName())
	}
	for i, name := range requested.GetSubjectUnits() {
		field := fmt.Sprintf("inquiry.subject_units[%d]", i)
		if slices.Contains(requested.GetSubjectUnits()[:i], name) {
			faults.Add(field, "duplicate", "id", name)
			continue
		}
		if _, err := s.checkUnitBelow(ctx, &faults, field, name, requested.GetPoint()); err != nil {
			return nil, err
		}
	}
	return point, faults.Err()
}

// checkUnitBelow finds a unit that is another or lies below it, and notes a fault where it is not there.
func (s *Server) checkUnitBelow(ctx context.Context, faults *fault.Fields, field, name, top string) (*networkv1.Unit, error) {
	found, err := s.directory.Unit(ctx, name)
	switch {
	case fault.IsNotFound(err):
		faults.Add(field, "unknown_unit", "unit", name)
		return nil, nil //nolint:nilnil // noted as a fault
	case err != nil:
		return nil, err
	case name != top && !slices.Contains(found.GetAncestors(), top):
		faults.Add(field, "not_below", "unit", top)
	}
	return found, nil
}

// checkTexts checks that there is one text a question and that not all are empty.
func checkTexts(i *networkv1.Inquiry, texts []string) error {
	var faults fault.Fields
	if len(texts) != len(i.GetQuestions()) {
		faults.Add("texts", "one_each", "count", strconv.Itoa(len(i.GetQuestions())))
	}
	if !slices.ContainsFunc(texts, func(text string) bool { return text != "" }) {
		faults.Add("texts", "required")
	}
	return faults.Err()
}

func (s *Server) checkFinding(requested *networkv1.InquiryFinding) error {
	var faults fault.Fields
	faults.ParsePastDay("finding.found_on", requested.GetFoundOn(), clock.Today(s.store.Clock))
	return faults.Err()
}
