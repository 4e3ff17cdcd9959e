package risk_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// The head speaks last, also where they speak by a lesser post of theirs.
func TestT11_TheHeadSpeaksLastByWhicheverPost(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	lesser := b.office.held(t, commerce, "兼任副局长", "deputy", "甲", "2024-01-01").GetName()
	d := b.review()
	d.Members = slices.Concat(b.deputies[:3], []string{lesser})
	entered := b.office.enter(t, d)
	_, err := b.office.meet(t, entered, says(inFavour, append([]string{lesser}, b.deputies[:3]...)...)...)
	suitetest.RequireFieldFaults(t, err, map[string]string{"meeting.statements[0].member": "SPEAKS_LAST"})
	_, err = b.office.meet(t, entered, says(inFavour, b.deputies[:3]...)...)
	suitetest.RequireFieldFaults(t, err, map[string]string{"meeting.statements": "LAST_MISSING"})
	made, err := b.office.meet(t, entered, says(inFavour, append(b.deputies[:3:3], lesser)...)...)
	require.NoError(t, err)
	assert.EqualValues(t, 4, made.GetMeeting().GetTally().GetMembers())
}

// Two of one name are told apart by what stands behind the name; refusals call posts by their titles.
func TestT11_TwoOfOneNameAreTwoMembers(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	twin := b.office.held(t, commerce, "副局长（分管外贸）", "deputy", "乙", "2024-01-01")
	d := b.review()
	d.Members = slices.Concat(b.deputies[:3], []string{twin.GetName(), b.head, b.head})
	_, err := b.office.decisions.CreateDecision(t.Context(), &riskv1.CreateDecisionRequest{Decision: d})
	suitetest.RequireFieldFaults(t, err, map[string]string{"decision.members[3]": "SAME_PERSON", "decision.members[5]": "DUPLICATE"})
	d.Members = d.GetMembers()[:5]
	require.NoError(t, b.office.holds(t, twin.GetName(), "重名", &riskv1.PositionHolder{Person: "乙(外贸)", From: "2024-01-01"}))
	entered := b.office.enter(t, d)
	_, err = b.office.meet(t, entered, says(inFavour, append(b.deputies[:3:3], b.chief)...)...)
	suitetest.RequireFieldFaults(t, err, map[string]string{"meeting.statements[3].member": "NOT_A_MEMBER"})
	assert.Contains(t, suitetest.FieldViolations(t, err)[0].GetDescription(), "“市场运行股股长”")
	made, err := b.office.meet(t, entered, says(inFavour, append(b.deputies[:3:3], twin.GetName(), b.head)...)...)
	require.NoError(t, err)
	assert.EqualValues(t, 5, made.GetMeeting().GetTally().GetMembers())
	assert.Equal(t, "乙（外贸）", made.GetMeeting().GetStatements()[3].GetIncumbent().GetPerson())

	few := b.review()
	few.Supersedes, few.Members = made.GetName(), b.deputies[:3]
	_, err = b.office.decisions.CreateDecision(t.Context(), &riskv1.CreateDecisionRequest{Decision: few})
	missing := suitetest.FieldViolations(t, err)
	require.Len(t, missing, 2)
	assert.Contains(t, missing[0].GetDescription(), "“副局长（分管外贸）”")
}

// Whoever has lost the rank by the day of the meeting neither speaks nor counts; before, the list shows it and may be corrected.
func TestT11_WhoHasLostTheRankDecidesNoMore(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	d := b.office.enter(t, b.review())
	assert.Empty(t, d.GetUnfitMembers())
	demote := func() {
		position, err := b.office.positions.GetPosition(t.Context(), &riskv1.GetPositionRequest{Name: b.deputies[0]})
		require.NoError(t, err)
		position.Rank = "staff"
		_, err = b.office.positions.UpdatePosition(t.Context(), &riskv1.UpdatePositionRequest{Position: position, Reason: "免职"})
		require.NoError(t, err)
	}
	b.Clock.Advance(day)
	demote()
	listed := b.office.decided(t, &riskv1.ListDecisionsRequest{Unit: commerce})
	require.Len(t, listed, 1)
	assert.Equal(t, []string{b.deputies[0]}, listed[0].GetUnfitMembers())
	meet := func(on string, members ...string) (*riskv1.Decision, error) {
		return b.office.decisions.DecideDecision(t.Context(), &riskv1.DecideDecisionRequest{
			Name: d.GetName(), Meeting: &riskv1.DecisionMeeting{HeldOn: on, Statements: says(inFavour, members...)},
		})
	}
	_, err := meet("2026-11-03", append(b.deputies[:3:3], b.head)...)
	suitetest.RequireFieldFaults(t, err, map[string]string{"meeting.statements[0].member": "MEMBER_RANK"})
	fewer := &riskv1.Decision{Name: d.GetName(), Members: append([]string{b.head}, b.deputies[1:]...)}
	updated, err := b.office.decisions.UpdateDecision(t.Context(), &riskv1.UpdateDecisionRequest{
		Decision: fewer, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"members"}},
	})
	require.NoError(t, err)
	assert.Empty(t, updated.GetUnfitMembers())

	then, err := meet("2026-11-02", append(b.deputies[:3:3], b.head)...)
	require.NoError(t, err, "on the day before he was a deputy still, named or not")
	assert.EqualValues(t, 4, then.GetMeeting().GetTally().GetMembers())
	d = b.office.enter(t, func() *riskv1.Decision {
		r := b.review()
		r.Members = append([]string{b.head}, b.deputies[1:]...)
		return r
	}())
	made, err := meet("2026-11-03", append(b.deputies[1:3:3], b.head)...)
	require.NoError(t, err)
	assert.EqualValues(t, 3, made.GetMeeting().GetTally().GetMembers())
}

