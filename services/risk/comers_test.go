package risk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// holds has a position be held as a clerk writes it.
func (o office) holds(t *testing.T, position, reason string, holders ...*riskv1.PositionHolder) error {
	t.Helper()
	_, err := o.positions.UpdatePosition(t.Context(), &riskv1.UpdatePositionRequest{
		Position: &riskv1.Position{Name: position, Holders: holders}, Reason: reason,
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"holders"}},
	})
	return err
}

// Who did not pass the poll isn't written into the position instead.
func TestT15_NobodyIsWrittenIntoAPostThatAppointmentsFill(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	section := as(b.Suite, "section", markets)
	chief := &riskv1.PositionHolder{Person: "戊", From: "2024-01-01", Until: "2026-11-09"}
	for from, at := range map[string]string{"2026-11-10": "position.holders[1].from", "2026-12-01": "position.holders[1].from"} {
		err := section.holds(t, b.chief, "任免文件", chief, &riskv1.PositionHolder{Person: "己", From: from})
		suitetest.RequireFieldFaults(t, err, map[string]string{at: "APPOINTMENT_NEEDED"})
	}
	create := func(rank, from string) (*riskv1.Position, error) {
		return section.positions.CreatePosition(t.Context(), &riskv1.CreatePositionRequest{Position: &riskv1.Position{
			Unit: markets, Title: "市场运行股股长", Rank: rank, Holders: []*riskv1.PositionHolder{{Person: "己", From: from}},
		}})
	}
	_, err := create("section_head", "2026-11-02")
	suitetest.RequireFieldFaults(t, err, map[string]string{"position.holders[0].from": "APPOINTMENT_NEEDED"})
	lower, err := create("staff", "2026-11-02")
	require.NoError(t, err)
	_, err = section.positions.UpdatePosition(t.Context(), &riskv1.UpdatePositionRequest{
		Position: &riskv1.Position{Name: lower.GetName(), Rank: "section_head"}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"rank"}},
	})
	suitetest.RequireFieldFaults(t, err, map[string]string{"position.holders[0].from": "APPOINTMENT_NEEDED"})

	// Who was there when the register began is entered, and who leaves; the unit above hears of who came without an appointment.
	require.NoError(t, section.holds(t, b.chief, "", chief))
	entered, err := create("section_head", "2026-11-01")
	require.NoError(t, err)
	assert.Equal(t, []string{"市场运行股登记岗位“市场运行股股长”时填入了任职人，该职级的岗位须经任用程序，请核实其到任情况。"},
		said(t, b.Suite, "leading_group_office", commerce, entered.GetName(), 1))
	vacant := section.post(t, markets, "副股长", "section_head")
	came := &riskv1.PositionHolder{Person: "庚", From: "2026-11-01"}
	suitetest.RequireFieldFaults(t, section.holds(t, vacant, "", came), map[string]string{"reason": "REQUIRED"})
	require.NoError(t, section.holds(t, vacant, "建库前已到任", came))
	assert.Equal(t, []string{"市场运行股更正了“副股长”岗位以往的任职记录：建库前已到任"},
		said(t, b.Suite, "leading_group_office", commerce, vacant, 1))
}

// A day's delay does not get round the appointment: who has come since a position was registered is entered above it.
func TestT15_NobodyIsBackdatedPastTheAppointment(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	section, above := as(b.Suite, "section", markets), as(b.Suite, "leading_group_office", commerce)
	vacant := section.post(t, markets, "副股长", "section_head")
	b.Clock.Advance(2 * day)
	yesterday := &riskv1.PositionHolder{Person: "庚", From: "2026-11-03"}
	for _, from := range []string{"2026-11-02", "2026-11-03"} {
		suitetest.RequireFieldFaults(t, section.holds(t, vacant, "漏登", &riskv1.PositionHolder{Person: "庚", From: from}),
			map[string]string{"position.holders[0].from": "APPOINTMENT_NEEDED"})
	}
	require.NoError(t, section.holds(t, vacant, "建库前已到任", &riskv1.PositionHolder{Person: "己", From: "2026-11-01", Until: "2026-11-01"}))
	former := &riskv1.PositionHolder{Person: "己", From: "2026-11-01", Until: "2026-11-01"}
	require.NoError(t, above.holds(t, vacant, "系统启用前已按程序任用", former, yesterday), "who is above knows")
	require.NoError(t, section.holds(t, vacant, "", former, &riskv1.PositionHolder{Person: "庚", From: "2026-11-03", Until: "2026-12-31"}),
		"who holds it does not come")
}

// A name is the same however it is typed, so that a blank in it makes no other candidate.
func TestT15_ABlankInANameMakesNoOtherPerson(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a := b.office.nominate(t, b.stranger("王\u3000五"))
	assert.Equal(t, "王五", a.GetPerson())
	for _, same := range []string{"王五", "王 五", "王\u00a0五\u200b"} {
		_, err := b.office.cadres.CreateAppointment(t.Context(), &riskv1.CreateAppointmentRequest{Appointment: b.stranger(same)})
		suitetest.RequireRefused(t, err, codes.FailedPrecondition, "CANDIDATE_OPEN")
	}
	post := as(b.Suite, "section", markets).held(t, markets, "科员", "staff", "赵 六", "2026-01-01")
	assert.Equal(t, "赵六", post.GetHolders()[0].GetPerson())
}

