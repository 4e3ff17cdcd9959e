package warning_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	hospitalGroup = "units/hospitals"
	firstHospital = "units/hospitals_first"
	pharmacy      = "units/hospitals_first_pharmacy"
	day           = 24 * time.Hour
)

// sevenSteps are the levels of the invented ladder, each with the steps of its form, which has the same name.
var sevenSteps = []struct {
	level string
	steps []string
}{
	{"note", []string{"receipt"}},
	{"query", []string{"receipt", "answer"}},
	{"counsel", []string{"receipt", "answer", "talk", "promise"}},
	{"observation", []string{"receipt", "plan", "plan_check", "change", "change_check"}},
	{"order", []string{"receipt", "plan", "rectify", "check", "second_look"}},
	{"suspension", []string{"receipt", "talk", "rectify", "check"}},
	{"inquest", []string{"receipt", "statement", "decide"}},
}

// hospitals is the invented group, whose seven steps no line of code knows: a clerk of the pharmacy, which is warned, the auditor of
// its hospital, which supervises, and auditor and committee of the group.
type hospitals struct {
	*suitetest.Suite

	clerk, auditor, group, committee office
}

func newHospitals(t *testing.T) hospitals {
	t.Helper()
	s := suitetest.Of(t, "hospitals", hospitalGroup)
	return hospitals{
		s, as(s, "integrity_clerk", pharmacy), as(s, "hospital_auditor", firstHospital), as(s, "group_auditor", hospitalGroup),
		as(s, "ethics_committee", hospitalGroup),
	}
}

// person is one of several at a unit who have the same roles.
func (h hospitals) person(subject, unit string, roles ...string) office {
	return on(h.AsPrincipal(access.Principal{Subject: "accounts/" + subject, Unit: unit, Roles: roles}))
}

func atPharmacy(level string) *warningv1.IssueWarningRequest {
	return to(pharmacy, firstHospital, level, "")
}

// warns has the auditor of the group warn somebody, past every stage of approval.
func (h hospitals) warns(t *testing.T, req *warningv1.IssueWarningRequest) *warningv1.Warning {
	t.Helper()
	w := h.group.issue(t, req)
	for w.GetState() == warningv1.WarningState_WARNING_STATE_PENDING {
		approver := h.person("second", hospitalGroup, "group_auditor")
		if w.GetApprovalStage() == "committee" {
			approver = h.committee
		}
		w = approver.approve(t, w)
	}
	return w
}

// passes has days go by, and what is overdue rise.
func (h hospitals) passes(days int) {
	h.Clock.Advance(time.Duration(days) * day)
	h.RunJob("warning.escalate_overdue")
}

// rectifies hands in what a department did, with a file.
func (h hospitals) rectifies(t *testing.T, w *warningv1.Warning) *warningv1.Warning {
	t.Helper()
	req := rectification(w.GetName())
	req.Rectification.Measures += w.GetEtag() // other than before
	req.Rectification.Attachments = []string{filesOf(h.As("integrity_clerk", w.GetUnit())).attach(t, w.GetName())}
	answer, err := as(h.Suite, "integrity_clerk", w.GetUnit()).warnings.SubmitRectification(t.Context(), req)
	require.NoError(t, err)
	return answer
}

