package warning_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	isDismissed = warningv1.ObjectionState_OBJECTION_STATE_DISMISSED
	isLowered   = warningv1.ObjectionState_OBJECTION_STATE_LOWERED
	isWithdrawn = warningv1.ObjectionState_OBJECTION_STATE_WITHDRAWN
)

func (o office) object(t *testing.T, name string, files ...string) (*warningv1.Warning, error) {
	t.Helper()
	w, err := o.warnings.ObjectToWarning(t.Context(), &warningv1.ObjectToWarningRequest{
		Name: name, Reason: "所反映的事项不属于本街道", Attachments: files,
	})
	return w, err
}

func (o office) answer(t *testing.T, name string, outcome warningv1.ObjectionState) (*warningv1.Warning, error) {
	t.Helper()
	w, err := o.warnings.AnswerObjection(t.Context(), &warningv1.AnswerObjectionRequest{
		Name: name, Addressee: 1, Outcome: outcome, Answer: "已经核实",
	})
	return w, err
}

func TestC11_AnUpheldObjectionLowersTheWarning(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, above := as(s, "clerk", township), as(s, "reviewer", suitetest.City)
	name := as(s, "handler", county).issue(t, notice("yellow")).GetName()
	w, err := clerk.object(t, name, filesOf(s.As("clerk", township)).attach(t, name))
	require.NoError(t, err)
	o := w.GetObjections()[0]
	assert.Equal(t, suitetest.City, o.GetLimit().GetUnit(), "the unit above the one that issued it answers")
	assert.Equal(t, "2026-11-16", o.GetLimit().GetDeadline().GetDue(), "within ten working days")
	assert.Len(t, o.GetAttachments(), 1)
	_, err = clerk.object(t, name)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "OBJECTED_BEFORE")
	assert.Equal(t, []string{"inbox.warning_objected"}, told(t, s, suitetest.City, name, 1))
	assert.Contains(t, told(t, s, county, name, 1), "inbox.warning_objected_above", "who issued it hears who answers")
	assert.Contains(t, titles(t, s, county, name),
		titleOf(t, s, township)+"对黄色预警“集体资金”提出异议，由马鞍山市于 2026-11-16 前答复。")

	list, err := above.warnings.ListWarnings(t.Context(), &warningv1.ListWarningsRequest{Unit: suitetest.City, Objected: true})
	require.NoError(t, err)
	require.Len(t, list.GetWarnings(), 1)
	_, err = as(s, "reviewer", county).answer(t, name, isDismissed)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "NOT_ABOVE_ISSUER")
	require.ErrorContains(t, err, "异议由马鞍山市或其上级答复")
	_, err = as(s, "administrator", township).answer(t, name, isLowered)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_WARNING")
	_, err = above.warnings.AnswerObjection(t.Context(), &warningv1.AnswerObjectionRequest{
		Name: name, Addressee: 2, Outcome: isLowered, Answer: "已经核实",
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NO_OBJECTION")
	w, err = above.answer(t, name, isLowered)
	require.NoError(t, err)
	assert.Equal(t, "blue", w.GetWarningLevel())
	assert.Equal(t, isLowered, w.GetObjections()[0].GetState())
	assert.Equal(t, suitetest.City, w.GetObjections()[0].GetAnswerUnit())
	assert.Equal(t, "acknowledge", w.GetAwaited().GetStep(), "its form begins anew")
	assert.Contains(t, told(t, s, township, name, 2), "inbox.warning_level_changed_due")
	list, err = above.warnings.ListWarnings(t.Context(), &warningv1.ListWarningsRequest{Unit: suitetest.City, Objected: true})
	require.NoError(t, err)
	assert.Empty(t, list.GetWarnings())

	_, err = clerk.object(t, name)
	require.NoError(t, err, "the notice is another one")
	_, err = above.answer(t, name, isLowered)
	suitetest.RequireFieldFaults(t, err, map[string]string{"outcome": "LOWEST_WARNING_LEVEL"})
	assert.Len(t, clerk.get(t, name).GetObjections(), 2)
}

func TestC11_T24_AnObjectionToAnUnfoundedWarningWithdrawsIt(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, above := as(s, "clerk", township), as(s, "reviewer", suitetest.City)
	county := as(s, "handler", county)
	name := county.issue(t, notice("yellow")).GetName()
	clerk.acknowledge(t, name)
	county.talk(t, name)
	clerk.sign(t, name)
	_, err := clerk.object(t, name)
	require.NoError(t, err)
	w, err := above.answer(t, name, isWithdrawn)
	require.NoError(t, err)
	assert.Equal(t, warningv1.WarningState_WARNING_STATE_WITHDRAWN, w.GetState())
	assert.Nil(t, w.GetAwaited())
	assert.Contains(t, told(t, s, township, name, 3), "inbox.warning_withdrawn")
	s.Clock.Advance(40 * 24 * time.Hour)
	listed, err := above.figures.ListFigures(t.Context(), &warningv1.ListFiguresRequest{
		Root: suitetest.City, Units: []string{township}, Period: "2026-Q4", Measures: []string{"warning.rectified_on_time"},
	})
	require.NoError(t, err)
	assert.Zero(t, listed.GetFigures()[0].GetDenominator(), "it counts nowhere")
	_, err = clerk.object(t, name)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
}

func TestC11_T7_AnObjectionPutsOffWhatADelayLeadsTo(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk := as(s, "clerk", township)
	name := as(s, "handler", county).issue(t, notice("yellow")).GetName()
	_, err := clerk.object(t, name)
	require.NoError(t, err)
	s.Clock.Advance(9 * 24 * time.Hour) // 11 November: the receipt was due on the 4th, the answer is in three working days
	s.RunJob("warning.escalate_overdue")
	assert.Equal(t, "yellow", clerk.get(t, name).GetWarningLevel())
	assert.Equal(t, []string{"inbox.warning_objected", "inbox.warning_objection_due"}, told(t, s, suitetest.City, name, 2))
	s.Clock.Advance(6 * 24 * time.Hour) // 17 November
	s.RunJob("warning.escalate_overdue")
	s.RunJob("warning.escalate_overdue")
	assert.Equal(t, "inbox.warning_objection_overdue", told(t, s, suitetest.City, name, 3)[2])
	assert.Equal(t, "yellow", clerk.get(t, name).GetWarningLevel(), "nobody is punished for a late answer")
	w, err := as(s, "reviewer", suitetest.City).answer(t, name, isDismissed)
	require.NoError(t, err)
	assert.Equal(t, "2026-11-04", w.GetAwaited().GetDeadline().GetDue(), "the limit ran")
	s.RunJob("warning.escalate_overdue")
	assert.Equal(t, "yellow", clerk.get(t, name).GetWarningLevel())
	s.Clock.Advance(24 * time.Hour)
	s.RunJob("warning.escalate_overdue")
	assert.Equal(t, "orange", clerk.get(t, name).GetWarningLevel(), "from the next day on")
	assert.Contains(t, told(t, s, township, name, 3), "inbox.warning_objection_dismissed")
}

func TestC11_AtTheTopmostUnitAnotherAccountAnswersAnObjection(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	one, two, three := both(s, "accounts/one"), both(s, "accounts/two"), both(s, "accounts/three")
	w := two.approve(t, one.issue(t, notice("orange")))
	_, err := as(s, "clerk", township).object(t, w.GetName())
	require.NoError(t, err)
	for _, o := range []office{one, two} {
		_, err = o.answer(t, w.GetName(), isDismissed)
		suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_WORK")
	}
	_, err = three.answer(t, w.GetName(), isDismissed)
	require.NoError(t, err)
}

func TestC11_ObjectionsHaveALimitAndHoldTheClosing(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, clerk, further := as(s, "handler", suitetest.City), as(s, "clerk", township), as(s, "clerk", other)
	name := city.issue(t, shared("blue")).GetName()
	_, err := as(s, "clerk", county).object(t, name)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	for _, number := range []int32{1, 2, 3} {
		of := map[bool]office{true: further, false: clerk}[number == 3]
		for _, explains := range []bool{false, true} {
			_, err := of.part(t, name, number, explains)
			require.NoError(t, err)
		}
	}
	w, err := further.object(t, name)
	require.NoError(t, err)
	assert.EqualValues(t, 3, w.GetObjections()[0].GetAddressee())
	_, err = city.warnings.CloseWarning(t.Context(), &warningv1.CloseWarningRequest{Name: name, Note: "已办结"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "OBJECTION_OPEN")
	s.Clock.Advance(8 * 24 * time.Hour) // 10 November, the sixth working day after the notice
	_, err = clerk.object(t, name)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "OBJECTION_LATE")
	_, err = clerk.object(t, name, "attachments/340503-unknown")
	require.Error(t, err)
	as(s, "reviewer", suitetest.City).withdraw(t, name)
	assert.Equal(t, warningv1.ObjectionState_OBJECTION_STATE_LAPSED, clerk.get(t, name).GetObjections()[0].GetState())
}

// A reminder closes itself with its receipt: to sign early takes nobody's right to object.
func TestT7_C11_WhoSignedAReminderMayStillObject(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	office, clerk := as(s, "leading_group_office", commerce), as(s, "section", finance)
	another := on(s.AsPrincipal(access.Principal{Subject: "accounts/another", Unit: commerce, Roles: []string{"leading_group_office"}}))
	signed := func() string {
		name := office.issue(t, to(finance, commerce, "yellow", "reminder")).GetName()
		require.Equal(t, closed, clerk.acknowledge(t, name).GetState())
		return name
	}
	unfounded, founded, late := signed(), signed(), signed()
	for _, name := range []string{unfounded, founded} {
		w, err := clerk.object(t, name)
		require.NoError(t, err)
		assert.Equal(t, warningv1.WarningState_WARNING_STATE_ISSUED, w.GetState())
		assert.Empty(t, w.GetEndedOn())
		_, err = office.warnings.CloseWarning(t.Context(), &warningv1.CloseWarningRequest{Name: name, Note: "已办结"})
		suitetest.RequireRefused(t, err, codes.FailedPrecondition, "OBJECTION_OPEN")
	}
	w, err := another.answer(t, unfounded, isWithdrawn)
	require.NoError(t, err)
	assert.Equal(t, warningv1.WarningState_WARNING_STATE_WITHDRAWN, w.GetState())
	w, err = another.answer(t, founded, isDismissed)
	require.NoError(t, err)
	assert.Equal(t, closed, w.GetState(), "nothing else was left")
	assert.Equal(t, "2026-11-02", w.GetEndedOn())
	_, err = clerk.object(t, founded)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "OBJECTED_BEFORE")
	s.Clock.Advance(10 * 24 * time.Hour)
	_, err = clerk.object(t, late)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "OBJECTION_LATE")
	assert.Equal(t, closed, clerk.get(t, late).GetState())
}

