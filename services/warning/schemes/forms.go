package schemes

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/limits"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/warning/warnings"
)

const (
	acknowledge = warningv1.StepKind_STEP_KIND_ACKNOWLEDGE
	explain     = warningv1.StepKind_STEP_KIND_EXPLAIN
	talk        = warningv1.StepKind_STEP_KIND_TALK
	plan        = warningv1.StepKind_STEP_KIND_PLAN
	rectify     = warningv1.StepKind_STEP_KIND_RECTIFY
	check       = warningv1.StepKind_STEP_KIND_CHECK
	lookBack    = warningv1.StepKind_STEP_KIND_LOOK_BACK
	decide      = warningv1.StepKind_STEP_KIND_DECIDE

	eachAddressee = warningv1.StepParty_STEP_PARTY_EACH_ADDRESSEE
)

// formContext is what a form's rules depend on outside of it.
type formContext struct {
	levelsAbove int
	takesFiles  bool
}

// formCheck notes what is wrong with a form, so that each of its steps can be done and its warning comes to an end.
type formCheck struct {
	*fault.Fields
	formContext

	steps []*warningv1.Step
}

func checkForm(faults *fault.Fields, field string, form *warningv1.Form, context formContext) {
	schemes.CheckUnique(faults, field+".steps", form.GetSteps())
	checkPlaceholders(faults, field+".notice", form)
	c := formCheck{faults, context, form.GetSteps()}
	if !slices.ContainsFunc(c.steps, mandatory) {
		faults.Add(field+".steps", words.NoMandatoryStep())
	}
	for i, s := range c.steps {
		at := fmt.Sprintf("%s.steps[%d]", field, i)
		limits.CheckLeeway(faults, at+".leeway", s.GetLeeway())
		c.checkOptions(at, s)
		c.checkPlace(at, i)
		c.checkOverdue(at, i)
	}
}

// checkOptions holds a step against its kind: who answers never judges.
func (c formCheck) checkOptions(at string, s *warningv1.Step) {
	if !suits(s) {
		c.Add(at+".by", words.StepParty())
	}
	if s.GetBothSign() && s.GetKind() != talk {
		c.Add(at+".both_sign", words.StepOption())
	}
	switch {
	case s.GetEvidenceRequired() && s.GetKind() != rectify:
		c.Add(at+".evidence_required", words.StepOption())
	case s.GetEvidenceRequired() && !c.takesFiles:
		c.Add(at+".evidence_required", words.EvidenceRules())
	}
	switch {
	case s.GetKind() == lookBack && s.GetAfter() == nil:
		c.Add(at+".after", words.Required())
	case s.GetKind() != lookBack && s.GetAfter() != nil:
		c.Add(at+".after", words.StepOption())
	}
}

// suits tells whether a step falls to one who may do it: addressees answer, the first alone plans and rectifies.
func suits(s *warningv1.Step) bool {
	switch s.GetKind() {
	case acknowledge, explain:
		return ofAddressee(s)
	case plan, rectify:
		return s.GetBy() == warningv1.StepParty_STEP_PARTY_ADDRESSEE
	default:
		return !ofAddressee(s)
	}
}

// checkPlace holds a step against those before and after it.
func (c formCheck) checkPlace(at string, i int) {
	before, s, after := c.steps[:i], c.steps[i], c.steps[i+1:]
	switch s.GetKind() {
	case check:
		if !slices.ContainsFunc(before, func(s *warningv1.Step) bool {
			return mandatory(s) && (s.GetKind() == plan || s.GetKind() == rectify)
		}) {
			c.Add(at+".kind", words.NothingToCheck())
		}
	case lookBack:
		if !slices.ContainsFunc(before, func(s *warningv1.Step) bool { return mandatory(s) && s.GetKind() == rectify }) ||
			slices.ContainsFunc(after, func(s *warningv1.Step) bool { return s.GetKind() == check }) {
			c.Add(at+".kind", words.LookBackPlace())
		}
	case decide:
		if s.GetOptional() || slices.ContainsFunc(after, mandatory) {
			c.Add(at+".kind", words.AfterDecision())
		}
	default:
	}
}

// checkOverdue holds what the suite does about a delay against the step and the ladder: nothing rises beyond the last level.
func (c formCheck) checkOverdue(at string, i int) {
	s := c.steps[i]
	if s.GetOverdue() == nil {
		return
	}
	rises, by := s.GetOverdue().GetAction() == warningv1.OverdueAction_OVERDUE_ACTION_RISE, int(s.GetOverdue().GetRisesBy())
	if by > 0 && !rises {
		c.Add(at+".overdue.rises_by", words.RiseOnly())
	}
	switch {
	case s.GetWithin() == nil || s.GetOptional():
		c.Add(at+".overdue", words.OverdueWithoutLimit())
	case rises && c.levelsAbove == 0:
		c.Add(at+".overdue.action", words.RiseBeyond())
	case rises && by > c.levelsAbove:
		c.Add(at+".overdue.rises_by", words.RiseBeyond())
	case rises && !ofAddressee(s):
		c.Add(at+".overdue.action", words.RiseNotOwed())
	case rises && !s.GetFromStepBefore() && slices.ContainsFunc(c.steps[:i], waitsForOthers):
		c.Add(at+".from_step_before", words.LimitBeforeTurn())
	}
}

// waitsForOthers tells whether a step keeps the addressee from what comes after it.
func waitsForOthers(s *warningv1.Step) bool {
	return mandatory(s) && !ofAddressee(s)
}

// ofAddressee tells whether an addressee does a step.
func ofAddressee(s *warningv1.Step) bool {
	return s.GetBy() == warningv1.StepParty_STEP_PARTY_ADDRESSEE || s.GetBy() == eachAddressee
}

func mandatory(s *warningv1.Step) bool { return !s.GetOptional() }

// placeholder is what a notice has filled in.
var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// checkPlaceholders refuses placeholders of a notice that nothing fills: the unit warned would read them.
func checkPlaceholders(faults *fault.Fields, field string, form *warningv1.Form) {
	known := warnings.Placeholders(form)
	text := form.GetNotice()
	for _, one := range []struct{ field, text string }{{field + ".zh", text.GetZh()}, {field + ".en", text.GetEn()}} {
		for _, found := range placeholder.FindAllString(one.text, -1) {
			if !slices.Contains(known, found) {
				faults.Add(one.field, words.UnknownTerm(found, words.Known(known...)))
			}
		}
	}
}