// step has whoever it falls to do the step that a warning awaits.
func (h hospitals) step(t *testing.T, w *warningv1.Warning) *warningv1.Warning {
	t.Helper()
	name, clerk, judge, unit := w.GetName(), as(h.Suite, "integrity_clerk", w.GetUnit()), h.auditor, w.GetSupervisingUnit()
	if unit == hospitalGroup || w.GetAwaited().GetBy() == warningv1.StepParty_STEP_PARTY_ISSUER {
		judge, unit = h.group, hospitalGroup
	}
	switch w.GetAwaited().GetKind() {
	case warningv1.StepKind_STEP_KIND_ACKNOWLEDGE:
		return clerk.acknowledge(t, name)
	case warningv1.StepKind_STEP_KIND_EXPLAIN:
		return clerk.explain(t, name)
	case warningv1.StepKind_STEP_KIND_TALK:
		judge.talk(t, name)
		return clerk.sign(t, name)
	case warningv1.StepKind_STEP_KIND_PLAN:
		answer, err := clerk.warnings.SubmitPlan(t.Context(), planned(name, h.Clock.Now().Add(5*day).Format(time.DateOnly)))
		require.NoError(t, err)
		return answer
	case warningv1.StepKind_STEP_KIND_RECTIFY:
		return h.rectifies(t, w)
	case warningv1.StepKind_STEP_KIND_CHECK:
		return judge.check(t, name, unit, true)
	case warningv1.StepKind_STEP_KIND_LOOK_BACK:
		return judge.lookBack(t, name, false)
	default:
		answer, err := judge.warnings.DecideCase(t.Context(), decision(name, true))
		require.NoError(t, err)
		return answer
	}
}

// settle has every step of a warning's form done that may be done today.
func (h hospitals) settle(t *testing.T, w *warningv1.Warning) *warningv1.Warning {
	t.Helper()
	for w.GetAwaited() != nil && w.GetAwaited().GetKind() != warningv1.StepKind_STEP_KIND_CLOSE {
		if stepOf(w, w.GetAwaited().GetStep()).GetNotBefore() > h.Clock.Now().Format(time.DateOnly) {
			break
		}
		w = h.step(t, w)
	}
	return w
}

// formOf are the ids of a warning's steps.
func formOf(w *warningv1.Warning) (ids []string) {
	for _, s := range w.GetSteps() {
		ids = append(ids, s.GetId())
	}
	return ids
}

func TestC11_T6_EachOfSevenStepsIsDoneByItsForm(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	for _, of := range sevenSteps {
		w := h.warns(t, atPharmacy(of.level))
		assert.Equal(t, of.level, w.GetForm())
		assert.Equal(t, of.steps, formOf(w))
		w = h.settle(t, w)
		if of.level == "order" {
			assert.Equal(t, "second_look", w.GetAwaited().GetStep())
			h.Clock.Advance(62 * day)
			w = h.settle(t, w)
		}
		for _, s := range w.GetSteps() {
			want := warningv1.StepState_STEP_STATE_DONE
			if s.GetOptional() {
				want = warningv1.StepState_STEP_STATE_PASSED_OVER
			}
			assert.Equal(t, want, s.GetState(), "%s %s", of.level, s.GetId())
		}
		if of.level == "note" {
			assert.Equal(t, closed, w.GetState(), "it ends with its receipt")
			continue
		}
		assert.Equal(t, closed, h.group.close(t, w.GetName()).GetState(), of.level)
	}
}

func TestC11_T7_AWarningRisesThroughSevenStepsByOverdue(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	name := h.group.issue(t, atPharmacy("note")).GetName()
	for _, of := range sevenSteps[1:] {
		h.passes(8)
		w := h.clerk.get(t, name)
		assert.Equal(t, of.level+" "+of.level, w.GetWarningLevel()+" "+w.GetForm(), "it needs nobody's approval")
		assert.Equal(t, of.steps, formOf(w))
		assert.Equal(t, "receipt", w.GetAwaited().GetStep())
	}
	h.passes(8)
	h.passes(8)
	w := h.clerk.get(t, name)
	assert.Equal(t, "inquest", w.GetWarningLevel(), "nothing rises from the last")
	assert.Equal(t, []string{
		"issue", "escalate_overdue", "escalate_overdue", "escalate_overdue", "escalate_overdue", "escalate_overdue", "escalate_overdue",
		"overdue",
	}, acts(w), "and it is told once")
	assert.Contains(t, toldAs(t, h.Suite, "hospital_auditor", firstHospital, name, 7), "inbox.warning_overdue")

	h.clerk.acknowledge(t, name)
	h.clerk.explain(t, name)
	_, err := h.group.warnings.CloseWarning(t.Context(), &warningv1.CloseWarningRequest{Name: name, Note: "已办结"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "STEP_FIRST")
	require.ErrorContains(t, err, "立案决定")
	_, err = h.auditor.warnings.DecideCase(t.Context(), decision(name, true))
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "NOT_ISSUER")
	_, err = h.committee.warnings.DecideCase(t.Context(), decision(name, false))
	require.NoError(t, err)
	assert.Equal(t, closed, h.group.close(t, name).GetState())
}

