package risk_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// Who was refused by a poll isn't asked about again until the answer is right: not beside, and not soon after.
func TestT15_NobodyIsConsideredTwiceUntilAPollIsPassed(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a := b.judged(t)
	again := &riskv1.CreateAppointmentRequest{Appointment: b.candidate()}
	_, err := b.office.cadres.CreateAppointment(t.Context(), again)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "CANDIDATE_OPEN")
	assert.Equal(t, a.GetName(), suitetest.Metadata(err)["appointment"])
	b.polled(t, a, 29, 21)
	_, err = b.office.cadres.CreateAppointment(t.Context(), again)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "CANDIDATE_WAITS")
	assert.Equal(t, "2027-11-02", suitetest.Metadata(err)["date"])
	b.Clock.Advance(364 * 24 * time.Hour)
	_, err = b.office.cadres.CreateAppointment(t.Context(), again)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "CANDIDATE_WAITS")
	b.Clock.Advance(24 * time.Hour)
	b.office.nominate(t, b.candidate())
}

func TestT15_APollThatWasRepeatedInVainCountsLater(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a := b.judged(t)
	b.polled(t, a, 9, 0)
	second := survey()
	second.Appointment = a.GetName()
	poll := b.office.poll(t, second)
	_, err := b.office.polls.WithdrawPoll(t.Context(), &riskv1.WithdrawPollRequest{Name: poll.GetName(), Reason: "改期"})
	require.NoError(t, err)
	reject := &riskv1.RejectAppointmentRequest{Name: a.GetName(), Reason: "测评无效"}
	_, err = b.office.cadres.RejectAppointment(t.Context(), reject)
	require.NoError(t, err)
	_, err = b.office.cadres.CreateAppointment(t.Context(), &riskv1.CreateAppointmentRequest{Appointment: b.candidate()})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "CANDIDATE_WAITS")
}

// Who comes into a position leaves the one before, and nobody else is considered for it any more (T10).
func TestT15_T10_WhoIsAppointedLeavesTheirPostAndOthersAreOver(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	other := b.passing(t, b.stranger("庚"))
	a := b.judged(t)
	b.polled(t, a, 50, 0)
	a, err := b.appoint(t, a, "2026-11-10")
	require.NoError(t, err)
	section := as(b.Suite, "section", markets)
	present, err := section.positions.GetPosition(t.Context(), &riskv1.GetPositionRequest{Name: b.clerk})
	require.NoError(t, err)
	assert.Equal(t, text(&riskv1.Position{Holders: []*riskv1.PositionHolder{{Person: "己", From: "2022-01-01", Until: "2026-11-09"}}}),
		text(&riskv1.Position{Holders: present.GetHolders()}))
	hears(t, b.Suite, "section", markets, a.GetName(),
		"岗位“市场运行股科员”的任职人自 2026-11-10 起另有任用，于前一日离任。")
	other, err = b.office.cadres.GetAppointment(t.Context(), &riskv1.GetAppointmentRequest{Name: other.GetName()})
	require.NoError(t, err)
	assert.Equal(t, "APPOINTMENT_STATE_LAPSED "+a.GetName(), other.GetState().String()+" "+other.GetLapsedFor())

	b.Clock.Advance(8 * 24 * time.Hour)
	_, err = b.office.cadres.CreateAppointment(t.Context(), &riskv1.CreateAppointmentRequest{Appointment: b.stranger("己")})
	suitetest.RequireFieldFaults(t, err, map[string]string{"appointment.position": "HOLDS_POSITION"})
}

func TestT15_ASectionAppointsNobody(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	own := b.candidate()
	own.Unit = markets
	_, err := as(b.Suite, "section", markets).cadres.CreateAppointment(t.Context(), &riskv1.CreateAppointmentRequest{Appointment: own})
	suitetest.RequireFieldFaults(t, err, map[string]string{"appointment.kind": "NOT_FOR_UNIT"})
}

func TestT15_AVoidDecisionAppointsNobody(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a := b.judged(t)
	b.polled(t, a, 50, 0)
	_, err := b.group.decisions.VoidDecision(t.Context(), &riskv1.VoidDecisionRequest{Name: a.GetDecision(), Reason: "程序不当"})
	require.NoError(t, err)
	_, err = b.appoint(t, a, "2026-11-10")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "DECISION_FALLEN")
	a, err = b.decide(t, a, b.adopted(t, a.GetName(), "").GetName())
	require.NoError(t, err)
	a, err = b.appoint(t, a, "2026-11-10")
	require.NoError(t, err, "by what was decided anew, all else as it was")
	assert.Equal(t, riskv1.AppointmentState_APPOINTMENT_STATE_APPOINTED, a.GetState())
}

