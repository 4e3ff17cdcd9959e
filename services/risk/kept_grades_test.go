package risk_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/risk/comments"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// versions are those of a risk point, the newest first: their numbers, grades, and the version whose grade by a reviewer holds.
func (o office) versions(t *testing.T, point *riskv1.RiskPoint) (said []string) {
	t.Helper()
	list, err := o.points.ListRiskPointVersions(t.Context(), &riskv1.ListRiskPointVersionsRequest{Name: point.GetName()})
	require.NoError(t, err)
	for _, p := range list.GetRiskPoints() {
		said = append(said, fmt.Sprint(p.GetStanding().GetVersion(), " ", p.GetGrade(), " ", p.GetStanding().GetRegradedVersion()))
	}
	return said
}

// However often the unit writes anew, what an upheld objection led to is lowered by nobody who does not know of it; a version that
// the unit wrote is not one that a reviewer graded.
func TestJ6_T3_T4_TheGradeOfAnUpheldObjectionHoldsOverFurtherVersions(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	point, publication := h.noticed(t)
	_, err := anybody(h.Suite).SubmitComment(t.Context(), objectTo(publication, point))
	require.NoError(t, err)
	_, err = h.group.comments.AnswerComment(t.Context(), &riskv1.AnswerCommentRequest{
		Name: h.group.onlyComment(t).GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_UPHELD, Answer: "调整为中风险",
		Regrade: &riskv1.Regrade{Points: scored("", 3).GetPoints()},
	})
	require.NoError(t, err)
	rewritten := func(description string, points int32) *riskv1.RiskPoint {
		written := h.division.get(t, point)
		written.Description, written.Points = description, scored("", points).GetPoints()
		return h.division.propose(t, h.division.update(t, written), enter)
	}
	h.group.approve(t, rewritten("人情案、关系案", 3))
	h.group.approve(t, rewritten("人情案、关系案、金钱案", 5))
	h.group.approve(t, rewritten("人情案、金钱案", 3))
	assert.Equal(t, []string{"5 middle 2", "4 high 2", "3 middle 2", "2 middle 2", "1 low 0"}, h.group.versions(t, point))

	lower := pass(rewritten("金钱案", 2))
	lower.LoweredVersion = 5
	_, err = h.group.points.ApproveRiskPoint(t.Context(), lower)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "LOWERS_REGRADE")
	assert.Equal(t, "lowered_version", suitetest.FieldViolations(t, err)[0].GetField())
	require.ErrorContains(t, err, "第 2 版")
	lower.LoweredVersion = 2
	_, err = h.group.points.ApproveRiskPoint(t.Context(), lower)
	require.NoError(t, err)
	h.group.approve(t, rewritten("人情案、关系案", 3))
	h.group.approve(t, rewritten("人情案", 2))
	assert.Equal(t, []string{"8 low 0", "7 middle 0", "6 low 0"}, h.group.versions(t, point)[:3], "they knew")
	h.division.update(t, scoredAs(h.division.get(t, point), 5))
	dropped, err := h.division.points.DiscardRiskPointDraft(t.Context(), &riskv1.DiscardRiskPointDraftRequest{Name: point.GetName()})
	require.NoError(t, err)
	assert.Zero(t, dropped.GetStanding().GetRegradedVersion())
}

func scoredAs(point *riskv1.RiskPoint, points int32) *riskv1.RiskPoint {
	point.Points = scored("", points).GetPoints()
	return point
}

// Blanks and punctuation rework nothing; a number that is another one by its point does (J4).
func TestJ4_WhatComesAgainSaysSomethingElse(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	point := h.division.propose(t, h.division.point(t, scored("超过 1.5 万元的支出，不经集体研究。", 2)), enter)
	point = h.group.sendBack(t, point, "金额不准")
	for _, same := range []string{"超过1.5万元的支出不经集体研究", "超过 1.5 万元的支出、不经“集体研究”！"} {
		point.Description = same
		point = h.division.update(t, point)
		_, err := h.division.points.SubmitRiskPoint(t.Context(), &riskv1.SubmitRiskPointRequest{Name: point.GetName(), Proposal: enter})
		suitetest.RequireRefused(t, err, codes.FailedPrecondition, "RETURNED_UNCHANGED")
	}
	point.Description = "超过 15 万元的支出，不经集体研究。"
	assert.Equal(t, "SUBMITTED check", stands(h.division.propose(t, h.division.update(t, point), enter)))
}

