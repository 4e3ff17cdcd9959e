package inquiries

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// What one inquiry holds at most; the protos promise it.
const (
	maxAnswers  = 20
	maxFindings = 200
)

// checkOpening finds all that is wrong with an inquiry, when it is brought to mind, and the point.
func (s *Server) checkOpening(ctx context.Context, c *change) (*networkv1.Unit, error) {
	opener, inquiry := c.Record.GetUnit(), c.Record
	scheme, err := s.directory.Scheme(ctx, opener)
	if err != nil {
		return nil, err
	}
	var faults fault.Fields
	schemes.CheckKnown(&faults, "inquiry.kind", inquiry.GetKind(), scheme.GetInquiryKinds())
	due, ok := faults.ParseDay("inquiry.due_on", inquiry.GetDueOn())
	if ok && due.Before(c.Today()) {
		faults.Add("inquiry.due_on", words.Past())
	}
	point, err := s.checkUnitBelow(ctx, &faults, "inquiry.point", inquiry.GetPoint(), opener)
	if err != nil {
		return nil, err
	}
	kind, _ := schemes.Find(scheme.GetInquiryKinds(), inquiry.GetKind())
	if kind.GetAnsweredByPoint() && len(faults) == 0 {
		if err := s.checkAnswerable(ctx, &faults, point, opener); err != nil {
			return nil, err
		}
	}
	for i, name := range inquiry.GetSubjectUnits() {
		field := fmt.Sprintf("inquiry.subject_units[%d]", i)
		if slices.Contains(inquiry.GetSubjectUnits()[:i], name) {
			faults.Add(field, words.Duplicate(name))
			continue
		}
		if _, err := s.checkUnitBelow(ctx, &faults, field, name, opener); err != nil {
			return nil, err
		}
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	inquiry.ConcealedFrom = concealedFrom(inquiry, kind.GetAnsweredByPoint())
	inquiry.RemindOn = calendarpb.RemindOn(days, c.Today(), due, kind.GetRemindBefore())
	return point, nil
}

// toAnswer is the permission that AnswerInquiry takes.
const toAnswer = "network.inquiries.answer"

// checkAnswerable notes a fault where no role of the scheme that holds for a point may answer, and names the units between it and
// the opener where one may.
func (s *Server) checkAnswerable(ctx context.Context, faults *fault.Fields, point *networkv1.Unit, opener string) error {
	if may, err := s.mayAnswer(ctx, point); err != nil || may {
		return err
	}
	others, err := access.WhoMay(ctx, s.directory.Unit, point, nil, func(ctx context.Context, u *networkv1.Unit) (bool, error) {
		if u.GetName() == opener || !access.Reaches(ctx, access.Path(u)) {
			return false, nil
		}
		return s.mayAnswer(ctx, u)
	})
	faults.Add("inquiry.point", words.NobodyAnswers(words.Titled(point), others))
	return err
}

// mayAnswer tells whether a role of the scheme that holds for a unit may answer inquiries there.
func (s *Server) mayAnswer(ctx context.Context, unit *networkv1.Unit) (bool, error) {
	scheme, err := s.directory.Scheme(ctx, unit.GetName())
	return slices.Contains(access.Granted(scheme.GetRoles()), toAnswer), err
}

// checkUnitBelow finds a unit that lies below the opener, on the system line too, and notes a fault where it is not there.
func (s *Server) checkUnitBelow(ctx context.Context, faults *fault.Fields, field, name, opener string) (*networkv1.Unit, error) {
	found, err := s.directory.Unit(ctx, name)
	switch {
	case fault.IsNotFound(err):
		says, err := access.Missing(ctx, s.directory, name)
		faults.Add(field, says)
		return nil, err
	case err != nil:
		return nil, err
	case name == opener, !access.Reaches(ctx, access.Path(found)): // the caller is of the opener
		faults.Add(field, words.NotBelow(words.Untitled(opener)))
	}
	return found, nil
}

// checkAnswer checks that the point answers such inquiries, each question once, and not with nothing.
func (s *Server) checkAnswer(ctx context.Context, c *change, texts []string) error {
	scheme, err := s.directory.Scheme(ctx, c.Acting.GetName())
	if err != nil {
		return err
	}
	kind, _ := schemes.Find(scheme.GetInquiryKinds(), c.Record.GetKind())
	switch {
	case !kind.GetAnsweredByPoint():
		return fault.Precondition(words.NotForPoint(schemes.TitleOf(c.Record.GetKind(), kind.GetTitle())))
	case len(c.Record.GetAnswers()) >= maxAnswers:
		return fault.Precondition(words.TooManyAnswers(strconv.Itoa(maxAnswers)))
	}
	var faults fault.Fields
	if len(texts) != len(c.Record.GetQuestions()) {
		faults.Add("texts", words.OneEach(strconv.Itoa(len(c.Record.GetQuestions()))))
	}
	if !slices.ContainsFunc(texts, func(text string) bool { return text != "" }) {
		faults.Add("texts", words.Required())
	}
	return faults.Err()
}

// checkFinding checks a finding that has been added.
func checkFinding(c *change, finding *networkv1.InquiryFinding) error {
	if len(c.Record.GetFindings()) > maxFindings {
		return fault.Precondition(words.TooManyFindings(strconv.Itoa(maxFindings)))
	}
	var faults fault.Fields
	opened := calendar.DateOf(c.Record.GetOpenTime().AsTime(), calendar.Shanghai)
	faults.ParseDayBetween("finding.found_on", finding.GetFoundOn(), opened, c.Today())
	return faults.Err()
}