func TestC11_T7_APromiseThatIsNotMadeRisesByTwo(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	w := h.warns(t, atPharmacy("counsel"))
	for range 2 {
		w = h.step(t, w)
	}
	assert.Equal(t, "promise 2026-11-07", w.GetAwaited().GetStep()+" "+w.GetAwaited().GetDeadline().GetDue())
	h.passes(5)
	assert.Equal(t, "counsel", h.clerk.get(t, w.GetName()).GetWarningLevel())
	h.passes(1)
	w = h.clerk.get(t, w.GetName())
	assert.Equal(t, "order", w.GetWarningLevel(), "observation is passed over")
	last := w.GetHistory()[len(w.GetHistory())-1]
	assert.Equal(t, "escalate_overdue promise order", last.GetAct()+" "+last.GetStep()+" "+last.GetWarningLevel())
	assert.Contains(t, toldAs(t, h.Suite, "integrity_clerk", pharmacy, w.GetName(), 4), "inbox.warning_escalated_due")

	query := h.clerk.acknowledge(t, h.warns(t, atPharmacy("query")).GetName())
	assert.Equal(t, "2026-11-16", query.GetAwaited().GetDeadline().GetDue(), "nine days, the first of which counts")
	h.passes(9)
	assert.Equal(t, "query", h.clerk.get(t, query.GetName()).GetWarningLevel(), "there is a day of grace")
	h.passes(1)
	assert.Equal(t, "counsel", h.clerk.get(t, query.GetName()).GetWarningLevel())
}

func TestC11_AnInquestIsTheGroupsAndPassesTwoStages(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	refused := func(o office, level, reason string) {
		t.Helper()
		_, err := o.warnings.IssueWarning(t.Context(), atPharmacy(level))
		suitetest.RequireRefused(t, err, codes.PermissionDenied, reason)
	}
	department := h.person("chief", pharmacy, "hospital_auditor")
	refused(h.auditor, "inquest", "ISSUER_ROLE")
	refused(h.auditor, "suspension", "ISSUER_ROLE")
	refused(h.person("lent", firstHospital, "group_auditor"), "suspension", "ISSUER_LEVEL")
	refused(department, "order", "OWN_WARNING")

	second := h.person("second", hospitalGroup, "group_auditor", "ethics_committee")
	passes := func(o office, w *warningv1.Warning) error {
		_, err := o.warnings.ApproveWarning(t.Context(), &warningv1.ApproveWarningRequest{Name: w.GetName(), Etag: w.GetEtag()})
		return err
	}
	w := h.group.issue(t, atPharmacy("inquest"))
	assert.Equal(t, "audit", w.GetApprovalStage())
	suitetest.RequireRefused(t, passes(h.committee, w), codes.PermissionDenied, "APPROVER_ROLE")
	suitetest.RequireRefused(t, passes(h.group, w), codes.PermissionDenied, "SELF_APPROVAL")
	suitetest.RequireRefused(t, passes(h.auditor, w), codes.PermissionDenied, "NOT_ISSUER")
	w = second.approve(t, w)
	assert.Equal(t, "committee", w.GetApprovalStage())
	suitetest.RequireRefused(t, passes(second, w), codes.PermissionDenied, "APPROVED_BEFORE")
	suitetest.RequireRefused(t, passes(h.person("third", hospitalGroup, "group_auditor"), w), codes.PermissionDenied, "APPROVER_ROLE")
	w = h.committee.approve(t, w)
	assert.Equal(t, warningv1.WarningState_WARNING_STATE_ISSUED, w.GetState())
	assert.Len(t, w.GetApprovals(), 2)

	order := h.auditor.issue(t, atPharmacy("order"))
	assert.Equal(t, "second_look", order.GetApprovalStage(), "one stage, at the hospital")
	suitetest.RequireRefused(t, passes(h.auditor, order), codes.PermissionDenied, "SELF_APPROVAL")
	h.person("colleague", firstHospital, "hospital_auditor").approve(t, order)

	moves := func(o office, w *warningv1.Warning, level string) error {
		_, err := o.warnings.ChangeWarningLevel(t.Context(), &warningv1.ChangeWarningLevelRequest{
			Name: w.GetName(), WarningLevel: level, Reason: "性质严重",
		})
		return err
	}
	query := h.auditor.issue(t, atPharmacy("query"))
	assert.Empty(t, query.GetApprovals(), "no stage")
	suitetest.RequireRefused(t, moves(h.auditor, query, "suspension"), codes.PermissionDenied, "ISSUER_ROLE")
	suitetest.RequireRefused(t, moves(h.group, query, "inquest"), codes.PermissionDenied, "APPROVER_ROLE")
	suitetest.RequireFieldFaults(t, moves(h.committee, query, "beyond"), map[string]string{"warning_level": "UNKNOWN_TERM"})
	require.NoError(t, moves(h.committee, query, "inquest"), "from the second step to the last")
	assert.Equal(t, "inquest", h.clerk.get(t, query.GetName()).GetForm())
}

