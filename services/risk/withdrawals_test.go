package risk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestJ4_AWithdrawnRedoLeavesTheRiskPointsAsTheyWere(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "j", court)
	civil, group := as(s, "division", courtCivil), as(s, "discipline_group", court)
	kept := group.approve(t, civil.propose(t, civil.point(t, courtPoint("process", "立案审查不严")), enter))
	changed := group.approve(t, civil.propose(t, civil.point(t, courtPoint("regime", "卷宗借阅无登记")), enter))
	again := group.approve(t, civil.propose(t, civil.point(t, courtPoint("regime", "印章使用无登记")), enter))
	waiting := civil.propose(t, civil.point(t, courtPoint("post_duty", "单独会见当事人")), enter)
	redo := group.orderRedo(t, courtCivil, "2026-11-20")
	changed = civil.get(t, changed)
	changed.Description = "卷宗借阅登记不全"
	civil.update(t, changed)
	again = civil.get(t, again)
	again.Description = "印章使用登记不全"
	civil.propose(t, civil.update(t, again), enter)

	withdraw := &riskv1.WithdrawRedoRequest{Name: redo.GetName(), Reason: "责令有误"}
	_, err := as(s, "discipline_group", courtCivil).redos.WithdrawRedo(t.Context(), withdraw)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_ENTRY")
	redo, err = group.redos.WithdrawRedo(t.Context(), withdraw)
	require.NoError(t, err)
	assert.Equal(t, "REDO_STATE_WITHDRAWN 责令有误 2026-11-02 ",
		redo.GetState().String()+" "+redo.GetWithdrawReason()+" "+redo.GetWithdrawnOn()+" "+redo.GetRemindOn())
	for point, want := range map[*riskv1.RiskPoint]string{
		kept: "IN_FORCE ", changed: "DRAFT ", again: "SUBMITTED check", waiting: "DRAFT ",
	} {
		read := civil.get(t, point)
		assert.Equal(t, want, stands(read), read.GetDescription())
		assert.Empty(t, read.GetRedo())
		assert.Empty(t, read.GetStanding().GetReviews(), "what was sent back for nothing does not show as sent back")
	}
	civil.propose(t, civil.get(t, waiting), enter) // unchanged, as it was handed in
	_, err = civil.points.DiscardRiskPointDraft(t.Context(), &riskv1.DiscardRiskPointDraftRequest{Name: changed.GetName()})
	require.NoError(t, err, "nothing holds it any more")

	_, err = civil.redos.CompleteRedo(t.Context(), &riskv1.CompleteRedoRequest{Name: redo.GetName(), Outcome: "已查"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	s.Clock.Advance(30 * 24 * time.Hour)
	s.RunJob("risk.remind_redos")
	late, err := group.redos.ListRedos(t.Context(), &riskv1.ListRedosRequest{Unit: court, Overdue: true})
	require.NoError(t, err)
	assert.Empty(t, late.GetRedos())
	group.orderRedo(t, courtCivil, "2026-12-20") // another may be ordered
	assert.Equal(t, []string{
		"区人民法院责令本单位重新查找风险点，请于 2026-11-20 前完成：查找走过场", "区人民法院撤回了要求本单位重新查找风险点的责令：责令有误",
	}, said(t, s, "division", courtCivil, redo.GetName(), 2))
}

// Who passes another review than that of risk points neither orders a redo nor takes one back.
func TestJ4_T12_WhoOrdersNoRedoWithdrawsNone(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	redo := as(s, "leading_group_office", commerce).orderRedo(t, markets, "2026-11-20")
	withdraw := &riskv1.WithdrawRedoRequest{Name: redo.GetName(), Reason: "责令有误"}
	_, err := as(s, "legal_office", commerce).redos.WithdrawRedo(t.Context(), withdraw)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "WRONG_REVIEWER")
	_, err = as(s, "leading_group_office", commerce).second.redos.WithdrawRedo(t.Context(), withdraw)
	require.NoError(t, err)
}

