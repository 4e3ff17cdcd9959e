package risk_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/risk/comments"
	"github.com/qingfeng-suite/qingfeng/services/risk/commitments"
	"github.com/qingfeng-suite/qingfeng/services/risk/controls"
	"github.com/qingfeng-suite/qingfeng/services/risk/decisions"
	"github.com/qingfeng-suite/qingfeng/services/risk/deficiencies"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// A control of a section that a leader of the bureau owns is owed by that leader: the bureau hears of it as the section does.
func TestT8_TheUnitOfAControlsOwnerIsAskedAndReminded(t *testing.T) {
	t.Parallel()
	b := newMarkets(t)
	deputy := b.office.held(t, commerce, "分管副局长", "deputy", "丙", "2024-01-01")
	asked := b.against(b.inForce(t, 1, "execution"), "pledge")
	asked.OwnerPosition = deputy.GetName()
	control := b.section.plan(t, asked)
	for _, days := range []int{11, 7, 1} { // the 13th, the 20th and the 21st
		b.Clock.Advance(day * time.Duration(days))
		b.RunJob(controls.RemindJob)
	}
	_, err := b.section.controls.UpdateControl(t.Context(), &riskv1.UpdateControlRequest{
		Control:    &riskv1.Control{Name: control.GetName(), OwnerPosition: b.owner},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"owner_position"}},
	})
	require.NoError(t, err)
	const of = "市场运行股的防控措施“全股签订保廉承诺书（风险点：对条件不符的申请予以许可）”"
	const post = of + "由本单位“分管副局长”岗位负责，"
	heard := said(t, b.Suite, head, commerce, control.GetName(), 6)
	assert.Equal(t, []string{
		post + "请于 2026-11-20 前完成。", post + "应于 2026-11-20 前完成。", post + "应于 2026-11-20 前完成。",
		post + "应于 2026-11-20 前完成，现已逾期。",
	}, slices.DeleteFunc(slices.Clone(heard), func(says string) bool {
		return says == of+"应于 2026-11-20 前落实，现已逾期。" || says == of+"不再由本单位“分管副局长”岗位负责。"
	}))
	assert.Contains(t, heard, of+"不再由本单位“分管副局长”岗位负责。")
	assert.NotContains(t, said(t, b.Suite, "section", markets, control.GetName(), 3), post+"请于 2026-11-20 前完成。")
}

// led is what a unit's inbox says, by its sentences, and the record that each leads to.
func led(t *testing.T, s *suitetest.Suite, role, unit string) map[string]string {
	t.Helper()
	listed, err := networkv1.NewInboxServiceClient(s.As(role, unit)).ListMessages(t.Context(),
		&networkv1.ListMessagesRequest{Unit: unit, PageSize: 200})
	require.NoError(t, err)
	all := map[string]string{}
	for _, m := range listed.GetMessages() {
		all[m.GetTitle()] = m.GetResource()
	}
	return all
}

