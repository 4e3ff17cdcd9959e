package risk_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/risk/controls"
	"github.com/qingfeng-suite/qingfeng/services/risk/decisions"
	"github.com/qingfeng-suite/qingfeng/services/risk/deficiencies"
	"github.com/qingfeng-suite/qingfeng/services/risk/powers"
	"github.com/qingfeng-suite/qingfeng/services/risk/riskpoints"
	"github.com/qingfeng-suite/qingfeng/services/risk/rotations"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// waits is until when something waits for who judges it, and when that one is reminded next.
func waits(j *riskv1.Judging) string {
	return j.GetSince() + " " + j.GetDueOn() + " " + j.GetRemindOn()
}

func TestT8_WhoIsToCheckAControlIsRemindedBeforeOnAndAfterTheDay(t *testing.T) {
	t.Parallel()
	b := newMarkets(t)
	control := b.section.plan(t, b.against(b.inForce(t, 1, "execution"), "pledge"))
	assert.Nil(t, control.GetJudging(), "it is not done")
	control = b.section.completeControl(t, control)
	assert.Equal(t, "2026-11-02 2026-11-16 2026-11-11", waits(control.GetJudging()))

	late := &riskv1.ListControlsRequest{Unit: commerce, JudgingOverdue: true}
	for _, days := range []int{9, 5} { // the 11th and the 16th
		b.Clock.Advance(day * time.Duration(days))
		b.RunJob(controls.JudgeJob)
		assert.Empty(t, b.office.listControls(t, late))
	}
	b.Clock.Advance(day)
	b.RunJob(controls.JudgeJob)
	found := b.office.listControls(t, late)
	require.Len(t, found, 1)
	assert.Equal(t, "2026-11-02 2026-11-16 2026-11-24", waits(found[0].GetJudging()))
	assert.Equal(t, []string{
		"市场运行股已落实防控措施“全股签订保廉承诺书（风险点：对条件不符的申请予以许可）”，请于 2026-11-16 前检验效果。",
		"市场运行股的“全股签订保廉承诺书（风险点：对条件不符的申请予以许可）”待审核或者检验，请于 2026-11-16 前完成。",
		"市场运行股的“全股签订保廉承诺书（风险点：对条件不符的申请予以许可）”待审核或者检验，请于 2026-11-16 前完成。",
		"市场运行股的“全股签订保廉承诺书（风险点：对条件不符的申请予以许可）”应于 2026-11-16 前审核或者检验，现已逾期。",
	}, said(t, b.Suite, "leading_group_office", commerce, control.GetName(), 4))

	_, err := b.office.controls.ConfirmControl(t.Context(), &riskv1.ConfirmControlRequest{Name: control.GetName()})
	require.NoError(t, err)
	assert.Empty(t, b.office.listControls(t, late))
	b.Clock.Advance(30 * day)
	b.RunJob(controls.JudgeJob)
	assert.Len(t, said(t, b.Suite, "leading_group_office", commerce, control.GetName(), 4), 4, "nobody is reminded of what is judged")
}

func TestT16_ACorrectionWaitsForWhoFoundItOrForWhoIsAbove(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, group := as(s, "section", markets), as(s, "leading_group_office", commerce)
	found := group.notes(t, &riskv1.Deficiency{Unit: markets, Kind: "financial_management", Text: "报销手续不全"})
	section.attach(t, found.GetName())
	found = section.correct(t, found.GetName())
	assert.Equal(t, "2026-11-02 2026-11-16 2026-11-11", waits(found.GetJudging()))
	s.Clock.Advance(15 * day)
	s.RunJob(deficiencies.JudgeJob)
	listed, err := group.found.ListDeficiencies(t.Context(), &riskv1.ListDeficienciesRequest{Unit: commerce, JudgingOverdue: true})
	require.NoError(t, err)
	assert.Len(t, listed.GetDeficiencies(), 1)
	hears(t, s, "leading_group_office", commerce, found.GetName(),
		"市场运行股的“报销手续不全”应于 2026-11-16 前审核或者检验，现已逾期。")

	found, err = group.found.ReturnDeficiency(t.Context(), &riskv1.ReturnDeficiencyRequest{Name: found.GetName(), Reason: "仍不全"})
	require.NoError(t, err)
	assert.Nil(t, found.GetJudging(), "it waits for the unit again")
}