func TestT15_OneDecisionInFavourStandsAtATime(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a := b.judged(t)
	_, err := b.decide(t, a, a.GetDecision())
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "DECISION_STANDS")
	beside := b.removal()
	beside.Appointment = a.GetName()
	_, err = b.office.decisions.CreateDecision(t.Context(), &riskv1.CreateDecisionRequest{Decision: beside})
	suitetest.RequireFieldFaults(t, err, map[string]string{"decision.appointment": "DECISION_STANDS"})
	a, err = b.decide(t, a, b.adopted(t, a.GetName(), a.GetDecision()).GetName())
	require.NoError(t, err, "another one took its place")
	b.polled(t, a, 50, 0)
	_, err = b.appoint(t, a, "2026-11-10")
	require.NoError(t, err)
}

func TestT15_WhatWasDecidedOtherwiseSinceAppointsNobody(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a := b.judged(t)
	b.polled(t, a, 50, 0)
	b.adopted(t, "", a.GetDecision())
	_, err := b.appoint(t, a, "2026-11-10")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "DECISION_FALLEN")
}

func TestT15_APositionThatSomebodyIsToHoldIsNotGivenTwice(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a := b.judged(t)
	b.polled(t, a, 50, 0)
	scheme, err := b.office.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: commerce})
	require.NoError(t, err)
	scheme.EffectiveFrom, scheme.AppointmentKinds = "2026-11-03", nil // of later ones
	_, err = as(b.Suite, "administrator", commerce).schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	b.Clock.Advance(24 * time.Hour)
	section := as(b.Suite, "section", markets)
	position, err := section.positions.GetPosition(t.Context(), &riskv1.GetPositionRequest{Name: b.chief})
	require.NoError(t, err)
	section.handOver(t, position, "2026-11-14", "庚", "2026-11-15")
	_, err = b.appoint(t, a, "2026-11-10")
	suitetest.RequireFieldFaults(t, err, map[string]string{"from": "HELD_TWICE"})
	_, err = b.appoint(t, a, "2026-12-01")
	require.NoError(t, err)
}

// Whoever sits somewhere by a decision that is found void afterwards shows, and the unit is asked to see to it; a void that races
// with the appointment comes before it or after.
func TestT15_WhoSitsByAVoidDecisionShows(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a := b.judged(t)
	b.polled(t, a, 50, 0)
	var calls sync.WaitGroup
	var refused error
	calls.Go(func() { _, refused = b.appoint(t, a, "2026-11-10") })
	calls.Go(func() {
		_, err := b.group.decisions.VoidDecision(t.Context(), &riskv1.VoidDecisionRequest{Name: a.GetDecision(), Reason: "程序不当"})
		assert.NoError(t, err)
	})
	calls.Wait()
	a, err := b.office.cadres.GetAppointment(t.Context(), &riskv1.GetAppointmentRequest{Name: a.GetName()})
	require.NoError(t, err)
	if a.GetState() != riskv1.AppointmentState_APPOINTMENT_STATE_APPOINTED {
		suitetest.RequireRefused(t, refused, codes.FailedPrecondition, "DECISION_FALLEN")
		return
	}
	require.NoError(t, refused)
	assert.Equal(t, "2026-11-02", a.GetDecisionFallenOn())
}

func TestT15_AVoidDecisionAsksWhoSitsByIt(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a := b.judged(t)
	b.polled(t, a, 50, 0)
	a, err := b.appoint(t, a, "2026-11-10")
	require.NoError(t, err)
	assert.Empty(t, a.GetDecisionFallenOn())
	_, err = b.group.decisions.VoidDecision(t.Context(), &riskv1.VoidDecisionRequest{Name: a.GetDecision(), Reason: "程序不当"})
	require.NoError(t, err)
	a, err = b.office.cadres.GetAppointment(t.Context(), &riskv1.GetAppointmentRequest{Name: a.GetName()})
	require.NoError(t, err)
	assert.Equal(t, "APPOINTMENT_STATE_APPOINTED 2026-11-02", a.GetState().String()+" "+a.GetDecisionFallenOn())
	hears(t, b.Suite, "leading_group_office", commerce, a.GetName(),
		"“市场运行股股长”岗位任职人己任职所依据的集体决定“市场运行股股长任免”已被认定无效或另行决定，请研究处理。")
}