func TestC11_AnUpheldObjectionFallsOneOfSevenStepsOrEndsTheWarning(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	w, err := h.clerk.object(t, h.auditor.issue(t, atPharmacy("observation")).GetName())
	require.NoError(t, err)
	assert.Equal(t, hospitalGroup, w.GetObjections()[0].GetLimit().GetUnit())
	assert.Equal(t, "2026-12-02", w.GetObjections()[0].GetLimit().GetDeadline().GetDue(), "a month")
	h.passes(10)
	assert.Equal(t, "observation", h.clerk.get(t, w.GetName()).GetWarningLevel(), "meanwhile nothing rises")
	_, err = h.auditor.answer(t, w.GetName(), isLowered)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "NOT_ABOVE_ISSUER")
	w, err = h.group.answer(t, w.GetName(), isLowered)
	require.NoError(t, err)
	assert.Equal(t, "counsel counsel", w.GetWarningLevel()+" "+w.GetForm())

	w, err = h.clerk.object(t, w.GetName())
	require.NoError(t, err, "the notice is another one")
	w, err = h.group.answer(t, w.GetName(), isWithdrawn)
	require.NoError(t, err)
	assert.Equal(t, warningv1.WarningState_WARNING_STATE_WITHDRAWN, w.GetState())

	note := h.auditor.issue(t, atPharmacy("note")).GetName()
	_, err = h.clerk.object(t, note)
	require.NoError(t, err)
	_, err = h.group.answer(t, note, isLowered)
	suitetest.RequireFieldFaults(t, err, map[string]string{"outcome": "LOWEST_WARNING_LEVEL"})
	late := h.clerk.acknowledge(t, h.auditor.issue(t, atPharmacy("counsel")).GetName())
	h.Clock.Advance(15 * day)
	_, err = h.clerk.object(t, late.GetName())
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "OBJECTION_LATE")
}