// What turns out unfounded after it was closed leaves the figures, and its finding is handled again.
func TestC11_T24_AClosedWarningIsWithdrawn(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, city := as(s, "clerk", township), as(s, "handler", suitetest.City)
	clerk.tip(t, village, "collective_funds", 5)
	city.run(t, "2026-11")
	req := city.follow(t, township, "collective_funds", "yellow")
	name := settled(t, s, req)
	require.Equal(t, closed, city.close(t, name).GetState())
	finding := func() warningv1.FindingState {
		found, err := city.findings.GetFinding(t.Context(), &warningv1.GetFindingRequest{Name: req.GetFinding()})
		require.NoError(t, err)
		return found.GetState()
	}
	require.Equal(t, warningv1.FindingState_FINDING_STATE_TAKEN_UP, finding())
	figure := func() int64 {
		listed, err := city.figures.ListFigures(t.Context(), &warningv1.ListFiguresRequest{
			Root: suitetest.City, Units: []string{township}, Period: "2026-Q4", Measures: []string{"warning.rectified_on_time"},
		})
		require.NoError(t, err)
		return listed.GetFigures()[0].GetDenominator()
	}
	require.EqualValues(t, 1, figure())
	as(s, "reviewer", suitetest.City).withdraw(t, name)
	assert.Equal(t, warningv1.WarningState_WARNING_STATE_WITHDRAWN, clerk.get(t, name).GetState())
	assert.Zero(t, figure())
	assert.Equal(t, warningv1.FindingState_FINDING_STATE_OPEN, finding())
}

func TestC11_WithoutARuleNobodyObjects(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", suitetest.City).schemes
	scheme, err := admin.GetEffectiveScheme(t.Context(), &warningv1.GetEffectiveSchemeRequest{Unit: suitetest.City})
	require.NoError(t, err)
	scheme.EffectiveFrom, scheme.Objections = "2026-11-03", &warningv1.ObjectionRule{Within: &typev1.DeadlineRule{Days: 3}}
	_, err = admin.CreateScheme(t.Context(), &warningv1.CreateSchemeRequest{Scheme: scheme})
	require.Error(t, err, "an answer has a limit")
	scheme.Objections = nil
	_, err = admin.CreateScheme(t.Context(), &warningv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	s.Clock.Advance(24 * time.Hour)
	name := as(s, "handler", suitetest.City).issue(t, notice("blue")).GetName()
	_, err = as(s, "clerk", township).object(t, name)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NO_OBJECTION_RULE")
}
