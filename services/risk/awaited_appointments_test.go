package risk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/risk/appointments"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// steps are what is awaited, in short.
func steps(awaits []riskv1.AppointmentStep) string {
	names := make([]string, len(awaits))
	for i, step := range awaits {
		names[i] = strings.ToLower(strings.TrimPrefix(step.String(), "APPOINTMENT_STEP_"))
	}
	return strings.Join(names, " ")
}

// requireAwaits requires that an appointment waits for this, by itself and in the lists of what each step is awaited for.
func (b selection) requireAwaits(t *testing.T, a *riskv1.Appointment, want string) {
	t.Helper()
	read, err := b.office.cadres.GetAppointment(t.Context(), &riskv1.GetAppointmentRequest{Name: a.GetName()})
	require.NoError(t, err)
	assert.Equal(t, want, steps(read.GetAwaits()))
	for number, name := range riskv1.AppointmentStep_name {
		if number == 0 {
			continue
		}
		step := riskv1.AppointmentStep(number)
		listed, err := b.office.cadres.ListAppointments(t.Context(), &riskv1.ListAppointmentsRequest{
			Unit: commerce, Awaits: []riskv1.AppointmentStep{step},
		})
		require.NoError(t, err)
		awaited := strings.Contains(" "+want+" ", " "+steps([]riskv1.AppointmentStep{step})+" ")
		if assert.Equal(t, awaited, len(listed.GetAppointments()) == 1, name) && awaited {
			assert.Equal(t, want, steps(listed.GetAppointments()[0].GetAwaits()), "as the record itself")
		}
	}
}

// What an appointment waits for shows in the record, in the answer to each act, and in the lists of those who are to do it, also
// where a decision, a poll or a deficiency has changed it.
func TestT15_WhatAnAppointmentAwaitsIsShownAndListed(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a := b.office.nominate(t, b.candidate())
	assert.Equal(t, "qualification", steps(a.GetAwaits()), "the answer says so")
	assert.Equal(t, "inspection feedback poll", steps(a.GetAskedSteps()))
	b.requireAwaits(t, a, "qualification")
	a, err := b.qualify(t, a, b.passed("2026-10-26"))
	require.NoError(t, err)
	assert.Equal(t, "inspection", steps(a.GetAwaits()))
	b.requireAwaits(t, a, "inspection")
	a, err = b.inspect(t, a, b.passed("2026-10-30"))
	require.NoError(t, err)
	assert.Equal(t, "2026-11-16", a.GetJudging().GetDueOn())
	b.requireAwaits(t, a, "feedback decision")

	decision := b.adopted(t, a.GetName(), "")
	b.requireAwaits(t, a, "feedback decision")
	a, err = b.decide(t, a, decision.GetName())
	require.NoError(t, err)
	assert.Equal(t, "feedback poll", steps(a.GetAwaits()))
	bad := forms()
	for _, answer := range bad.GetAnswers() {
		answer.Good, answer.Bad = 0, 20
	}
	a, err = b.group.feedback(t, a, bad, &riskv1.CheckFinding{Kind: "inspection_conduct", Text: "考察组未按规定范围谈话"})
	require.NoError(t, err)
	assert.Nil(t, a.GetJudging())
	b.requireAwaits(t, a, "correction poll")
	wrong := a.GetFeedback()[0].GetDeficiency()
	_, err = b.office.found.CorrectDeficiency(t.Context(), &riskv1.CorrectDeficiencyRequest{Name: wrong, Correction: "已补谈话"})
	require.NoError(t, err)
	b.requireAwaits(t, a, "correction poll")
	_, err = b.group.found.ConfirmDeficiency(t.Context(), &riskv1.ConfirmDeficiencyRequest{Name: wrong})
	require.NoError(t, err)
	b.requireAwaits(t, a, "poll")
	b.polled(t, a, 50, 0)
	b.requireAwaits(t, a, "appointment")
	_, err = b.office.decisions.VoidDecision(t.Context(), &riskv1.VoidDecisionRequest{Name: decision.GetName(), Reason: "程序有误"})
	if err != nil {
		_, err = b.group.decisions.VoidDecision(t.Context(), &riskv1.VoidDecisionRequest{Name: decision.GetName(), Reason: "程序有误"})
	}
	require.NoError(t, err)
	b.requireAwaits(t, a, "decision")
	a, err = b.decide(t, a, b.adopted(t, a.GetName(), "").GetName())
	require.NoError(t, err)
	b.requireAwaits(t, a, "appointment")
	a, err = b.appoint(t, a, "2026-11-10")
	require.NoError(t, err)
	assert.Empty(t, a.GetAwaits())
	b.requireAwaits(t, a, "")
	_, err = b.office.cadres.ListAppointments(t.Context(), &riskv1.ListAppointmentsRequest{
		Unit: commerce, Awaits: []riskv1.AppointmentStep{0},
	})
	suitetest.RequireFieldFaults(t, err, map[string]string{"awaits[0]": "ENUM_NOT_IN"})
}

