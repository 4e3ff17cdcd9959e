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

func TestJ5_T21_AStageIsClosedOnceNoUnitMissesAnything(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	campaign := b.office.begin(t, november())
	assert.Equal(t, "CAMPAIGN_STATE_RUNNING 2026-11-02 7 2026-11-06", fmt.Sprint(campaign.GetState(), " ", campaign.GetStartedOn(),
		" ", campaign.GetUnitCount(), " ", campaign.GetRemindOn()))
	assert.Equal(t, []string{"本单位参加商务局三位一体机制建设领导小组办公室组织的“三位一体”，请按各阶段的要求完成任务；最近的阶段于 2026-11-06 结束。"},
		said(t, b.Suite, "section", markets, campaign.GetName(), 1))
	mobilise(t, b.Suite, campaign, allOfBureau...)
	assert.Equal(t, []string{"commerce_markets mobilised 1-0 (0)"}, b.section.progress(t, campaign, "start", false))
	assert.Equal(t, []string{"commerce_markets powers 0-1 powers_public 0-0 found 0-1 reviewed 0-0 points_public 0-0 controls 0-0 commitments 0-1 filed 0-0 (3)"},
		b.section.progress(t, campaign, "execution", true))

	suitetest.RequireRefused(t, b.office.closeStage(t, campaign, "execution"), codes.FailedPrecondition, "STAGE_BEFORE")
	suitetest.RequireFieldFaults(t, b.office.closeStage(t, campaign, "autumn"), map[string]string{"stage": "UNKNOWN_TERM"})
	suitetest.RequireRefused(t, b.section.closeStage(t, campaign, "start"), codes.PermissionDenied, "PERMISSION_DENIED")
	require.NoError(t, b.office.closeStage(t, campaign, "start"))
	suitetest.RequireRefused(t, b.office.closeStage(t, campaign, "start"), codes.FailedPrecondition, "STAGE_CLOSED")
	suitetest.RequireRefused(t, b.office.closeStage(t, campaign, "execution"), codes.FailedPrecondition, "STAGE_NOT_BEGUN")
	b.Clock.Advance(4 * day)
	err := b.office.closeStage(t, campaign, "execution")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "UNITS_MISSING")
	assert.Equal(t, "7", suitetest.Metadata(err)["count"])

	chief := b.section.held(t, markets, "市场运行股股长", "section_head", "甲", "2026-01-01")
	point := risky(t, b.Suite, chief, b.office.held(t, commerce, "局长", "head", "丙", "2026-01-01"))
	b.clearPower(t, b.section)
	draft := riskPoint(markets, 1, 1, 1)
	draft.Category = "personal"
	b.section.point(t, draft)
	asked := "commerce_markets powers 1-0 powers_public 0-1 found 1-0 reviewed 1-0 points_public 0-1 controls 0-1 commitments 0-1 filed 0-0 (4)"
	assert.Equal(t, []string{asked}, b.section.progress(t, campaign, "execution", false), "a draft counts for nothing")
	b.office.publicise(t, b.office.freeze(t, "summary_table", "汇总表", ""), "within")
	b.office.publicise(t, b.office.freeze(t, "power_catalogue", "权力事项目录", ""), "society")
	control := b.section.planForm(t, point, chief, "pledge")
	assert.Equal(t, []string{"commerce_markets powers 1-0 powers_public 1-0 found 1-0 reviewed 1-0 points_public 1-0 controls 0-1 commitments 0-1 filed 0-0 (2)"},
		b.section.progress(t, campaign, "execution", false), "one of nine forms that T asks for")
	for _, form := range formsOfA {
		b.section.planForm(t, point, chief, form)
	}
	b.RunJob("risk.open_commitments")
	assert.Equal(t, []string{"commerce_markets powers 1-0 powers_public 1-0 found 1-0 reviewed 1-0 points_public 1-0 controls 1-0 commitments 0-1 filed 0-0 (1)"},
		b.section.progress(t, campaign, "execution", false))
	b.signBoth(t, chief)
	assert.Equal(t, []string{"execution 7 1 0 6"}, b.office.sums(t, campaign, "execution"))
	assert.Len(t, b.office.progress(t, campaign, "execution", true), 6)
	for _, unit := range others {
		suitetest.RequireRefused(t, b.office.closeStage(t, campaign, "execution"), codes.FailedPrecondition, "UNITS_MISSING")
		require.NoError(t, b.office.waive(t, campaign, "execution", "units/"+unit))
	}
	suitetest.RequireRefused(t, b.office.closeStage(t, campaign, "execution"), codes.FailedPrecondition, "UNITS_MISSING")
	require.NoError(t, b.office.waive(t, campaign, "execution", commerce), "nobody else could let the leaders off")
	suitetest.RequireRefused(t, b.office.closeStage(t, campaign, "execution"), codes.PermissionDenied, "WAIVED_BEFORE")
	require.NoError(t, b.colleague().closeStage(t, campaign, "execution"))
	_, err = b.section.controls.CancelControl(t.Context(), &riskv1.CancelControlRequest{Name: control.GetName(), Reason: "重复"})
	require.NoError(t, err)
	done := "commerce_markets powers 1-0 powers_public 1-0 found 1-0 reviewed 1-0 points_public 1-0 controls 1-0 commitments 1-0 filed 0-0 (0)"
	assert.Equal(t, []string{done}, b.section.progress(t, campaign, "execution", false), "as it was when the stage was closed")
	suitetest.RequireFieldFaults(t, b.office.waive(t, campaign, "execution", markets), map[string]string{"stage": "STAGE_CLOSED_WAIVER"})
	assert.Equal(t, []string{"start 7 7 0 0", "execution 7 1 6 0", "assessment 7 0 0 7", "revision 7 0 0 7"}, b.office.sums(t, campaign, ""))
	finish := &riskv1.CloseCampaignRequest{Name: campaign.GetName(), Outcome: "建立了机制"}
	_, err = b.office.campaigns.CloseCampaign(t.Context(), finish)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "STAGE_BEFORE")
	sections := append([]string{"commerce_markets"}, others...)
	waiver, closer := b.office, b.colleague()
	for _, stage := range []string{"assessment", "revision"} {
		b.Clock.Advance(7 * day)
		for _, unit := range append(sections, "commerce") {
			require.NoError(t, waiver.waive(t, campaign, stage, "units/"+unit))
			again := waiver.waive(t, campaign, stage, "units/"+unit)
			suitetest.RequireFieldFaults(t, again, map[string]string{"unit": "ALREADY_WAIVED"})
		}
		require.NoError(t, closer.closeStage(t, campaign, stage))
		waiver, closer = closer, waiver // each stage for itself
	}
	redo := b.office.orderRedo(t, markets, "2026-12-31")
	_, err = b.office.campaigns.CloseCampaign(t.Context(), finish)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "REDOS_OPEN")
	_, err = b.office.redos.WithdrawRedo(t.Context(), &riskv1.WithdrawRedoRequest{Name: redo.GetName(), Reason: "已重新查找"})
	require.NoError(t, err)
	ended, err := b.office.campaigns.CloseCampaign(t.Context(), finish)
	require.NoError(t, err)
	heard := said(t, b.Suite, "section", markets, campaign.GetName(), 4)
	assert.Equal(t, "商务局三位一体机制建设领导小组办公室组织的“三位一体”已经结束：建立了机制", heard[len(heard)-1])
	assert.Equal(t, "CAMPAIGN_STATE_CLOSED 2026-11-20 建立了机制 ",
		fmt.Sprint(ended.GetState(), " ", ended.GetEndedOn(), " ", ended.GetOutcome(), " ", ended.GetRemindOn()))
}

