package warning_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// planned is a plan of one item, due on a day.
func planned(name, dueOn string) *warningv1.SubmitPlanRequest {
	return &warningv1.SubmitPlanRequest{Name: name, Plan: &warningv1.Plan{Items: []*warningv1.PlanItem{
		{Title: "公开全部收支", Responsible: "主任", DueOn: dueOn},
	}}}
}

func (o office) plan(t *testing.T, name string) *warningv1.Warning {
	t.Helper()
	answer, err := o.warnings.SubmitPlan(t.Context(), planned(name, "2026-11-20"))
	require.NoError(t, err)
	return answer
}

func (o office) lookBack(t *testing.T, name string, recurred bool) *warningv1.Warning {
	t.Helper()
	answer, err := o.warnings.LookBack(t.Context(), &warningv1.LookBackRequest{Name: name, Recurred: recurred, Note: "实地回访"})
	require.NoError(t, err)
	return answer
}

// evidence hands in a rectification with a file.
func (o office) evidence(t *testing.T, s *suitetest.Suite, name string) *warningv1.Warning {
	t.Helper()
	req := rectification(name)
	req.Rectification.Attachments = []string{filesOf(s.As("clerk", township)).attach(t, name)}
	answer, err := o.warnings.SubmitRectification(t.Context(), req)
	require.NoError(t, err)
	return answer
}

// decision is the decision to file a case, or not to.
func decision(name string, filed bool) *warningv1.DecideCaseRequest {
	return &warningv1.DecideCaseRequest{Name: name, Decision: &warningv1.CaseDecision{
		Filed: filed, DecidedBy: "市纪委常委会", DecidedOn: "2026-11-02", Reason: "事实清楚，需要追究责任。",
	}}
}

// approved is a warning of a level that needs approval, which has gone out.
func approved(t *testing.T, s *suitetest.Suite, req *warningv1.IssueWarningRequest) string {
	t.Helper()
	w := as(s, "handler", suitetest.City).issue(t, req)
	return as(s, "reviewer", suitetest.City).approve(t, w).GetName()
}

func TestC11_BlueAsksToExplainAndNotToRectify(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, clerk := as(s, "handler", suitetest.City), as(s, "clerk", township)
	name := city.issue(t, notice("blue")).GetName()
	_, err := clerk.warnings.ExplainWarning(t.Context(), &warningv1.ExplainWarningRequest{Name: name, Explanation: "公开栏维修"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "STEP_FIRST")
	assert.Equal(t, "explain", clerk.acknowledge(t, name).GetAwaited().GetStep())
	_, err = clerk.warnings.AcknowledgeWarning(t.Context(), &warningv1.AcknowledgeWarningRequest{Name: name})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NO_STEP")
	_, err = clerk.warnings.SubmitRectification(t.Context(), rectification(name))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NO_STEP")

	w := clerk.explain(t, name)
	assert.Equal(t, warningv1.StepKind_STEP_KIND_CLOSE, w.GetAwaited().GetKind())
	assert.Equal(t, warningv1.StepParty_STEP_PARTY_ISSUER, w.GetAwaited().GetBy())
	assert.Empty(t, w.GetDueOn(), "nothing is to be rectified")
	assert.Equal(t, warningv1.WarningState_WARNING_STATE_CLOSED, city.close(t, name).GetState())
	assert.Equal(t, []string{"inbox.warning_to_close"}, told(t, s, suitetest.City, name, 1))
}

func TestC11_YellowIsATalkThatBothSidesSign(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, clerk := as(s, "handler", suitetest.City), as(s, "clerk", township)
	req := notice("yellow")
	req.Form = "admonition_talk"
	name := city.issue(t, req).GetName()
	clerk.acknowledge(t, name)
	sign := func(etag string) error {
		_, err := clerk.warnings.SignTalk(t.Context(), &warningv1.SignTalkRequest{Name: name, Etag: etag})
		return err
	}

	suitetest.RequireRefused(t, sign(clerk.get(t, name).GetEtag()), codes.FailedPrecondition, "TALK_MISSING")
	_, err := as(s, "handler", county).warnings.RecordTalk(t.Context(), talk(name))
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "NOT_ISSUER") // the office supervises, and does not talk
	ahead := talk(name)
	ahead.Talk.HeldOn = "2026-11-03"
	_, err = city.warnings.RecordTalk(t.Context(), ahead)
	suitetest.RequireFieldFaults(t, err, map[string]string{"talk.held_on": "FUTURE"})

	first := city.talk(t, name)
	assert.Equal(t, "talk", first.GetAwaited().GetStep())
	assert.Equal(t, warningv1.StepParty_STEP_PARTY_ADDRESSEE, first.GetAwaited().GetBy(), "its signature is left")
	again := talk(name)
	again.Talk.Record = "补充：主任说明了原因。"
	second, err := city.warnings.RecordTalk(t.Context(), again)
	require.NoError(t, err)
	suitetest.RequireRefused(t, sign(first.GetEtag()), codes.Aborted, "ETAG_MISMATCH") // it signs what it has read
	require.NoError(t, sign(second.GetEtag()))

	w := clerk.get(t, name)
	records := stepOf(w, "talk").GetRecords()
	require.Len(t, records, 1, "the unsigned record gave way")
	assert.Equal(t, again.GetTalk().GetRecord(), records[0].GetTalk().GetRecord())
	require.Len(t, records[0].GetTalk().GetSignatures(), 2)
	assert.Equal(t, suitetest.City, records[0].GetTalk().GetSignatures()[0].GetUnit())
	assert.Equal(t, township, records[0].GetTalk().GetSignatures()[1].GetUnit())
	assert.Equal(t, warningv1.StepState_STEP_STATE_PASSED_OVER, stepOf(w, "explain").GetState())
	assert.Equal(t, "2026-11-23", w.GetAwaited().GetDeadline().GetDue(), "fifteen working days from the talk")
	clerk.rectify(t, name)
	as(s, "reviewer", county).check(t, name, county, true)
	assert.Equal(t, warningv1.WarningState_WARNING_STATE_CLOSED, city.close(t, name).GetState())
}

