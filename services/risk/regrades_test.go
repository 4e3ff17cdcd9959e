package risk_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// A unit can't keep an upheld objection from regrading by writing something else meanwhile; what it writes stays.
func TestJ6_T4_AnUpheldObjectionRegradesBesideADraft(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	point, publication := h.noticed(t)
	_, err := anybody(h.Suite).SubmitComment(t.Context(), objectTo(publication, point))
	require.NoError(t, err)
	written := h.group.get(t, point)
	written.Description = "人情案、关系案"
	written = h.division.update(t, written)
	h.division.propose(t, written, enter)

	answered, err := h.group.comments.AnswerComment(t.Context(), &riskv1.AnswerCommentRequest{
		Name: h.group.onlyComment(t).GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_UPHELD, Answer: "调整为高风险",
		Regrade: &riskv1.Regrade{Points: scored("", 5).GetPoints()},
	})
	require.NoError(t, err)
	assert.Equal(t, "high", answered.GetRegradedTo())
	assert.EqualValues(t, 2, answered.GetRegradedVersion())
	assert.Equal(t, map[string]string{point.GetName(): "high"}, h.group.grades(t, courtCivil, "2026-11-02"))
	draft := h.group.get(t, point)
	assert.Equal(t, "人情案、关系案 high high REGISTER_STATE_RETURNED",
		draft.GetDescription()+" "+draft.GetGrade()+" "+draft.GetGradeInForce()+" "+draft.GetState().String(), "its words stay")
	assert.EqualValues(t, 2, draft.GetStanding().GetVersion())
	back := draft.GetStanding().GetReviews()[0]
	assert.Equal(t, "REVIEW_RESULT_RETURNED 调整为高风险 2", fmt.Sprint(back.GetResult(), " ", back.GetReason(), " ", back.GetRevisedVersion()))
	_, err = h.group.points.ApproveRiskPoint(t.Context(), pass(draft))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	entered := h.group.approve(t, h.division.propose(t, draft, enter))
	assert.Equal(t, "3 人情案、关系案", fmt.Sprint(entered.GetStanding().GetVersion(), " ", entered.GetDescription()))
	assert.Equal(t, map[string]string{point.GetName(): "high"}, h.group.grades(t, courtCivil, "2026-11-02"))
}

// A draft from before a reviewer graded anew would undo that, so that it takes the new points.
func TestT3_J4_ADraftFromBeforeARegradeTakesTheNewPoints(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	point := h.inForce(t, scored("人情案", 2))
	point.Description = "人情案、关系案"
	h.division.update(t, point)
	_, err := h.group.points.RegradeRiskPoint(t.Context(), &riskv1.RegradeRiskPointRequest{
		Name: point.GetName(), Reason: "形势变化", Regrade: &riskv1.Regrade{Points: scored("", 5).GetPoints()},
	})
	require.NoError(t, err)
	draft := h.group.get(t, point)
	last := draft.GetStanding().GetReviews()[0]
	assert.Equal(t, "形势变化 2", fmt.Sprint(last.GetReason(), " ", last.GetRevisedVersion()))
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_DRAFT, draft.GetState())
	versions, err := h.group.points.ListRiskPointVersions(t.Context(), &riskv1.ListRiskPointVersionsRequest{Name: point.GetName()})
	require.NoError(t, err)
	assert.Equal(t, versions.GetRiskPoints()[0].GetStanding().GetEnterTime().AsTime(), draft.GetStanding().GetEnterTime().AsTime())
	entered := h.group.approve(t, h.division.propose(t, draft, enter))
	assert.Equal(t, "high 人情案、关系案", entered.GetGrade()+" "+entered.GetDescription())
}

// What was sent back and is unchanged is not handed in again for a new grade: it has still to say otherwise.
func TestJ4_T3_WhatWasReturnedIsReworkedAlsoOnceItIsRegraded(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	point := h.inForce(t, scored("人情案", 2))
	point.Description = "人情案、关系案"
	h.group.sendBack(t, h.division.propose(t, h.division.update(t, point), enter), "不具体")
	_, err := h.group.points.RegradeRiskPoint(t.Context(), &riskv1.RegradeRiskPointRequest{
		Name: point.GetName(), Reason: "形势变化", Regrade: &riskv1.Regrade{Points: scored("", 5).GetPoints()},
	})
	require.NoError(t, err)
	again := &riskv1.SubmitRiskPointRequest{Name: point.GetName(), Proposal: enter, Reason: "补充"}
	_, err = h.division.points.SubmitRiskPoint(t.Context(), again)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "RETURNED_UNCHANGED")
}