// Units have until the last day of a stage; who closes it before says why.
func TestJ5_T21_AStageIsClosedBeforeItsLastDayWithAReasonAlone(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	campaign := b.office.begin(t, november())
	mobilise(t, b.Suite, campaign, allOfBureau...)
	ask := &riskv1.CloseCampaignStageRequest{Name: campaign.GetName(), Stage: "start", Outcome: "动员会已开"}
	_, err := b.office.campaigns.CloseCampaignStage(t.Context(), ask)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "STAGE_NOT_OVER")
	require.ErrorContains(t, err, "2026-11-06")
	b.Clock.Advance(4 * day)
	ask.EarlyReason = "各单位提前完成"
	_, err = b.office.campaigns.CloseCampaignStage(t.Context(), ask)
	suitetest.RequireFieldFaults(t, err, map[string]string{"early_reason": "STAGE_OVER"})
	assert.Contains(t, suitetest.FieldViolations(t, err)[0].GetDescription(), "2026-11-06，现在结束不是提前")
	ask.EarlyReason = ""
	closed, err := b.office.campaigns.CloseCampaignStage(t.Context(), ask)
	require.NoError(t, err)
	assert.Equal(t, "2026-11-06 ", closed.GetStages()[0].GetClosedOn()+" "+closed.GetStages()[0].GetEarlyReason())

	for _, unit := range append([]string{"commerce", "commerce_markets"}, others...) {
		require.NoError(t, b.office.waive(t, closed, "execution", "units/"+unit))
	}
	ask.Stage, ask.EarlyReason = "execution", "检查组提前到来"
	closed, err = b.colleague().campaigns.CloseCampaignStage(t.Context(), ask)
	require.NoError(t, err)
	assert.Equal(t, "2026-11-06 检查组提前到来", closed.GetStages()[1].GetClosedOn()+" "+closed.GetStages()[1].GetEarlyReason())
}