func TestC11_C12b_OrangeIsPlannedRectifiedCheckedAndLookedBackOn(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, checker := as(s, "clerk", township), as(s, "reviewer", county)
	req := notice("orange")
	req.Form = "rectification"
	name := approved(t, s, req)
	clerk.acknowledge(t, name)
	_, err := clerk.warnings.SubmitRectification(t.Context(), rectification(name))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "STEP_FIRST")
	_, err = clerk.warnings.SubmitPlan(t.Context(), planned(name, "2026-11-01"))
	suitetest.RequireFieldFaults(t, err, map[string]string{"plan.items[0].due_on": "PAST_DAY"})
	assert.Equal(t, "rectify", clerk.plan(t, name).GetAwaited().GetStep())
	clerk.evidence(t, s, name)
	w := checker.check(t, name, county, false)
	assert.Equal(t, "rectify", w.GetAwaited().GetStep(), "the last that it judges is opened again")
	assert.Equal(t, warningv1.StepState_STEP_STATE_DONE, stepOf(w, "plan").GetState())
	clerk.evidence(t, s, name)
	w = checker.check(t, name, county, true)
	assert.Equal(t, "look_back", w.GetAwaited().GetStep())
	assert.Equal(t, "2027-02-02", stepOf(w, "look_back").GetNotBefore(), "three months later")

	early := &warningv1.LookBackRequest{Name: name, Note: "实地回访"}
	_, err = checker.warnings.LookBack(t.Context(), early)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "LOOK_BACK_EARLY")
	s.Clock.Advance(95 * 24 * time.Hour) // 5 February
	_, err = as(s, "reviewer", "units/340504").warnings.LookBack(t.Context(), early)
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	w = checker.lookBack(t, name, true)
	assert.Equal(t, "rectify", w.GetAwaited().GetStep(), "it came again")
	assert.Greater(t, w.GetAwaited().GetDeadline().GetDue(), "2027-02-05", "with its limit afresh")
	assert.Equal(t, "2026-11-30", w.GetDueOn(), "figures keep the first")
	clerk.evidence(t, s, name)
	checker.check(t, name, county, true)
	s.Clock.Advance(95 * 24 * time.Hour)
	w = checker.lookBack(t, name, false)
	assert.Equal(t, warningv1.StepKind_STEP_KIND_CLOSE, w.GetAwaited().GetKind())
	assert.Len(t, stepOf(w, "look_back").GetRecords(), 2)
	assert.Len(t, stepOf(w, "rectify").GetRecords(), 3)
	as(s, "handler", suitetest.City).close(t, name)
	assert.Contains(t, told(t, s, suitetest.City, name, 4), "inbox.warning_recurred", "the office reports back")
}