// A meeting is recorded with all who were leaders that day, also where a post has been abolished since.
func TestT11_WhosePostHasEndedSinceWasAMemberThatDay(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	asked := b.review()
	asked.Members = append([]string{b.head}, b.deputies[:2]...)
	d := b.office.enter(t, asked)
	b.Clock.Advance(day)
	require.NoError(t, b.office.ends(t, b.deputies[2], "2026-11-02"))
	made, err := b.office.decisions.DecideDecision(t.Context(), &riskv1.DecideDecisionRequest{Name: d.GetName(), Meeting: &riskv1.DecisionMeeting{
		HeldOn: "2026-11-02", Statements: says(inFavour, append(b.deputies[:2:2], b.head)...),
	}})
	require.NoError(t, err)
	assert.EqualValues(t, 4, made.GetMeeting().GetTally().GetMembers())
}

// Whose post has ended before the meeting is no member of it any more, though named.
func TestT11_WhosePostHasEndedBeforeLeavesTheMembers(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	d := b.office.enter(t, b.review())
	b.Clock.Advance(day)
	require.NoError(t, b.office.ends(t, b.deputies[0], "2026-11-02"))
	meet := func(members ...string) (*riskv1.Decision, error) {
		return b.office.decisions.DecideDecision(t.Context(), &riskv1.DecideDecisionRequest{
			Name: d.GetName(), Meeting: &riskv1.DecisionMeeting{HeldOn: "2026-11-03", Statements: says(inFavour, members...)},
		})
	}
	_, err := meet(append(b.deputies[:3:3], b.head)...)
	suitetest.RequireFieldFaults(t, err, map[string]string{"meeting.statements[0].member": "POSITION_ENDED"})
	made, err := meet(append(b.deputies[1:3:3], b.head)...)
	require.NoError(t, err)
	assert.NotContains(t, made.GetMembers(), b.deputies[0])
	for _, absent := range made.GetMeeting().GetAbsent() {
		assert.NotEqual(t, b.deputies[0], absent.GetPosition())
	}
	assert.EqualValues(t, 3, made.GetMeeting().GetTally().GetMembers())
}

// What the meeting comes too late for has another day first.
func TestT11_NothingIsAdoptedOverdue(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	asked := b.review()
	asked.DueOn = "2026-11-04"
	d := b.office.enter(t, asked)
	b.Clock.Advance(3 * day)
	hold := &riskv1.DecideDecisionRequest{Name: d.GetName(), Meeting: &riskv1.DecisionMeeting{
		HeldOn: "2026-11-05", Statements: says(inFavour, append(b.deputies[:3:3], b.head)...),
	}}
	_, err := b.office.decisions.DecideDecision(t.Context(), hold)
	suitetest.RequireFieldFaults(t, err, map[string]string{"decision.due_on": "NOT_BEFORE"})
	_, err = b.office.decisions.UpdateDecision(t.Context(), &riskv1.UpdateDecisionRequest{
		Decision: &riskv1.Decision{Name: d.GetName(), DueOn: "2026-11-20"}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"due_on"}},
	})
	require.NoError(t, err)
	d, err = b.office.decisions.DecideDecision(t.Context(), hold)
	require.NoError(t, err)
	assert.Equal(t, riskv1.DecisionState_DECISION_STATE_ADOPTED, d.GetState())
}

// Of two decisions in the place of one, the second says which came first.
func TestT11_ADecisionIsSupersededOnce(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	voices := says(inFavour, append(b.deputies[:3:3], b.head)...)
	first, err := b.office.meet(t, b.office.enter(t, b.review()), voices...)
	require.NoError(t, err)
	var again []*riskv1.Decision
	for _, title := range []string{"再次会审", "另行会审"} {
		asked := b.review()
		asked.Supersedes, asked.Title = first.GetName(), title
		again = append(again, b.office.enter(t, asked))
	}
	_, err = b.office.meet(t, again[0], voices...)
	require.NoError(t, err)
	_, err = b.office.meet(t, again[1], voices...)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "SUPERSEDED_BEFORE")
	assert.Equal(t, "再次会审", suitetest.Metadata(err)["other"])
	assert.Equal(t, "decision.supersedes", suitetest.FieldViolations(t, err)[0].GetField())
}