func TestT7_C12b_ALookBackThatFindsItAgainReopensAnOrder(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	w := h.warns(t, atPharmacy("order"))
	name := w.GetName()
	looks := &warningv1.LookBackRequest{Name: name, Note: "复看"}
	_, err := h.auditor.warnings.LookBack(t.Context(), looks)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "STEP_FIRST")
	h.clerk.acknowledge(t, name)
	_, err = h.clerk.warnings.SubmitRectification(t.Context(), rectification(name))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "EVIDENCE_MISSING")
	w = h.settle(t, h.clerk.plan(t, name))
	assert.Equal(t, warningv1.StepState_STEP_STATE_DONE, stepOf(w, "plan").GetState(), "what may be left out may be done")
	assert.Equal(t, "2027-01-02", stepOf(w, "second_look").GetNotBefore(), "two months")
	_, err = h.auditor.warnings.LookBack(t.Context(), looks)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "LOOK_BACK_EARLY")
	_, err = h.group.warnings.CloseWarning(t.Context(), &warningv1.CloseWarningRequest{Name: name, Note: "已办结"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "STEP_FIRST")

	h.Clock.Advance(62 * day)
	w = h.auditor.lookBack(t, name, true)
	assert.Equal(t, "rectify 2027-01-24", w.GetAwaited().GetStep()+" "+w.GetAwaited().GetDeadline().GetDue(), "with its limit afresh")
	w = h.settle(t, w)
	h.Clock.Advance(62 * day)
	w = h.settle(t, w)
	assert.Len(t, stepOf(w, "second_look").GetRecords(), 2)
	assert.Equal(t, closed, h.group.close(t, name).GetState())
	again := h.warns(t, atPharmacy("order"))
	h.clerk.acknowledge(t, again.GetName())
	h.passes(22)
	assert.Equal(t, "suspension", h.clerk.get(t, again.GetName()).GetWarningLevel())
}

// Save that it is objected to in time, or withdrawn.
func TestC11_NothingIsDoneToAWarningOfSevenStepsAfterItsEnd(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	w := h.settle(t, h.warns(t, atPharmacy("counsel")))
	w = h.group.close(t, w.GetName())
	name, etag := w.GetName(), w.GetEtag()
	for act, does := range map[string]func() error{
		"acknowledge": func() error {
			_, err := h.clerk.warnings.AcknowledgeWarning(t.Context(), &warningv1.AcknowledgeWarningRequest{Name: name})
			return err
		},
		"explain": func() error {
			_, err := h.clerk.warnings.ExplainWarning(t.Context(), &warningv1.ExplainWarningRequest{Name: name, Explanation: "已改"})
			return err
		},
		"talk": func() error {
			_, err := h.group.warnings.RecordTalk(t.Context(), talk(name))
			return err
		},
		"sign": func() error {
			_, err := h.clerk.warnings.SignTalk(t.Context(), &warningv1.SignTalkRequest{Name: name, Etag: etag})
			return err
		},
		"plan": func() error {
			_, err := h.clerk.warnings.SubmitPlan(t.Context(), planned(name, "2026-11-20"))
			return err
		},
		"rectify": func() error {
			_, err := h.clerk.warnings.SubmitRectification(t.Context(), rectification(name))
			return err
		},
		"check": func() error {
			_, err := h.group.warnings.CheckRectification(t.Context(), &warningv1.CheckRectificationRequest{
				Name: name, CheckingUnit: hospitalGroup, Passed: true, Note: "已查",
			})
			return err
		},
		"look back": func() error {
			_, err := h.group.warnings.LookBack(t.Context(), &warningv1.LookBackRequest{Name: name, Note: "复看"})
			return err
		},
		"decide": func() error {
			_, err := h.committee.warnings.DecideCase(t.Context(), decision(name, true))
			return err
		},
		"change the level": func() error {
			_, err := h.committee.warnings.ChangeWarningLevel(t.Context(), &warningv1.ChangeWarningLevelRequest{
				Name: name, WarningLevel: "order", Reason: "性质严重",
			})
			return err
		},
		"close": func() error {
			_, err := h.group.warnings.CloseWarning(t.Context(), &warningv1.CloseWarningRequest{Name: name, Note: "已办结"})
			return err
		},
	} {
		err := does()
		assert.Equal(t, codes.FailedPrecondition, status.Code(err), "%s: %v", act, err)
		assert.Equal(t, "WRONG_STATE", suitetest.Reason(err), act)
	}
	h.passes(30)
	h.RunJob("warning.fall")
	assert.True(t, proto.Equal(w, h.group.get(t, name)), "nor by the suite")
}