// One who leaves a position for another one does not leave it for a third.
func TestT15_NobodyComesIntoTwoPostsByLeavingOne(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a := b.judged(t)
	b.polled(t, a, 50, 0)
	other := b.candidate()
	other.Position = as(b.Suite, "section", "units/commerce_trade").post(t, "units/commerce_trade", "外贸股股长", "section_head")
	second := b.passing(t, other)
	second, err := b.decide(t, second, b.adopted(t, second.GetName(), "").GetName())
	require.NoError(t, err)
	second, err = b.group.feedback(t, second, forms(), nil)
	require.NoError(t, err)
	b.polled(t, second, 50, 0)
	_, err = b.appoint(t, a, "2026-11-20")
	require.NoError(t, err)
	for _, from := range []string{"2026-11-10", "2026-12-01"} {
		_, err = b.appoint(t, second, from)
		suitetest.RequireRefused(t, err, codes.FailedPrecondition, "PRESENT_LEFT")
	}
	assert.Equal(t, "市场运行股科员 市场运行股股长 2026-11-20", suitetest.Metadata(err)["present"]+" "+suitetest.Metadata(err)["position"]+
		" "+suitetest.Metadata(err)["date"])
	_, err = b.appoint(t, second, "2028-01-01")
	suitetest.RequireFieldFaults(t, err, map[string]string{"from": "TOO_FAR_AHEAD"})
}

func TestT15_NobodyCarriesOutTheirOwnAppointment(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a := b.inspected(t)
	own := b.removal()
	own.Appointment, own.ExecutorPosition = a.GetName(), b.clerk
	_, err := b.office.decisions.CreateDecision(t.Context(), &riskv1.CreateDecisionRequest{Decision: own})
	suitetest.RequireFieldFaults(t, err, map[string]string{"decision.executor_position": "OWN_CANDIDACY"})
	d := b.vote(t, a.GetName(), "")
	_, err = b.office.decisions.UpdateDecision(t.Context(), &riskv1.UpdateDecisionRequest{
		Decision:   &riskv1.Decision{Name: d.GetName(), ExecutorPosition: b.clerk},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"executor_position"}},
	})
	suitetest.RequireFieldFaults(t, err, map[string]string{"decision.executor_position": "OWN_CANDIDACY"})
}

// What the inspected think badly of is noted and put right before anybody comes into a position by it.
func TestT15_WhatTheInspectedFindWrongIsPutRightFirst(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a := b.inspected(t)
	a, err := b.decide(t, a, b.adopted(t, a.GetName(), "").GetName())
	require.NoError(t, err)
	bad := forms()
	for _, answer := range bad.GetAnswers() {
		answer.Good, answer.Bad = 0, 20
	}
	_, err = b.group.feedback(t, a, bad, nil)
	suitetest.RequireFieldFaults(t, err, map[string]string{"deficiency": "REQUIRED"})
	a, err = b.group.feedback(t, a, bad, &riskv1.CheckFinding{Kind: "inspection_conduct", Text: "考察组未按规定范围谈话"})
	require.NoError(t, err)
	b.polled(t, a, 50, 0)
	_, err = b.appoint(t, a, "2026-11-10")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "INSPECTION_WRONG")
	wrong := a.GetFeedback()[0].GetDeficiency()
	_, err = b.office.found.CorrectDeficiency(t.Context(), &riskv1.CorrectDeficiencyRequest{Name: wrong, Correction: "已补谈话"})
	require.NoError(t, err)
	_, err = b.group.found.ConfirmDeficiency(t.Context(), &riskv1.ConfirmDeficiencyRequest{Name: wrong})
	require.NoError(t, err)
	_, err = b.appoint(t, a, "2026-11-10")
	require.NoError(t, err)
}

// A present position that the unit can't have the candidate leave is refused when they are nominated.
func TestT15_APresentPositionAboveTheUnitIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	scheme, err := b.office.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: commerce})
	require.NoError(t, err)
	scheme.EffectiveFrom = "2026-11-03"
	scheme.AppointmentKinds[0].UnitKinds = nil // sections appoint as well
	_, err = as(b.Suite, "administrator", commerce).schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	b.Clock.Advance(24 * time.Hour)
	above := b.candidate()
	above.Unit, above.Person, above.PresentPosition = markets, "乙", b.deputies[0]
	_, err = as(b.Suite, "section", markets).cadres.CreateAppointment(t.Context(), &riskv1.CreateAppointmentRequest{Appointment: above})
	suitetest.RequireFieldFaults(t, err, map[string]string{"appointment.present_position": "NOT_FOUND"})
}