// Whoever is to carry a decision out answers for what deviates from it, also at a unit below.
func TestT11_T14_ADeviationNamesWhoCarriesTheDecisionOut(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	d, err := b.office.meet(t, b.office.enter(t, b.review()), says(inFavour, append(b.deputies[:3:3], b.head)...)...)
	require.NoError(t, err)
	d, err = b.office.second.decisions.CheckDecision(t.Context(), &riskv1.CheckDecisionRequest{
		Name: d.GetName(), Finding: "许可发给了另一申请人",
		Deviation: &riskv1.CheckFinding{Kind: "decision_alone", Text: "个人改变会审决定", Position: b.chief},
	})
	require.NoError(t, err)
	found, err := b.office.found.GetDeficiency(t.Context(), &riskv1.GetDeficiencyRequest{Name: d.GetChecks()[0].GetDeficiency()})
	require.NoError(t, err)
	assert.Equal(t, "戊", found.GetOwner().GetPerson())
}

func TestT14_WhatDeviatesFromADecisionIsCorrectedBeforeItIsClosed(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	d, err := b.office.meet(t, b.office.enter(t, b.review()), append(says(inFavour, b.deputies[:3]...), says(inFavour, b.head)...)...)
	require.NoError(t, err)
	_, err = as(b.Suite, "section", commerce).decisions.CheckDecision(t.Context(), &riskv1.CheckDecisionRequest{
		Name: d.GetName(), Finding: "没有问题",
	})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	check := &riskv1.CheckDecisionRequest{
		Name: d.GetName(), Finding: "许可发给了另一申请人", Deviation: &riskv1.CheckFinding{Kind: "whim", Text: "个人改变会审决定"},
	}
	_, err = b.office.second.decisions.CheckDecision(t.Context(), check)
	suitetest.RequireFieldFaults(t, err, map[string]string{"deviation.kind": "UNKNOWN_TERM"})
	check.Deviation.Kind = "decision_alone"
	_, err = b.office.decisions.CheckDecision(t.Context(), check)
	requireOwnWork(t, err) // who recorded the meeting
	d, err = b.office.second.decisions.CheckDecision(t.Context(), check)
	require.NoError(t, err)
	require.Len(t, d.GetChecks(), 1, "the refused check is not kept")
	found, err := b.office.found.GetDeficiency(t.Context(), &riskv1.GetDeficiencyRequest{Name: d.GetChecks()[0].GetDeficiency()})
	require.NoError(t, err)
	assert.Equal(t, commerce+" "+d.GetName()+" 2026-11-09 true", fmt.Sprint(found.GetUnit(), " ", found.GetSource(), " ",
		found.GetDueOn(), " ", found.GetGrave()))
	unfiled, err := b.office.found.ListDeficiencies(t.Context(), &riskv1.ListDeficienciesRequest{Unit: commerce, Unfiled: true})
	require.NoError(t, err)
	require.Len(t, unfiled.GetDeficiencies(), 1, "who decides alone is told of to the city's commission")
	assert.Equal(t, found.GetName()+" 2026-11-09", unfiled.GetDeficiencies()[0].GetName()+" "+found.GetFileBy())
	require.NoError(t, b.office.fileUpward(t, found.GetName(), "city_commission", "2026-11-02"))

	_, err = b.office.decisions.CompleteDecision(t.Context(), &riskv1.CompleteDecisionRequest{Name: d.GetName(), Result: "已办"})
	require.NoError(t, err)
	closing := &riskv1.CloseDecisionRequest{Name: d.GetName()}
	_, err = b.office.decisions.CloseDecision(t.Context(), closing)
	requireOwnWork(t, err)
	_, err = b.office.second.decisions.CloseDecision(t.Context(), closing)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "DEVIATIONS_OPEN")
	_, err = b.office.found.CorrectDeficiency(t.Context(), &riskv1.CorrectDeficiencyRequest{Name: found.GetName(), Correction: "已撤销"})
	require.NoError(t, err)
	_, err = b.office.second.decisions.CloseDecision(t.Context(), closing)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "DEVIATIONS_OPEN")
	confirm := &riskv1.ConfirmDeficiencyRequest{Name: found.GetName()}
	_, err = b.office.found.ConfirmDeficiency(t.Context(), confirm)
	requireOwnWork(t, err)
	_, err = b.office.second.found.ConfirmDeficiency(t.Context(), confirm)
	require.NoError(t, err)
	d, err = b.office.second.decisions.CloseDecision(t.Context(), closing)
	require.NoError(t, err)
	assert.Equal(t, riskv1.DecisionState_DECISION_STATE_CLOSED, d.GetState())
}