// A ladder is a list, so that it leads round in no circle but by an id that stands there twice.
func TestC11_T6_ALadderThatCannotRunIsNotStored(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	scheme, err := h.committee.schemes.GetEffectiveScheme(t.Context(), &warningv1.GetEffectiveSchemeRequest{Unit: hospitalGroup})
	require.NoError(t, err)
	steps := func(s *warningv1.Scheme, level int) []*warningv1.Step {
		return s.GetWarningLevels()[level].GetForms()[0].GetSteps()
	}
	const rises = warningv1.OverdueAction_OVERDUE_ACTION_RISE
	for name, tc := range map[string]struct {
		spoil         func(*warningv1.Scheme)
		field, reason string
	}{
		"a level twice": {func(s *warningv1.Scheme) {
			s.WarningLevels[2].Id = "query"
		}, "warning_levels[2].id", "DUPLICATE"},
		"a rise from the last": {func(s *warningv1.Scheme) {
			steps(s, 6)[0].Overdue = &warningv1.Overdue{Action: rises}
		}, "warning_levels[6].forms[0].steps[0].overdue.action", "RISE_BEYOND"},
		"a rise beyond the last": {func(s *warningv1.Scheme) {
			steps(s, 5)[0].Overdue.RisesBy = 2
		}, "warning_levels[5].forms[0].steps[0].overdue.rises_by", "RISE_BEYOND"},
		"levels to tell": {func(s *warningv1.Scheme) {
			steps(s, 6)[0].Overdue.RisesBy = 1
		}, "warning_levels[6].forms[0].steps[0].overdue.rises_by", "RISE_ONLY"},
		"a fall from the first": {func(s *warningv1.Scheme) {
			s.WarningLevels[0].Fall = &warningv1.Fall{Criterion: "tips == 0"}
		}, "warning_levels[0].fall", "FALL_FROM_BOTTOM"},
		"a form without an end": {func(s *warningv1.Scheme) {
			steps(s, 0)[0].Optional, steps(s, 0)[0].Overdue = true, nil
		}, "warning_levels[0].forms[0].steps", "NO_MANDATORY_STEP"},
		"a check of nothing": {func(s *warningv1.Scheme) {
			steps(s, 3)[1].Optional, steps(s, 3)[1].Overdue = true, nil
		}, "warning_levels[3].forms[0].steps[2].kind", "NOTHING_TO_CHECK"},
		"a look-back on nothing": {func(s *warningv1.Scheme) {
			form := s.GetWarningLevels()[4].GetForms()[0]
			form.Steps = []*warningv1.Step{form.GetSteps()[0], form.GetSteps()[4]}
			form.Notice = &typev1.Text{Zh: "请签收", En: "Please acknowledge"}
		}, "warning_levels[4].forms[0].steps[1].kind", "LOOK_BACK_PLACE"},
		"a step after the decision": {func(s *warningv1.Scheme) {
			form := s.GetWarningLevels()[6].GetForms()[0]
			form.Steps[1], form.Steps[2] = form.Steps[2], form.Steps[1]
		}, "warning_levels[6].forms[0].steps[1].kind", "AFTER_DECISION"},
		"an approver who is none": {func(s *warningv1.Scheme) {
			s.WarningLevels[6].Approvals[1].Roles = []string{"dean"}
		}, "warning_levels[6].approvals[1].roles[0]", "UNKNOWN_ROLE"},
		"a class that is none": {func(s *warningv1.Scheme) {
			s.WarningLevels[2].Criterion = "findings.emerging"
		}, "warning_levels[2].criterion", "EXPRESSION"},
	} {
		spoilt := proto.CloneOf(scheme)
		spoilt.EffectiveFrom = "2026-12-01"
		tc.spoil(spoilt)
		_, err := h.committee.schemes.CreateScheme(t.Context(), &warningv1.CreateSchemeRequest{Scheme: spoilt})
		require.Error(t, err, name)
		suitetest.RequireFieldFaults(t, err, map[string]string{"scheme." + tc.field: tc.reason})
	}
	listed, err := h.committee.schemes.ListSchemes(t.Context(), &warningv1.ListSchemesRequest{})
	require.NoError(t, err)
	assert.Len(t, listed.GetSchemes(), 1)
}