// What a unit has entered of what is said of itself is not its own to take back; by its receipt alone, which the unit above hears of.
func TestT20_AUnitTakesNothingBackThatItEnteredOfItself(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, above := as(s, "section", markets), as(s, "leading_group_office", commerce)
	entered := func(leaders bool) *riskv1.RegisterCommentResponse {
		asked := inMedia(markets, "", "", "2026-11-02")
		asked.AboutLeaders = leaders
		made, err := section.comments.RegisterComment(t.Context(), asked)
		require.NoError(t, err)
		return made
	}
	ofUnit, ofLeaders, retracted := entered(false), entered(true), entered(false)
	withdraw := func(by office, of *riskv1.RegisterCommentResponse) error {
		_, err := by.comments.WithdrawComment(t.Context(), &riskv1.WithdrawCommentRequest{Name: of.GetComment(), Reason: "误登"})
		return err
	}
	suitetest.RequireRefused(t, withdraw(section, ofUnit), codes.PermissionDenied, "OWN_COMMENT")
	require.NoError(t, withdraw(above, ofUnit))
	require.Error(t, withdraw(section, ofLeaders))
	require.NoError(t, withdraw(above, ofLeaders), "which answers it")

	_, err := anybody(s).RetractComment(t.Context(), &riskv1.RetractCommentRequest{Receipt: retracted.GetReceipt(), Reason: "误登"})
	require.NoError(t, err)
	s.Clock.Advance(day)
	s.RunJob("risk.remind_comments")
	number := retracted.GetComment()[len(retracted.GetComment())-6:]
	assert.Equal(t, []string{"市场运行股自行录入的 2026-11-02 对其的意见（尾号 " + number + "）已凭回执撤回。"},
		said(t, s, "leading_group_office", commerce, retracted.GetComment(), 1))

	require.NoError(t, above.registers(t, inMedia(commerce, "", "", "2026-11-02")))
	list, err := above.comments.ListComments(t.Context(), &riskv1.ListCommentsRequest{
		Unit: commerce, States: []riskv1.CommentState{riskv1.CommentState_COMMENT_STATE_RECEIVED},
	})
	require.NoError(t, err)
	require.Len(t, list.GetComments(), 1)
	_, err = above.comments.WithdrawComment(t.Context(), &riskv1.WithdrawCommentRequest{Name: list.GetComments()[0].GetName(), Reason: "误登"})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "COMMENT_ON_TOPMOST")
	require.ErrorContains(t, err, "县纪委", "nobody here is above the root")
}

func TestJ4_AUnitAboveWithdrawsARedo(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	redo := as(s, "reviewer", county).orderRedo(t, township, "2026-11-20")
	withdraw := &riskv1.WithdrawRedoRequest{Name: redo.GetName(), Reason: "责令有误"}
	_, err := as(s, "reviewer", other).redos.WithdrawRedo(t.Context(), withdraw)
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = as(s, "reviewer", suitetest.City).redos.WithdrawRedo(t.Context(), withdraw)
	require.NoError(t, err)
	assert.Len(t, said(t, s, "reviewer", county, redo.GetName(), 1), 1, "who ordered it hears that it is no more")
	assert.Len(t, said(t, s, "clerk", township, redo.GetName(), 2), 2)
}

func TestJ4_AnUnfoundedCommonProblemIsWithdrawn(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "j", court)
	civil, group := as(s, "division", courtCivil), as(s, "discipline_group", court)
	name := func() *riskv1.CommonProblem {
		named, err := group.problems.CreateCommonProblem(t.Context(), &riskv1.CreateCommonProblemRequest{CommonProblem: &riskv1.CommonProblem{
			Unit: court, Title: "写得笼统", Description: "没有写明环节和情形", SeenIn: []string{courtCivil, courtAdmin},
		}})
		require.NoError(t, err)
		return named
	}
	named, studied := name(), name()
	_, err := group.problems.StudyCommonProblem(t.Context(), &riskv1.StudyCommonProblemRequest{
		Name: studied.GetName(), Study: &riskv1.CommonProblemStudy{Cause: "培训不够", Countermeasure: "集中培训"},
	})
	require.NoError(t, err)
	for _, problem := range []*riskv1.CommonProblem{named, studied} {
		withdraw := &riskv1.WithdrawCommonProblemRequest{Name: problem.GetName(), Reason: "查无此事"}
		_, err = as(s, "discipline_group", courtCivil).problems.WithdrawCommonProblem(t.Context(), withdraw)
		suitetest.RequireRefused(t, err, codes.PermissionDenied, "NOT_MAKER")
		problem, err = group.problems.WithdrawCommonProblem(t.Context(), withdraw)
		require.NoError(t, err)
		assert.Equal(t, "COMMON_PROBLEM_STATE_WITHDRAWN 查无此事 2026-11-02",
			problem.GetState().String()+" "+problem.GetWithdrawReason()+" "+problem.GetWithdrawnOn())
		hears(t, s, "division", courtCivil, problem.GetName(), "区人民法院撤回了共性问题“写得笼统”：查无此事")
		_, err = group.problems.WithdrawCommonProblem(t.Context(), withdraw)
		suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	}
	seen, err := civil.problems.ListCommonProblems(t.Context(), &riskv1.ListCommonProblemsRequest{
		Unit: courtCivil, SeenInUnit: true, States: []riskv1.CommonProblemState{riskv1.CommonProblemState_COMMON_PROBLEM_STATE_STUDIED},
	})
	require.NoError(t, err)
	assert.Empty(t, seen.GetCommonProblems())
}