// Who is to have the inspected asked is reminded before the day, on it and after it, and finds what is overdue in a list; once they
// were asked, or there is nothing left to appoint, nobody is reminded any more.
func TestT15_H6_FeedbackIsRemindedOfUntilItIsCollected(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a, other := b.inspected(t), b.passing(t, b.stranger("庚"))
	for _, days := range []int{9, 5, 1} { // to 2026-11-11, 16 and 17
		b.Clock.Advance(time.Duration(days) * wholeDay)
		b.RunJob(appointments.AskJob)
	}
	asked := slices.Concat(said(t, b.Suite, "discipline_group", commerce, a.GetName(), 1), said(t, b.Suite, "discipline_group", commerce, commerce, 3))
	assert.Equal(t, []string{
		"商务局三位一体机制建设领导小组办公室对岗位“市场运行股股长”人选的履职考察已经通过，请于 2026-11-16 前组织对考察员的评议。",
		"本次提醒：本单位有 2 项应当组织的对考察员的评议将到期，最早的应于 2026-11-16 前完成：市场运行股股长、市场运行股股长。",
		"本次提醒：本单位有 2 项应当组织的对考察员的评议将到期，最早的应于 2026-11-16 前完成：市场运行股股长、市场运行股股长。",
		"本次提醒：本单位有 2 项应当组织的对考察员的评议没有按期完成，最早的应于 2026-11-16 前完成：市场运行股股长、市场运行股股长。",
	}, asked)
	overdue := func() (names []string) {
		listed, err := b.group.cadres.ListAppointments(t.Context(), &riskv1.ListAppointmentsRequest{Unit: commerce, JudgingOverdue: true})
		require.NoError(t, err)
		for _, a := range listed.GetAppointments() {
			names = append(names, a.GetName())
		}
		return names
	}
	assert.Equal(t, []string{a.GetName(), other.GetName()}, overdue())
	figure := func() string {
		answer, err := b.group.figures.ListFigures(t.Context(), &riskv1.ListFiguresRequest{
			Root: commerce, Units: []string{commerce}, Period: "2026-Q4", Measures: []string{"risk.feedback_on_time"},
		})
		require.NoError(t, err)
		counted, err := b.group.cadres.CountAppointments(t.Context(), &riskv1.CountAppointmentsRequest{Unit: commerce})
		require.NoError(t, err)
		var overdue, late int64
		for _, c := range counted.GetCounts() {
			overdue, late = overdue+c.GetOverdueFeedbackCount(), late+c.GetLateFeedbackCount()
		}
		return fmt.Sprint(answer.GetFigures()[0].GetNumerator(), " of ", answer.GetFigures()[0].GetDenominator(),
			", overdue ", overdue, ", late ", late)
	}
	assert.Equal(t, "0 of 2, overdue 2, late 0", figure())
	late := forms()
	late.HeldOn = "2026-11-17"
	_, err := b.group.feedback(t, a, late, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{other.GetName()}, overdue())
	assert.Equal(t, "0 of 2, overdue 1, late 1", figure())
	over, err := b.office.cadres.RejectAppointment(t.Context(), &riskv1.RejectAppointmentRequest{Name: other.GetName(), Reason: "本人放弃"})
	require.NoError(t, err)
	assert.Nil(t, over.GetJudging())
	assert.Empty(t, overdue())
	assert.Equal(t, "0 of 1, overdue 0, late 1", figure(), "what was given up is nobody's to ask about")
	b.Clock.Advance(7 * wholeDay)
	b.RunJob(appointments.AskJob)
	assert.Len(t, said(t, b.Suite, "discipline_group", commerce, a.GetName(), 1), 1, "no more")
	assert.Len(t, said(t, b.Suite, "discipline_group", commerce, commerce, 3), 3, "no more")
}