// The unit may still write other points: whoever approves a lower grade knows that an objection was upheld, and says why.
func TestJ6_T3_T4_WhoeverApprovesALowerGradeThanWasUpheldKnowsIt(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	point, publication := h.noticed(t)
	_, err := anybody(h.Suite).SubmitComment(t.Context(), objectTo(publication, point))
	require.NoError(t, err)
	redo := h.group.orderRedo(t, courtCivil, "2026-11-20")
	_, err = h.group.comments.AnswerComment(t.Context(), &riskv1.AnswerCommentRequest{
		Name: h.group.onlyComment(t).GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_UPHELD, Answer: "调整为高风险",
		Regrade: &riskv1.Regrade{Points: scored("", 5).GetPoints()},
	})
	require.NoError(t, err)
	list := func(req *riskv1.ListRiskPointsRequest) (found []string) {
		req.Unit = court
		listed, err := h.group.points.ListRiskPoints(t.Context(), req)
		require.NoError(t, err)
		for _, p := range listed.GetRiskPoints() {
			found = append(found, p.GetGrade()+" "+p.GetGradeInForce()+" "+p.GetRedo())
		}
		return found
	}
	assert.Equal(t, []string{"high high " + redo.GetName()}, list(&riskv1.ListRiskPointsRequest{Grades: []string{"high"}}))
	draft := h.division.get(t, point)
	draft.Description, draft.Points = "人情案、关系案", scored("", 2).GetPoints()
	draft = h.division.propose(t, h.division.update(t, draft), enter)
	assert.Equal(t, []string{"low high " + redo.GetName()}, list(&riskv1.ListRiskPointsRequest{GradesInForce: []string{"high"}}))
	_, err = h.group.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{
		Unit: court, GradesInForce: []string{"high"}, AsOf: "2026-11-02",
	})
	suitetest.RequireFieldFaults(t, err, map[string]string{"grades_in_force": "CONTRADICTION"})
	counted, err := h.group.points.CountRiskPoints(t.Context(), &riskv1.CountRiskPointsRequest{Unit: court})
	require.NoError(t, err)
	require.Len(t, counted.GetCounts(), 1)
	assert.Equal(t, "low high", counted.GetCounts()[0].GetGrade()+" "+counted.GetCounts()[0].GetGradeInForce())

	lower := pass(draft)
	_, err = h.group.points.ApproveRiskPoint(t.Context(), lower)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "LOWERS_REGRADE")
	assert.Equal(t, "lowered_version", suitetest.FieldViolations(t, err)[0].GetField())
	require.ErrorContains(t, err, "高")
	lower.LoweredVersion, lower.Reason = 2, ""
	_, err = h.group.points.ApproveRiskPoint(t.Context(), lower)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "LOWERS_REGRADE")
	assert.Equal(t, map[string]string{point.GetName(): "high"}, h.group.grades(t, courtCivil, "2026-11-02"), "nothing is half done")
	lower.Reason = "措施已见效"
	entered, err := h.group.points.ApproveRiskPoint(t.Context(), lower)
	require.NoError(t, err)
	assert.Equal(t, "low low", entered.GetGrade()+" "+entered.GetGradeInForce())
	versions, err := h.group.points.ListRiskPointVersions(t.Context(), &riskv1.ListRiskPointVersionsRequest{Name: point.GetName()})
	require.NoError(t, err)
	assert.Empty(t, versions.GetRiskPoints()[0].GetGradeInForce(), "a version says its own grade")
}