// Nobody found fault with the words of what came with its power: graded anew, it is handed in as it is. With what was sent back
// since, somebody did (J6, T12).
func TestT12_J6_ATransferredPointThatIsRegradedIsHandedInAsItIs(t *testing.T) {
	t.Parallel()
	b := newRiskyPower(t)
	head := b.office.held(t, commerce, "局长", "head", "甲", "2025-01-01").GetName()
	b.Clock.Advance(day)
	b.take(t)
	regrade := func(points int32) {
		_, err := b.office.points.RegradeRiskPoint(t.Context(), &riskv1.RegradeRiskPointRequest{
			Name: b.shared.GetName(), Reason: "采纳",
			Regrade: &riskv1.Regrade{Points: riskPoint("", points, points, points).GetPoints(), OwnerPosition: head},
		})
		require.NoError(t, err)
	}
	regrade(5)
	graded := b.to.propose(t, b.to.get(t, b.shared), enter)
	regrade(4)
	graded = b.to.propose(t, b.to.get(t, graded), enter)
	assert.Equal(t, "SUBMITTED organisation", stands(graded), "handed in it came back for its grade alone")

	b.office.sendBack(t, graded, "不够具体")
	regrade(5)
	again := &riskv1.SubmitRiskPointRequest{Name: graded.GetName(), Proposal: enter, Reason: "承接"}
	_, err := b.to.points.SubmitRiskPoint(t.Context(), again)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "RETURNED_UNCHANGED")
	written := b.to.get(t, graded)
	written.Description = "越权许可、超范围许可"
	entered := b.office.approveTwice(t, b.to.propose(t, b.to.update(t, written), enter))
	assert.Equal(t, "IN_FORCE  a", stands(entered)+" "+entered.GetGrade())
}

// The owner that is shown is that of the version in force, also beside a draft, once a reviewer has graded that anew (T3, T5).
func TestT3_T5_TheOwnerOfARegradeIsShownBesideADraft(t *testing.T) {
	t.Parallel()
	b := newRiskyPower(t)
	head := b.office.held(t, commerce, "局长", "head", "甲", "2025-01-01").GetName()
	written := b.from.get(t, b.shared)
	written.Description = "越权许可、超范围许可"
	b.from.update(t, written)
	answered, err := b.office.points.RegradeRiskPoint(t.Context(), &riskv1.RegradeRiskPointRequest{
		Name: b.shared.GetName(), Reason: "采纳",
		Regrade: &riskv1.Regrade{Points: riskPoint("", 5, 5, 5).GetPoints(), OwnerPosition: head},
	})
	require.NoError(t, err)
	for _, point := range []*riskv1.RiskPoint{answered, b.from.get(t, b.shared)} {
		assert.Equal(t, "DRAFT  a 局长 甲", fmt.Sprint(
			stands(point), " ", point.GetGradeInForce(), " ", point.GetOwner().GetTitle(), " ", point.GetOwner().GetPerson()))
	}
}

// Once a risk point has ended with its power no grade is owed of it, whether the objection was upheld before or after.
func TestT4_T12_T22_NoGradeIsOwedOfARiskPointThatHasEnded(t *testing.T) {
	t.Parallel()
	b := newRiskyPower(t)
	group := as(b.Suite, "discipline_group", commerce)
	catalogue := b.office.publicise(t, b.office.freeze(t, "grade_catalogue", "等级目录", ""), "within")
	for _, point := range []*riskv1.RiskPoint{b.local, b.shared} {
		_, err := b.from.comments.SubmitComment(t.Context(), objectTo(catalogue, point))
		require.NoError(t, err)
	}
	list, err := b.office.comments.ListComments(t.Context(), &riskv1.ListCommentsRequest{Unit: commerce})
	require.NoError(t, err)
	require.Len(t, list.GetComments(), 2)
	uphold := func(i int) *riskv1.Comment {
		upheld, err := group.comments.AnswerComment(t.Context(), &riskv1.AnswerCommentRequest{
			Name: list.GetComments()[i].GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_UPHELD, Answer: "分值依据不足",
		})
		require.NoError(t, err)
		return upheld
	}
	owed := func() int {
		listed, err := b.office.comments.ListComments(t.Context(), &riskv1.ListCommentsRequest{Unit: commerce, ToRegrade: true})
		require.NoError(t, err)
		return len(listed.GetComments())
	}
	before := uphold(0)
	assert.Equal(t, 1, owed())
	b.Clock.Advance(day)
	b.legal.approvePower(t, b.from.submitPower(t, b.item, end))
	after := uphold(1)
	for _, comment := range []*riskv1.Comment{before, after} {
		comment, err := b.office.comments.GetComment(t.Context(), &riskv1.GetCommentRequest{Name: comment.GetName()})
		require.NoError(t, err)
		assert.Equal(t, "2026-11-03", comment.GetEntryEndedOn())
		assert.Nil(t, comment.GetJudging())
	}
	assert.Zero(t, owed())
	hears(t, b.Suite, "leading_group_office", commerce, catalogue.GetName(),
		"对公示“等级目录”中“"+before.GetEntryTitle()+"”的异议已经成立，该风险点已终止，不再需要调整等级。")
	b.Clock.Advance(30 * day)
	b.RunJob(comments.JudgeJob)
	for _, comment := range []*riskv1.Comment{before, after} {
		assert.Empty(t, said(t, b.Suite, "leading_group_office", commerce, comment.GetName(), 0), "nobody is reminded")
	}
}
