package risk_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func (b selection) decision(t *testing.T, name string) *riskv1.Decision {
	t.Helper()
	d, err := b.office.decisions.GetDecision(t.Context(), &riskv1.GetDecisionRequest{Name: name})
	require.NoError(t, err)
	return d
}

// requireFallen requires that nothing is owed or counted of a decision about somebody who is not appointed, and that nobody can
// call it carried out.
func (b selection) requireFallen(t *testing.T, name string) {
	t.Helper()
	d := b.decision(t, name)
	assert.Equal(t, "DECISION_STATE_FALLEN  ", fmt.Sprint(d.GetState(), " ", d.GetRemindOn(), " ", d.GetFileBy()))
	_, err := b.office.decisions.CompleteDecision(t.Context(), &riskv1.CompleteDecisionRequest{Name: name, Result: "已任用"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	_, records := figuresOf(t, b.Suite, commerce, "2026", "decisions", "decisions_filed")
	assert.NotContains(t, append(records["decisions"], records["decisions_filed"]...), name)
	const says = "对人选的任用已终止，集体决定“市场运行股股长任免”不再执行。"
	hears(t, b.Suite, "leading_group_office", commerce, name, says)
	hears(t, b.Suite, "section", markets, name, says, "whose position was to carry it out")
}

func TestT13_T15_WhatWasDecidedFallsWithTheAppointment(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*testing.T, selection, *riskv1.Appointment){
		"rejected": func(t *testing.T, b selection, a *riskv1.Appointment) {
			t.Helper()
			_, err := b.office.cadres.RejectAppointment(t.Context(), &riskv1.RejectAppointmentRequest{
				Name: a.GetName(), Reason: "本人放弃",
			})
			require.NoError(t, err)
		},
		"with whom few were satisfied": func(t *testing.T, b selection, a *riskv1.Appointment) {
			t.Helper()
			b.polled(t, a, 13, 37)
		},
		"somebody else was appointed": func(t *testing.T, b selection, a *riskv1.Appointment) {
			t.Helper()
			other := b.passing(t, b.stranger("庚"))
			other, err := b.decide(t, other, b.adopted(t, other.GetName(), "").GetName())
			require.NoError(t, err)
			_, err = b.group.feedback(t, other, forms(), nil)
			require.NoError(t, err)
			b.polled(t, other, 50, 0)
			_, err = b.appoint(t, other, "2026-11-10")
			require.NoError(t, err)
			lapsed, err := b.office.cadres.GetAppointment(t.Context(), &riskv1.GetAppointmentRequest{Name: a.GetName()})
			require.NoError(t, err)
			assert.Equal(t, riskv1.AppointmentState_APPOINTMENT_STATE_LAPSED, lapsed.GetState())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newSelection(t)
			a := b.judged(t)
			end(t, b, a)
			b.requireFallen(t, a.GetDecision())
			b.Clock.Advance(90 * 24 * time.Hour)
			b.RunJob("risk.remind_decisions")
			late, err := b.office.decisions.ListDecisions(t.Context(), &riskv1.ListDecisionsRequest{Unit: commerce, Overdue: true})
			require.NoError(t, err)
			for _, d := range late.GetDecisions() {
				assert.NotEqual(t, a.GetDecision(), d.GetName())
			}
		})
	}
}

// What is still prepared about a candidate who is over is decided no more.
func TestT13_T15_WhatIsPreparedFallsWithTheAppointment(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a := b.inspected(t)
	prepared := b.vote(t, a.GetName(), "")
	_, err := b.office.cadres.RejectAppointment(t.Context(), &riskv1.RejectAppointmentRequest{Name: a.GetName(), Reason: "本人放弃"})
	require.NoError(t, err)
	_, err = b.office.meet(t, prepared, says(inFavour, append(b.deputies[:3:3], b.head)...)...)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	assert.Equal(t, riskv1.DecisionState_DECISION_STATE_FALLEN, b.decision(t, prepared.GetName()).GetState())
}