func TestT10_ADeferralWaitsForWhoIsAboveUntilADay(t *testing.T) {
	t.Parallel()
	b := newRotating(t, "2021-12-01")
	rotation := b.office.rotated(t, &riskv1.ListRotationsRequest{})[0]
	ask := &riskv1.DeferRotationRequest{Name: rotation.GetName(), Until: "2027-01-15", Reason: "专项工作未完"}
	asked, err := b.section.rotations.DeferRotation(t.Context(), ask)
	require.NoError(t, err)
	assert.Equal(t, "2026-11-02 2026-11-16 2026-11-11", waits(asked.GetJudging()))
	b.Clock.Advance(15 * day)
	b.RunJob(rotations.JudgeJob)
	late := &riskv1.ListRotationsRequest{JudgingOverdue: true}
	require.Len(t, b.office.rotated(t, late), 1)
	heard := said(t, b.Suite, "leading_group_office", commerce, rotation.GetName(), 2)
	assert.Contains(t, heard[len(heard)-1], "市场运行股推迟“市场运行股股长”岗位轮岗的申请应于 2026-11-16 前审批，现已逾期。")
	refused, err := b.office.rotations.RefuseDeferral(t.Context(), &riskv1.RefuseDeferralRequest{Name: rotation.GetName(), Reason: "太久"})
	require.NoError(t, err)
	assert.Nil(t, refused.GetJudging())
	assert.Empty(t, b.office.rotated(t, late))
}

func TestJ4_T12_EachStageOfAReviewWaitsAnew(t *testing.T) {
	t.Parallel()
	b := newMarkets(t)
	asked := riskPoint(markets, 1, 1, 1)
	asked.Category, asked.ControlStage = "decision", "execution"
	point := b.section.submit(t, b.section.point(t, asked))
	assert.Equal(t, "2026-11-02 2026-11-16 2026-11-11", waits(point.GetStanding().GetJudging()))
	b.Clock.Advance(15 * day)
	b.RunJob(riskpoints.JudgeJob)
	late := func() []*riskv1.RiskPoint {
		listed, err := b.office.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{Unit: commerce, JudgingOverdue: true})
		require.NoError(t, err)
		return listed.GetRiskPoints()
	}
	assert.Len(t, late(), 1)
	hears(t, b.Suite, "leading_group_office", commerce, point.GetName(),
		"市场运行股的“对条件不符的申请予以许可”应于 2026-11-16 前审核或者检验，现已逾期。")
	point = b.office.approve(t, late()[0])
	assert.Equal(t, "2026-11-17 2026-12-01 2026-11-26", waits(point.GetStanding().GetJudging()))
	assert.Empty(t, late())
	point = b.office.approveBySecond(t, point)
	assert.Nil(t, point.GetStanding().GetJudging())

	_, err := b.office.points.ListRiskPoints(t.Context(),
		&riskv1.ListRiskPointsRequest{Unit: commerce, JudgingOverdue: true, AsOf: "2026-11-17"})
	suitetest.RequireFieldFaults(t, err, map[string]string{"judging_overdue": "CONTRADICTION"})
}

func TestT12_APowerThatWaitsForItsReviewIsListed(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	own, above := as(s, "clerk", township), as(s, "reviewer", county)
	item := own.submitPower(t, own.power(t, own.licensing(t, township)), riskv1.Proposal_PROPOSAL_ENTER)
	s.Clock.Advance(15 * day)
	s.RunJob(powers.JudgeJob)
	listed, err := above.powers.ListPowerItems(t.Context(), &riskv1.ListPowerItemsRequest{Unit: county, JudgingOverdue: true})
	require.NoError(t, err)
	assert.Equal(t, []string{item.GetName()}, []string{listed.GetPowerItems()[0].GetName()})
	assert.NotEmpty(t, said(t, s, "reviewer", county, item.GetName(), 2))
}