func TestC11_RedClosesOnceItIsDecidedOnACase(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, clerk, judge := as(s, "handler", suitetest.City), as(s, "clerk", township), as(s, "reviewer", suitetest.City)
	name := approved(t, s, notice("red"))
	_, err := judge.warnings.DecideCase(t.Context(), decision(name, true))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "STEP_FIRST")
	clerk.acknowledge(t, name)
	_, err = city.warnings.CloseWarning(t.Context(), &warningv1.CloseWarningRequest{Name: name, Note: "已办结"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "STEP_FIRST")
	require.ErrorContains(t, err, "立案决定")
	_, err = as(s, "administrator", township).warnings.DecideCase(t.Context(), decision(name, false))
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_WARNING")
	_, err = as(s, "reviewer", county).warnings.DecideCase(t.Context(), decision(name, true))
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "NOT_ISSUER")

	w, err := judge.warnings.DecideCase(t.Context(), decision(name, true))
	require.NoError(t, err)
	kept := stepOf(w, "decide").GetRecords()[0]
	assert.True(t, kept.GetDecision().GetFiled())
	assert.Equal(t, "市纪委常委会", kept.GetDecision().GetDecidedBy())
	assert.Equal(t, suitetest.City, kept.GetUnit())
	assert.Equal(t, "事实清楚，需要追究责任。", w.GetHistory()[len(w.GetHistory())-1].GetNote())
	assert.Equal(t, warningv1.WarningState_WARNING_STATE_CLOSED, city.close(t, name).GetState())
}

func TestC11_T7_AWarningRisesThroughAllColoursByOverdue(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, clerk := as(s, "handler", suitetest.City), as(s, "clerk", township)
	name := city.issue(t, notice("blue")).GetName()
	clerk.acknowledge(t, name)
	s.Clock.Advance(15 * 24 * time.Hour) // ten working days to explain are over
	s.RunJob("warning.escalate_overdue")
	assert.Equal(t, "yellow", city.get(t, name).GetWarningLevel())
	clerk.acknowledge(t, name)
	city.talk(t, name)
	clerk.sign(t, name)
	s.Clock.Advance(22 * 24 * time.Hour) // fifteen to rectify
	s.RunJob("warning.escalate_overdue")
	w := city.get(t, name)
	assert.Equal(t, "orange", w.GetWarningLevel(), "it needs nobody's approval")
	assert.Equal(t, "integrity_warning", w.GetForm())
	ids := make([]string, len(w.GetEarlierSteps()))
	for i, step := range w.GetEarlierSteps() {
		ids[i] = step.GetId()
	}
	assert.Equal(t, []string{"acknowledge", "acknowledge", "talk"}, ids, "what was done is kept")
	dueOn := w.GetDueOn()
	s.Clock.Advance(2 * 24 * time.Hour)
	s.RunJob("warning.escalate_overdue")
	w = city.get(t, name)
	assert.Equal(t, "red", w.GetWarningLevel())
	assert.Equal(t, dueOn, w.GetDueOn(), "what was not rectified in time stays so")
	s.Clock.Advance(7 * 24 * time.Hour)
	s.RunJob("warning.escalate_overdue")
	s.RunJob("warning.escalate_overdue")
	w = city.get(t, name)
	assert.Equal(t, "red", w.GetWarningLevel())
	assert.Equal(t, "overdue", acts(w)[len(acts(w))-1], "it is told once")
	assert.Equal(t, "overdue", w.GetHistory()[len(w.GetHistory())-1].GetAct())
	assert.Contains(t, told(t, s, county, name, 7), "inbox.warning_overdue", "the unit above the addressee")
	clerk.acknowledge(t, name)
	_, err := as(s, "reviewer", suitetest.City).warnings.DecideCase(t.Context(), decision(name, false))
	require.NoError(t, err)
	city.close(t, name)
}

