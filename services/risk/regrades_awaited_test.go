package risk_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/risk/comments"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// awaited is a summary table with an objection that the discipline group has upheld, which grades nothing.
type awaited struct {
	ownedTable

	group   office
	table   *riskv1.Publication
	comment *riskv1.Comment
}

func newAwaited(t *testing.T) awaited {
	t.Helper()
	b := awaited{ownedTable: newOwnedTable(t)}
	b.group, b.table = as(b.Suite, "discipline_group", commerce), b.leading.publicise(t, b.draft(t), "within")
	_, err := b.section.comments.SubmitComment(t.Context(), objectTo(b.table, b.point))
	require.NoError(t, err)
	b.comment, err = b.uphold(t, b.group, b.leading.onlyComment(t).GetName(), false)
	require.NoError(t, err)
	return b
}

func (b awaited) uphold(t *testing.T, by office, comment string, noRegrade bool) (*riskv1.Comment, error) {
	t.Helper()
	return by.comments.AnswerComment(t.Context(), &riskv1.AnswerCommentRequest{
		Name: comment, Outcome: riskv1.CommentState_COMMENT_STATE_UPHELD, Answer: "分值依据不足", NoRegrade: noRegrade,
	})
}

// file files the table.
func (b awaited) file(t *testing.T) error {
	t.Helper()
	_, err := b.leading.publications.FilePublication(t.Context(), &riskv1.FilePublicationRequest{
		Name: b.table.GetName(), Filing: &riskv1.Filing{FiledWith: "city_office", FiledOn: "2026-11-10", ReceiptNumber: "7"},
	})
	return err
}

// end lets the days of publicity pass and ends it.
func (b awaited) end(t *testing.T) {
	t.Helper()
	b.Clock.Advance(8 * day)
	_, err := b.leading.publications.EndPublication(t.Context(), &riskv1.EndPublicationRequest{Name: b.table.GetName()})
	require.NoError(t, err)
}

func (b awaited) listed(t *testing.T, overdue bool) int {
	t.Helper()
	answer, err := b.leading.comments.ListComments(t.Context(), &riskv1.ListCommentsRequest{
		Unit: commerce, ToRegrade: true, JudgingOverdue: overdue,
	})
	require.NoError(t, err)
	return len(answer.GetComments())
}

func TestT4_T22_AnUpheldObjectionIsGradedAnewOrSaidWhyNot(t *testing.T) {
	t.Parallel()
	b := newAwaited(t)
	assert.Equal(t, "2026-11-16", b.comment.GetJudging().GetDueOn())
	assert.True(t, slices.Contains(said(t, b.Suite, "leading_group_office", commerce, b.table.GetName(), 1),
		"商务局三位一体机制建设领导小组办公室认定对公示“廉政风险点汇总表”中“对条件不符的申请予以许可”的异议成立，"+
			"请有权审核的单位于 2026-11-16 前调整等级，或者说明不调整的理由：分值依据不足"))
	_, err := b.uphold(t, b.group, b.comment.GetName(), true)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	assert.Equal(t, []int{1, 0}, []int{b.listed(t, false), b.listed(t, true)})
	b.end(t)
	refused := b.file(t)
	suitetest.RequireRefused(t, refused, codes.FailedPrecondition, "REGRADES_AWAITED")

	b.Clock.Advance(7 * day)
	b.RunJob(comments.JudgeJob)
	assert.Equal(t, 1, b.listed(t, true))
	assert.Contains(t, said(t, b.Suite, "leading_group_office", commerce, b.comment.GetName(), 1)[0], "应于 2026-11-16 前")
	_, err = b.leading.comments.AnswerComment(t.Context(), &riskv1.AnswerCommentRequest{
		Name: b.comment.GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_UPHELD, Answer: "无", NoRegrade: true,
		Regrade: &riskv1.Regrade{Points: b.point.GetPoints()},
	})
	require.Error(t, err, "not both")
	comment, err := b.uphold(t, b.leading, b.comment.GetName(), true)
	require.NoError(t, err)
	assert.Equal(t, "分值依据不足", comment.GetNoRegradeReason())
	assert.Nil(t, comment.GetJudging())
	assert.Zero(t, b.listed(t, false))
	require.NoError(t, b.file(t))
}

// What a reviewer grades anew by itself settles what was upheld, and the table is not filed as it was.
func TestT3_T22_ARegradeSettlesWhatWasUpheld(t *testing.T) {
	t.Parallel()
	b := newAwaited(t)
	chief := b.section.held(t, markets, "股长", "section_head", "丙", "2025-01-01")
	b.end(t)
	_, err := b.leading.points.RegradeRiskPoint(t.Context(), &riskv1.RegradeRiskPointRequest{
		Name: b.point.GetName(), Reason: "异议成立",
		Regrade: &riskv1.Regrade{Points: riskPoint("", 1, 1, 1).GetPoints(), OwnerPosition: chief.GetName()},
	})
	require.NoError(t, err)
	assert.Zero(t, b.listed(t, false))
	comment, err := b.leading.comments.GetComment(t.Context(), &riskv1.GetCommentRequest{Name: b.comment.GetName()})
	require.NoError(t, err)
	assert.Equal(t, int32(2), comment.GetRegradedVersion())
	suitetest.RequireRefused(t, b.file(t), codes.FailedPrecondition, "ENTRIES_REGRADED")
	_, err = b.uphold(t, b.leading, b.comment.GetName(), true)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "REGRADED_BEFORE")
}