// The unit of the executor says with evidence what it did; the unit that decided confirms it, and the day is that of the report.
func TestT11_TheExecutorReportsAndTheUnitThatDecidedConfirms(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	section, other := as(b.Suite, "section", markets), as(b.Suite, "section", "units/commerce_trade")
	all := slices.Concat(b.deputies[:3], []string{b.head})
	entered := b.office.enter(t, b.review())
	name := entered.GetName()
	report := func(o office, text string) (*riskv1.Decision, error) {
		return o.decisions.ReportDecisionExecution(t.Context(), &riskv1.ReportDecisionExecutionRequest{Name: name, Text: text})
	}
	_, err := report(section, "已发证")
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = report(b.office, "已发证")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	_, err = b.office.meet(t, entered, says(riskv1.Stance_STANCE_FOR, all...)...)
	require.NoError(t, err)

	_, err = report(b.office, "已发证")
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "NOT_EXECUTOR")
	_, err = report(other, "已发证")
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	back := &riskv1.ReturnDecisionExecutionRequest{Name: name, Reason: "请附批件"}
	_, err = b.office.decisions.ReturnDecisionExecution(t.Context(), back)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NO_EXECUTION_REPORT")
	d, err := report(section, "已发证")
	require.NoError(t, err)
	assert.Nil(t, d.GetMeeting(), "what the members said stays with them")
	assert.Equal(t, "2026-11-02 "+markets, d.GetExecutionReport().GetReportedOn()+" "+d.GetExecutionReport().GetUnit())
	waiting := &riskv1.ListDecisionsRequest{Unit: commerce, ExecutionReported: true}
	assert.Len(t, b.office.decided(t, waiting), 1)
	hears(t, b.Suite, "bureau_leaders", commerce, name,
		"市场运行股报告集体决定“成品油经营许可会审”已执行，请确认或者退回；该决定应于 2026-12-31 前执行完毕。")

	_, err = section.decisions.ReturnDecisionExecution(t.Context(), back)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	_, err = b.office.decisions.ReturnDecisionExecution(t.Context(), back)
	require.NoError(t, err)
	assert.Empty(t, b.office.decided(t, waiting))
	hears(t, b.Suite, "section", markets, name,
		"商务局三位一体机制建设领导小组办公室退回了集体决定“成品油经营许可会审”的执行报告：请附批件")
	_, err = report(section, "已发证")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "RETURNED_UNCHANGED")
	b.Clock.Advance(day)
	attach(t, b.Suite, "section", markets, name)
	_, err = report(section, "已发证")
	require.NoError(t, err)

	// Whose turn it is, is reminded.
	b.Clock.Advance(59 * day)
	b.RunJob(decisions.RemindJob)
	overdue := "集体决定“成品油经营许可会审”应于 2026-12-31 前执行完毕"
	heard := func(role, unit string) (n int) {
		for _, says := range said(t, b.Suite, role, unit, name, 0) {
			if strings.HasPrefix(says, overdue) {
				n++
			}
		}
		return n
	}
	require.Eventually(t, func() bool { return heard("bureau_leaders", commerce) > 0 }, time.Minute, 50*time.Millisecond)
	assert.Zero(t, heard("section", markets))
	d, err = b.office.second.decisions.CompleteDecision(t.Context(), &riskv1.CompleteDecisionRequest{Name: name, Result: "属实"})
	require.NoError(t, err)
	assert.Equal(t, "DECISION_STATE_EXECUTED 2026-11-03 已发证", d.GetState().String()+" "+d.GetDoneOn()+" "+d.GetExecutionReport().GetText())
	assert.Empty(t, b.office.decided(t, waiting))
	_, err = report(section, "又做了")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
}

func TestT11_WhoCarriesADecisionOutReadsItAndNoMore(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	section, other := as(b.Suite, "section", markets), as(b.Suite, "section", "units/commerce_trade")
	all := slices.Concat(b.deputies[:3], []string{b.head})
	d, err := b.office.meet(t, b.office.enter(t, b.review()), says(riskv1.Stance_STANCE_FOR, all...)...)
	require.NoError(t, err)

	read, err := section.decisions.GetDecision(t.Context(), &riskv1.GetDecisionRequest{Name: d.GetName()})
	require.NoError(t, err)
	assert.Equal(t, markets+" "+d.GetProposal()+" 2026-12-31", read.GetExecutorUnit()+" "+read.GetProposal()+" "+read.GetDueOn())
	assert.Nil(t, read.GetMeeting(), "what the members said stays with them")
	toExecute := &riskv1.ListDecisionsRequest{Unit: markets, ToExecute: true}
	assert.Len(t, section.decided(t, toExecute), 1)
	_, err = other.decisions.GetDecision(t.Context(), &riskv1.GetDecisionRequest{Name: d.GetName()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = as(b.Suite, "leading_group_office", markets).decisions.VoidDecision(t.Context(),
		&riskv1.VoidDecisionRequest{Name: d.GetName(), Reason: "不想执行"})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = section.decisions.CompleteDecision(t.Context(), &riskv1.CompleteDecisionRequest{Name: d.GetName(), Result: "办结"})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	_, err = other.decisions.CompleteDecision(t.Context(), &riskv1.CompleteDecisionRequest{Name: d.GetName(), Result: "办结"})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")

	d, err = b.office.decisions.CompleteDecision(t.Context(), &riskv1.CompleteDecisionRequest{Name: d.GetName(), Result: "办结"})
	require.NoError(t, err)
	assert.Equal(t, "2026-11-02 2026-11-16 2026-11-11", waits(d.GetJudging()))
	b.Clock.Advance(15 * day)
	b.RunJob(decisions.JudgeJob)
	assert.Len(t, b.office.decided(t, &riskv1.ListDecisionsRequest{Unit: commerce, JudgingOverdue: true}), 1)
	hears(t, b.Suite, "leading_group_office", commerce, d.GetName(),
		"商务局三位一体机制建设领导小组办公室的“成品油经营许可会审”应于 2026-11-16 前审核或者检验，现已逾期。")
}