// A decision whose place was taken is as it was before once that one is void: of a candidate who is over, it falls.
func TestT13_T15_NothingIsRestoredOfACandidateWhoIsOver(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a := b.judged(t)
	second := b.adopted(t, a.GetName(), a.GetDecision())
	_, err := b.office.cadres.RejectAppointment(t.Context(), &riskv1.RejectAppointmentRequest{Name: a.GetName(), Reason: "本人放弃"})
	require.NoError(t, err)
	b.requireFallen(t, second.GetName())
	assert.Equal(t, riskv1.DecisionState_DECISION_STATE_SUPERSEDED, b.decision(t, a.GetDecision()).GetState())

	b = newSelection(t)
	a = b.judged(t)
	second = b.adopted(t, "", a.GetDecision())
	_, err = b.office.cadres.RejectAppointment(t.Context(), &riskv1.RejectAppointmentRequest{Name: a.GetName(), Reason: "本人放弃"})
	require.NoError(t, err)
	_, err = b.group.decisions.VoidDecision(t.Context(), &riskv1.VoidDecisionRequest{Name: second.GetName(), Reason: "程序不当"})
	require.NoError(t, err)
	assert.Equal(t, riskv1.DecisionState_DECISION_STATE_FALLEN, b.decision(t, a.GetDecision()).GetState())
}

func TestT13_T15_AnAppointmentCarriesOutWhatWasDecided(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a := b.judged(t)
	_, err := b.office.decisions.CompleteDecision(t.Context(), &riskv1.CompleteDecisionRequest{
		Name: a.GetDecision(), Result: "已任用",
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NOT_APPOINTED")
	_, err = as(b.Suite, "section", markets).decisions.ReportDecisionExecution(t.Context(), &riskv1.ReportDecisionExecutionRequest{
		Name: a.GetDecision(), Text: "已任用",
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NOT_APPOINTED") // nor whose unit carries it out
	b.polled(t, a, 50, 0)
	_, err = b.appoint(t, a, "2026-11-10")
	require.NoError(t, err)
	d := b.decision(t, a.GetDecision())
	assert.Equal(t, "DECISION_STATE_EXECUTED 2026-11-02 ", fmt.Sprint(d.GetState(), " ", d.GetDoneOn(), " ", d.GetRemindOn()))
	assert.NotEmpty(t, d.GetJudging().GetDueOn(), "its check is awaited")
	closed, err := b.group.decisions.CloseDecision(t.Context(), &riskv1.CloseDecisionRequest{
		Name: d.GetName(), Finding: "已按决定任职",
	})
	require.NoError(t, err)
	assert.Equal(t, riskv1.DecisionState_DECISION_STATE_CLOSED, closed.GetState())
}

// What else was prepared or decided about a candidate who is appointed has nothing to say any more.
func TestT13_T15_WhatElseWasDecidedFallsOnceTheCandidateIsAppointed(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a := b.inspected(t)
	draft, second := b.vote(t, a.GetName(), "").GetName(), b.adopted(t, a.GetName(), "").GetName()
	a, err := b.decide(t, a, b.adopted(t, a.GetName(), "").GetName())
	require.NoError(t, err)
	_, err = b.group.feedback(t, a, forms(), nil)
	require.NoError(t, err)
	b.polled(t, a, 50, 0)
	_, err = b.appoint(t, a, "2026-11-10")
	require.NoError(t, err)
	for _, name := range []string{draft, second} {
		assert.Equal(t, riskv1.DecisionState_DECISION_STATE_FALLEN, b.decision(t, name).GetState())
		hears(t, b.Suite, "leading_group_office", commerce, name, "人选已经任用，集体决定“市场运行股股长任免”不再作出或者执行。")
	}
	assert.Equal(t, riskv1.DecisionState_DECISION_STATE_EXECUTED, b.decision(t, a.GetDecision()).GetState())
}