func TestC11_IssuersAndApproversAreTheSchemes(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", suitetest.City).schemes
	scheme, err := admin.GetEffectiveScheme(t.Context(), &warningv1.GetEffectiveSchemeRequest{Unit: suitetest.City})
	require.NoError(t, err)
	changed := proto.CloneOf(scheme)
	changed.EffectiveFrom = "2026-11-03"
	orange := changed.GetWarningLevels()[2]
	orange.IssuerLevels = []typev1.Level{typev1.Level_LEVEL_CITY}
	orange.Approvals = []*warningv1.ApprovalStage{
		{Id: "first", Title: &typev1.Text{Zh: "初审", En: "First"}, Roles: []string{"reviewer"}},
		{Id: "last", Title: &typev1.Text{Zh: "终审", En: "Last"}, Roles: []string{"reviewer", "handler"}},
	}
	_, err = admin.CreateScheme(t.Context(), &warningv1.CreateSchemeRequest{Scheme: changed})
	require.NoError(t, err)
	s.Clock.Advance(24 * time.Hour)

	_, err = as(s, "handler", county).warnings.IssueWarning(t.Context(), notice("orange"))
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "ISSUER_LEVEL")
	blue := as(s, "handler", county).issue(t, notice("blue"))
	_, err = as(s, "handler", county).warnings.ChangeWarningLevel(t.Context(), &warningv1.ChangeWarningLevelRequest{
		Name: blue.GetName(), WarningLevel: "orange", Reason: "性质严重",
	})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "ISSUER_LEVEL")

	one, two, three := both(s, "accounts/one"), both(s, "accounts/two"), both(s, "accounts/three")
	w := one.issue(t, notice("orange"))
	assert.Equal(t, "first", w.GetApprovalStage())
	w = two.approve(t, w)
	assert.Equal(t, warningv1.WarningState_WARNING_STATE_PENDING, w.GetState())
	assert.Equal(t, "last", w.GetApprovalStage())
	_, err = two.warnings.ApproveWarning(t.Context(), &warningv1.ApproveWarningRequest{Name: w.GetName(), Etag: w.GetEtag()})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "APPROVED_BEFORE")
	_, err = one.warnings.ApproveWarning(t.Context(), &warningv1.ApproveWarningRequest{Name: w.GetName(), Etag: w.GetEtag()})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "SELF_APPROVAL")
	w = three.approve(t, w)
	assert.Equal(t, warningv1.WarningState_WARNING_STATE_ISSUED, w.GetState())
	assert.Len(t, w.GetApprovals(), 2)
	assert.Empty(t, w.GetApprovalStage())
	assert.NotEmpty(t, w.GetNotice().GetNumber())
}

func TestC12b_AStepFallsToWhomItNames(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", suitetest.City).schemes
	scheme, err := admin.GetEffectiveScheme(t.Context(), &warningv1.GetEffectiveSchemeRequest{Unit: suitetest.City})
	require.NoError(t, err)
	changed := proto.CloneOf(scheme)
	changed.EffectiveFrom = "2026-11-03"
	steps := changed.GetWarningLevels()[1].GetForms()[0].GetSteps() // a warning talk
	steps[2].By, steps[2].BothSign = warningv1.StepParty_STEP_PARTY_OFFICE, false
	steps[4].By = warningv1.StepParty_STEP_PARTY_ISSUER
	_, err = admin.CreateScheme(t.Context(), &warningv1.CreateSchemeRequest{Scheme: changed})
	require.NoError(t, err)
	s.Clock.Advance(24 * time.Hour)

	city, clerk := as(s, "handler", suitetest.City), as(s, "clerk", township)
	req := notice("yellow")
	req.SupervisingUnit = stranger
	name := city.issue(t, req).GetName()
	clerk.acknowledge(t, name)
	_, err = as(s, "handler", county).warnings.RecordTalk(t.Context(), talk(name))
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "NOT_SUPERVISOR")
	_, err = as(s, "reviewer", stranger).extend(t, name)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_LIMIT")
	w := as(s, "handler", stranger).talk(t, name)
	assert.Equal(t, "rectify", w.GetAwaited().GetStep(), "one signature does")
	w = clerk.rectify(t, name)
	assert.Equal(t, suitetest.City, stepOf(w, "check").GetLimit().GetUnit())
	_, err = as(s, "reviewer", suitetest.City).extend(t, name)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_LIMIT")
	for _, o := range []office{as(s, "reviewer", stranger), as(s, "reviewer", suitetest.City)} {
		_, err = o.warnings.CheckRectification(t.Context(), &warningv1.CheckRectificationRequest{
			Name: name, CheckingUnit: stranger, Passed: true, Note: "x",
		})
		suitetest.RequireRefused(t, err, codes.PermissionDenied, "NOT_ISSUER")
	}
	as(s, "reviewer", suitetest.City).check(t, name, suitetest.City, true)
	city.close(t, name)
}