func TestT20_WhatStaffEnteredByMistakeIsWithdrawn(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, above := as(s, "section", markets), as(s, "leading_group_office", commerce)
	require.NoError(t, above.registers(t, inMedia(markets, "media", "晚报第 3 版", "2026-11-02")))
	comment := section.onlyComment(t)
	assert.Equal(t, commerce, comment.GetRegisteredBy())
	s.Clock.Advance(day)
	s.RunJob("risk.remind_comments")
	withdraw := &riskv1.WithdrawCommentRequest{Name: comment.GetName(), Reason: "重复录入"}
	_, err := section.comments.WithdrawComment(t.Context(), withdraw)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "NOT_MAKER")
	comment, err = above.comments.WithdrawComment(t.Context(), withdraw)
	require.NoError(t, err)
	assert.Equal(t, "COMMENT_STATE_WITHDRAWN 重复录入 2026-11-03",
		comment.GetState().String()+" "+comment.GetWithdrawReason()+" "+comment.GetWithdrawnOn())
	number := comment.GetName()[len(comment.GetName())-6:]
	assert.Equal(t, "2026-11-02 收到的异议或意见（尾号 "+number+"）已经撤回，不需要答复：重复录入",
		said(t, s, "section", markets, comment.GetName(), 2)[1])
	_, err = section.comments.AnswerComment(t.Context(), answerTo(comment))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")

	s.Clock.Advance(60 * day)
	s.RunJob("risk.remind_comments")
	counted, err := above.comments.CountComments(t.Context(), &riskv1.CountCommentsRequest{Unit: commerce})
	require.NoError(t, err)
	require.Len(t, counted.GetCounts(), 1)
	assert.Zero(t, counted.GetCounts()[0].GetOverdueCount())
	assert.Len(t, said(t, s, "section", markets, comment.GetName(), 2), 2, "nobody is reminded of it")
	figures, err := above.figures.ListFigures(t.Context(), &riskv1.ListFiguresRequest{
		Root: commerce, Units: []string{markets}, Period: "2026-Q4", Measures: []string{"risk.comments_on_time"},
	})
	require.NoError(t, err)
	require.Len(t, figures.GetFigures(), 1)
	assert.Zero(t, figures.GetFigures()[0].GetDenominator(), "nobody was to answer it")
}

func TestT4_T20_WhoeverHasTheReceiptRetracts(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, above := as(s, "section", markets), as(s, "leading_group_office", commerce)
	sent, err := anybody(s).SubmitComment(t.Context(), commentOn(markets, "窗口上班时间无人"))
	require.NoError(t, err)
	comment := section.onlyComment(t)
	_, err = above.comments.WithdrawComment(t.Context(), &riskv1.WithdrawCommentRequest{Name: comment.GetName(), Reason: "不想答复"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "SAID_BY_PUBLIC")
	s.Clock.Advance(day)
	s.RunJob("risk.remind_comments")
	_, err = anybody(s).RetractComment(t.Context(), &riskv1.RetractCommentRequest{Receipt: "AAAA-AAAA-AAAA-AAAA"})
	require.Error(t, err)
	retracted, err := anybody(s).RetractComment(t.Context(), &riskv1.RetractCommentRequest{Receipt: sent.GetReceipt(), Reason: "问题已解决"})
	require.NoError(t, err)
	assert.Equal(t, riskv1.CommentState_COMMENT_STATE_WITHDRAWN, retracted.GetState())
	assert.Equal(t, riskv1.CommentState_COMMENT_STATE_WITHDRAWN, follow(t, anybody(s), sent.GetReceipt()).GetState())
	_, err = anybody(s).RetractComment(t.Context(), &riskv1.RetractCommentRequest{Receipt: sent.GetReceipt()})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	s.RunJob("risk.remind_comments")
	assert.Len(t, said(t, s, "section", markets, comment.GetName(), 1), 1, "a message at once would tell when")
	for range 40 {
		s.Clock.Advance(day)
		s.RunJob("risk.remind_comments")
	}
	number := comment.GetName()[len(comment.GetName())-6:]
	heard := said(t, s, "section", markets, comment.GetName(), 2)
	require.Len(t, heard, 2)
	assert.Equal(t, "2026-11-02 收到的异议或意见（尾号 "+number+"）已经撤回，不需要答复：问题已解决", heard[1])
}