// What the bureau finds at itself, a position of a section may answer for: the section hears by when, finds it, and corrects it,
// and never says that it is put right.
func TestT16_TheUnitOfWhoAnswersForADeficiencyIsAskedAndReminded(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, group := as(s, "section", markets), as(s, head, commerce)
	found := group.notes(t, &riskv1.Deficiency{
		Unit: commerce, Kind: "financial_management", Text: "报销手续不全", DueOn: "2026-11-13",
		Position: section.post(t, markets, "股长", "section_head"),
	})
	s.Clock.Advance(12 * day)
	s.RunJob(deficiencies.RemindJob)
	const post = "商务局三位一体机制建设领导小组办公室的问题“报销手续不全”由本单位“股长”岗位负责，"
	for _, says := range []string{post + "请于 2026-11-13 前完成。", post + "应于 2026-11-13 前完成，现已逾期。"} {
		require.Eventually(t, func() bool {
			leads, heard := led(t, s, "section", markets)[says]
			return heard && leads == found.GetName()
		}, time.Minute, 50*time.Millisecond, says)
	}
	_, err := as(s, "section", trade).found.GetDeficiency(t.Context(), &riskv1.GetDeficiencyRequest{Name: found.GetName()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	listed, err := section.found.ListDeficiencies(t.Context(), &riskv1.ListDeficienciesRequest{Unit: markets, ToCorrect: true})
	require.NoError(t, err)
	require.Len(t, listed.GetDeficiencies(), 1)
	assert.Equal(t, found.GetName(), listed.GetDeficiencies()[0].GetName())
	done, err := section.found.CorrectDeficiency(t.Context(), &riskv1.CorrectDeficiencyRequest{
		Name: found.GetName(), Correction: "已补齐报销手续",
	})
	require.NoError(t, err)
	assert.Equal(t, riskv1.DeficiencyState_DEFICIENCY_STATE_CORRECTED, done.GetState())
	_, err = section.found.ConfirmDeficiency(t.Context(), &riskv1.ConfirmDeficiencyRequest{Name: found.GetName(), Reason: "属实"})
	require.Error(t, err)
	_, err = group.found.ReturnDeficiency(t.Context(), &riskv1.ReturnDeficiencyRequest{
		Name: found.GetName(), Reason: "仍缺审批单", DueOn: "2026-11-30",
	})
	require.NoError(t, err)
	_, err = section.found.CorrectDeficiency(t.Context(), &riskv1.CorrectDeficiencyRequest{
		Name: found.GetName(), Correction: "已补齐报销手续",
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "RETURNED_UNCHANGED")
	_, err = group.found.WithdrawDeficiency(t.Context(), &riskv1.WithdrawDeficiencyRequest{Name: found.GetName(), Reason: "查无此事"})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, heard := led(t, s, "section", markets)["商务局三位一体机制建设领导小组办公室的问题“报销手续不全”不再由本单位“股长”岗位负责。"]
		return heard
	}, time.Minute, 50*time.Millisecond)
}

// Who carries a decision out is reminded of whose it is, and hears what a check came to.
func TestT11_TheUnitOfTheExecutorIsRemindedAndHearsOfTheCheck(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	all := slices.Concat(b.deputies[:3], []string{b.head})
	d, err := b.office.meet(t, b.office.enter(t, b.review()), says(riskv1.Stance_STANCE_FOR, all...)...)
	require.NoError(t, err)
	b.Clock.Advance(60 * day)
	b.RunJob(decisions.RemindJob)
	hears(t, b.Suite, "section", markets, d.GetName(), "商务局三位一体机制建设领导小组办公室的集体决定“成品油经营许可会审”由本单位“"+
		d.GetExecutor().GetTitle()+"”岗位负责，应于 2026-12-31 前完成，现已逾期。")
	_, err = b.office.second.decisions.CheckDecision(t.Context(), &riskv1.CheckDecisionRequest{Name: d.GetName(), Finding: "正在执行"})
	require.NoError(t, err)
	hears(t, b.Suite, "section", markets, d.GetName(), "集体决定“成品油经营许可会审”的执行情况经过检查，请查看。")
}

// The other side signs where somebody holds a position that may, which need not be the unit directly above; it is reminded then.
func TestT5_WhoMaySignForTheOtherSideIsAskedAndReminded(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	section := as(e.Suite, "section", north)
	section.held(t, north, "股长", "section_head", "庚", "2024-01-01")
	e.office.held(t, commerce, "分管副局长", "deputy", "丙", "2024-01-01")
	e.RunJob(commitments.OpenJob)
	made := section.commitments(t, &riskv1.ListCommitmentsRequest{Year: 2026})[0]
	_, err := section.pledges.SignCommitment(t.Context(), signOf(made))
	require.NoError(t, err)
	hears(t, e.Suite, head, commerce, made.GetName(), north+"“股长”岗位已签廉政风险双向承诺书，请领导一方于 2026-12-02 前签字。")
	e.Clock.Advance(23 * day)
	e.RunJob(commitments.RemindJob)
	const due = north + "“股长”岗位的廉政风险双向承诺书应于 2026-12-02 前由双方签订。"
	hears(t, e.Suite, head, commerce, made.GetName(), due)
	hears(t, e.Suite, "section", north, made.GetName(), due)
	assert.Empty(t, said(t, e.Suite, head, markets, made.GetName(), 0), "nobody there may sign")
}

// The group alone passes the last stage: it is reminded of what a hospital has upheld, as the hospital is, which sees to it.
func TestT4_J6_WhoMayGradeAnewIsRemindedOfWhatWasUpheld(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	scheme, err := h.group.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: hospitalGroup})
	require.NoError(t, err)
	scheme.EffectiveFrom = "2026-11-03"
	scheme.Judging = &riskv1.JudgingRule{
		Limit: &typev1.DeadlineRule{Days: 5, Unit: typev1.DayUnit_DAY_UNIT_CALENDAR},
		Reminders: []*typev1.Reminder{
			{Id: "today", Moment: typev1.ReminderMoment_REMINDER_MOMENT_ON_CLOSE, Unit: typev1.DayUnit_DAY_UNIT_CALENDAR},
		},
	}
	_, err = h.group.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	h.Clock.Advance(day)
	point := h.kickback(t, 3, 5, h.dean.GetName())
	above := as(h.Suite, "integrity_clerk", firstHospital)
	register := above.publicise(t, above.freeze(t, "register", "第一医院风险登记册", ""), "intranet")
	_, err = h.clerk.comments.SubmitComment(t.Context(), objectTo(register, point))
	require.NoError(t, err)
	comment, err := h.auditor.comments.AnswerComment(t.Context(), &riskv1.AnswerCommentRequest{
		Name: h.auditor.onlyComment(t).GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_UPHELD, Answer: "已换供应商",
	})
	require.NoError(t, err)
	h.Clock.Advance(5 * day)
	h.RunJob(comments.JudgeJob)
	const due = "对公示“第一医院风险登记册”中“收受供应商回扣”的异议已经成立，请有权审核的于 2026-11-08 前调整等级，或者说明不调整的理由。"
	hears(t, h.Suite, "ethics_committee", hospitalGroup, comment.GetName(), due)
	hears(t, h.Suite, "hospital_auditor", firstHospital, comment.GetName(), due)
}