// An objection is to what was public: another version in force has to be read before it is graded anew.
func TestJ6_T4_AnUpheldObjectionRegradesTheVersionThatWasJudged(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	point, publication := h.noticed(t)
	_, err := anybody(h.Suite).SubmitComment(t.Context(), objectTo(publication, point))
	require.NoError(t, err)
	_, err = h.group.points.RegradeRiskPoint(t.Context(), &riskv1.RegradeRiskPointRequest{
		Name: point.GetName(), Reason: "形势变化", Regrade: &riskv1.Regrade{Points: scored("", 3).GetPoints()},
	})
	require.NoError(t, err)
	answer := &riskv1.AnswerCommentRequest{
		Name: h.group.onlyComment(t).GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_UPHELD, Answer: "调整为高风险",
		Regrade: &riskv1.Regrade{Points: scored("", 5).GetPoints()},
	}
	_, err = h.group.comments.AnswerComment(t.Context(), answer)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "OTHER_VERSION_IN_FORCE")
	assert.Equal(t, "regrade_version", suitetest.FieldViolations(t, err)[0].GetField())
	require.ErrorContains(t, err, "在 regrade_version 中填写 2")
	assert.Equal(t, map[string]string{point.GetName(): "middle"}, h.group.grades(t, courtCivil, "2026-11-02"))
	answer.RegradeVersion = 2
	answered, err := h.group.comments.AnswerComment(t.Context(), answer)
	require.NoError(t, err)
	assert.EqualValues(t, 3, answered.GetRegradedVersion())
}

func TestJ6_WhatACourtPublicisesEndsByItself(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	_, publication := h.noticed(t)
	h.Clock.Advance(8 * day)
	h.RunJob("risk.end_publications")
	assert.Equal(t, "公示“风险点公示”已于 2026-11-09 期满，现已结束。", said(t, h.Suite, "discipline_group", court, publication.GetName(), 1)[0])
	_, err := h.leaders.publications.EndPublication(t.Context(), &riskv1.EndPublicationRequest{Name: publication.GetName()})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
}

func TestJ6_APublicationIsNotWithdrawnOverOpenObjections(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	point, publication := h.noticed(t)
	_, err := anybody(h.Suite).SubmitComment(t.Context(), objectTo(publication, point))
	require.NoError(t, err)
	withdraw := &riskv1.WithdrawPublicationRequest{Name: publication.GetName(), Reason: "内容有误"}
	_, err = h.leaders.publications.WithdrawPublication(t.Context(), withdraw)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "OPEN_OBJECTIONS")
	_, err = h.group.comments.AnswerComment(t.Context(), &riskv1.AnswerCommentRequest{
		Name: h.group.onlyComment(t).GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_UPHELD, Answer: "重新公示",
	})
	require.NoError(t, err)
	_, err = h.leaders.publications.WithdrawPublication(t.Context(), withdraw)
	require.NoError(t, err)

	draft := h.leaders.freeze(t, "risk_grades", "草稿", "")
	_, err = h.leaders.publications.WithdrawPublication(t.Context(),
		&riskv1.WithdrawPublicationRequest{Name: draft.GetName(), Reason: "重做"})
	require.NoError(t, err)
	assert.Empty(t, h.leaders.entries(t, draft), "nobody reads what a draft held")
}

func TestT8_ControlsOfARetiredRiskPointAreOwedNoMore(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	point := h.inForce(t, scored("人情案", 2))
	owner := h.division.post(t, courtCivil, "庭长", "division_head")
	control := h.division.plan(t, &riskv1.Control{
		Unit: courtCivil, RiskPoint: point.GetName(), Form: "measure", Measure: "双人审查", OwnerPosition: owner, DueOn: "2026-11-04",
	})
	h.group.approve(t, h.division.propose(t, h.group.get(t, point), riskv1.Proposal_PROPOSAL_END))
	control, err := h.division.controls.GetControl(t.Context(), &riskv1.GetControlRequest{Name: control.GetName()})
	require.NoError(t, err)
	assert.Equal(t, "CONTROL_STATE_CANCELLED ", control.GetState().String()+" "+control.GetRemindOn(), "at once")
	h.Clock.Advance(4 * day)
	h.RunJob("risk.remind_controls")
	assert.Empty(t, said(t, h.Suite, "division", courtCivil, control.GetName(), 0))
}
