package risk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const north, south = "units/north", "units/south"

// newMarketsCampaign is the bureau with two sections below that of the markets and one below that of trade, and a campaign of the
// markets with one of its two as the office.
func newMarketsCampaign(t *testing.T) (b commerceBureau, run office, planned *riskv1.Campaign) {
	t.Helper()
	b = newCommerceBureau(t)
	units := networkv1.NewUnitServiceClient(b.As("leading_group_office", commerce))
	for _, section := range [][2]string{{north, markets}, {south, markets}, {"units/abroad", trade}} {
		_, err := units.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
			UnitId: strings.TrimPrefix(section[0], "units/"), Unit: &networkv1.Unit{
				Title: section[0], Kind: networkv1.UnitKind_UNIT_KIND_MONITORING_POINT, Level: typev1.Level_LEVEL_COUNTY,
				Parent: section[1], Sort: "section",
			},
		})
		require.NoError(t, err)
	}
	run = as(b.Suite, "leading_group_office", markets)
	planned, err := run.tryCampaign(t, &riskv1.Campaign{Kind: "trinity", Title: "三位一体", Office: north, Stages: november()})
	require.NoError(t, err)
	return b, run, planned
}

func (b commerceBureau) merge(t *testing.T, unit, into string) {
	t.Helper()
	_, err := networkv1.NewTreeServiceClient(b.As("leading_group_office", commerce)).MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units: []*networkv1.MergedUnit{{Name: unit}}, Into: into, Reason: "撤并",
	})
	require.NoError(t, err)
	b.RunJob("risk.follow_moves")
}

func (b commerceBureau) move(t *testing.T, unit, parent string) {
	t.Helper()
	_, err := networkv1.NewTreeServiceClient(b.As("leading_group_office", commerce)).MoveUnit(t.Context(), &networkv1.MoveUnitRequest{
		Name: unit, Parent: parent, Reason: "调整",
	})
	require.NoError(t, err)
	b.RunJob("risk.follow_moves")
}

func TestT21_SuccessorsGoOnWithTheSameUnits(t *testing.T) {
	t.Parallel()
	b, _, planned := newMarketsCampaign(t)
	above := func(unit string) int {
		listed, err := as(b.Suite, "leading_group_office", unit).campaigns.ListCampaigns(t.Context(), &riskv1.ListCampaignsRequest{
			Unit: unit, Above: true,
		})
		require.NoError(t, err)
		return len(listed.GetCampaigns())
	}
	assert.Contains(t, said(t, b.Suite, "leading_group_office", north, planned.GetName(), 1)[0], "组织“三位一体”，办公室设在本单位。")
	assert.Equal(t, []int{1, 0}, []int{above(north), above(south)}, "what is planned is listed by its office alone")

	b.Clock.Advance(day)
	b.merge(t, markets, trade)
	successor := as(b.Suite, "leading_group_office", trade)
	started := successor.start(t, planned)
	assert.EqualValues(t, 2, started.GetUnitCount(), "none but those it was planned for")
	mobilise(t, b.Suite, started, south)
	b.merge(t, north, south)
	assert.Equal(t, []string{"start 1 1 0 0", "execution 1 0 0 1"}, successor.sums(t, started, "")[:2], "at once")
	b.RunJob("risk.follow_campaigns")
	b.RunJob("risk.follow_campaigns")
	assert.Equal(t, []string{"start 1 1 0 0", "execution 1 0 0 1"}, successor.sums(t, started, "")[:2])
	heir := as(b.Suite, "leading_group_office", south)
	require.NoError(t, heir.closeStage(t, started, "start"), "it acts for the office that has ended")
	_, err := heir.campaigns.GetCampaign(t.Context(), &riskv1.GetCampaignRequest{Name: started.GetName()})
	require.NoError(t, err)
}

// What a unit misses that has ended is counted for the one that acts for it, which hears of it once, and that nobody left.
func TestT21_NobodyHearsOfACampaignForAUnitThatHasEnded(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	campaign := b.office.begin(t, november())
	mobilise(t, b.Suite, campaign, allOfBureau...)
	_, err := networkv1.NewTreeServiceClient(b.As("leading_group_office", commerce)).MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units: []*networkv1.MergedUnit{{Name: markets}}, Into: trade, Reason: "撤并",
	})
	require.NoError(t, err)
	b.RunJob("risk.follow_campaigns") // before risk has heard of the end
	b.merge(t, "units/commerce_finance", trade)
	b.Clock.Advance(4 * day)
	b.RunJob("risk.remind_campaigns") // before the second has left
	heard := said(t, b.Suite, "section", trade, campaign.GetName(), 2)
	require.Len(t, heard, 2, "that it takes part, once though for each of the three, and what is missing")
	assert.Equal(t, "本单位参加商务局三位一体机制建设领导小组办公室组织的“三位一体”，请按各阶段的要求完成任务；最近的阶段于 2026-11-06 结束。", heard[0])
	assert.Equal(t, "“三位一体”的“执行阶段”自 2026-11-06 至 2026-11-13，本单位还有 3 项要求没有达到。", heard[1])
}

func TestJ5_T21_AUnitThatMovedAwayIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	b, run, planned := newMarketsCampaign(t)
	campaign := run.start(t, planned)
	assert.EqualValues(t, 3, campaign.GetUnitCount())
	b.move(t, south, trade)
	mobilise(t, b.Suite, campaign, markets, north)
	require.NoError(t, run.closeStage(t, campaign, "start"))
	assert.Equal(t, []string{"start 2 2 0 0"}, run.sums(t, campaign, "start"))
	assert.Contains(t, said(t, b.Suite, "leading_group_office", south, campaign.GetName(), 2)[1], "的范围内，不再参加。")

	b.Clock.Advance(4 * day)
	require.NoError(t, run.waive(t, campaign, "execution", north))
	require.NoError(t, as(b.Suite, "leading_group_office", north).waive(t, campaign, "execution", markets), "its office lets it off")
	require.NoError(t, run.closeStage(t, campaign, "execution"))
	content := unzip(t, run.download(t, &riskv1.ExportCampaignRequest{Name: campaign.GetName()}))
	assert.Equal(t, 2, strings.Count(content["stages/02-execution.ndjson"], "\n"))
}

func TestT21_AUnitAboveLetsOffTheOneThatRunsACampaign(t *testing.T) {
	t.Parallel()
	b, run, planned := newMarketsCampaign(t)
	campaign := run.start(t, planned)
	suitetest.RequireRefused(t, run.waive(t, campaign, "execution", markets), codes.PermissionDenied, "OWN_WAIVER")
	suitetest.RequireRefused(t, b.office.waive(t, campaign, "execution", north), codes.PermissionDenied, "NOT_CAMPAIGN_OFFICE")
	require.NoError(t, b.office.waive(t, campaign, "execution", markets))
	assert.Equal(t, []string{"execution 3 0 1 2"}, run.sums(t, campaign, "execution"))
}

func TestT5_T21_CommitmentsCountForTheirYearWhenItIsOver(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	campaign := b.office.begin(t, november())
	chief := b.section.held(t, markets, "市场运行股股长", "section_head", "甲", "2026-01-01")
	b.RunJob("risk.open_commitments")
	b.signBoth(t, chief)
	law := as(b.Suite, "section", "units/commerce_law")
	law.held(t, law.unit, "大队长", "section_head", "戊", "2026-01-01")
	replaced := law.held(t, law.unit, "中队长", "section_head", "己", "2026-01-01")
	b.RunJob("risk.open_commitments")
	require.NoError(t, law.holds(t, replaced.GetName(), "", &riskv1.PositionHolder{
		Person: "己", From: "2026-01-01", Until: "2026-12-30",
	}))
	for _, days := range []int{0, 59, 2} { // to the last day of the year, on which nobody holds one position, and past it
		b.Clock.Advance(time.Duration(days) * day)
		b.RunJob("risk.open_commitments")
		left := 1
		if days == 0 {
			left = 2
		}
		said := fmt.Sprintf("commitments 0-%d filed", left)
		assert.Contains(t, law.progress(t, campaign, "execution", false)[0], said, days)
		assert.Contains(t, b.section.progress(t, campaign, "execution", false)[0], "commitments 1-0 ", days)
		assert.Len(t, b.office.commitments(t, &riskv1.ListCommitmentsRequest{Year: 2026, Unsigned: true}), left, days)
		assert.Contains(t, b.office.counted(t, 2026), fmt.Sprintf("units/commerce_law two_way %d 0 %d %d %d", left, left, left, left*min(days, 1)), days)
	}
	assert.Empty(t, b.office.commitments(t, &riskv1.ListCommitmentsRequest{Year: 2026, States: []riskv1.CommitmentState{
		riskv1.CommitmentState_COMMITMENT_STATE_OPEN, riskv1.CommitmentState_COMMITMENT_STATE_SIGNED,
	}}), "all have lapsed")
	requireCounted(t, b.Suite)
}

func TestT21_UnitsHearOfOtherDaysAndLeadersStayAsNamed(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	head := b.office.held(t, commerce, "局长", "head", "甲", "2026-01-01")
	planned, err := b.office.tryCampaign(t, &riskv1.Campaign{
		Kind: "trinity", Title: "三位一体", Stages: november(), Leaders: []*riskv1.CampaignLeader{
			{Position: head.GetName(), Role: riskv1.CampaignRole_CAMPAIGN_ROLE_HEAD},
		},
	})
	require.NoError(t, err)
	campaign := b.office.start(t, planned)
	b.Clock.Advance(day)
	b.office.handOver(t, head, "2026-11-02", "乙", "2026-11-03")
	campaign.Stages[1].LastDay = "2026-11-14"
	campaign.Leaders = append(campaign.Leaders, &riskv1.CampaignLeader{
		Position: head.GetName(), Role: riskv1.CampaignRole_CAMPAIGN_ROLE_OFFICE_HEAD,
	})
	changed, err := b.office.campaigns.UpdateCampaign(t.Context(), &riskv1.UpdateCampaignRequest{
		Campaign: campaign, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"stages", "leaders"}},
	})
	require.NoError(t, err)
	var persons []string
	for _, leader := range changed.GetLeaders() {
		persons = append(persons, leader.GetIncumbent().GetPerson())
	}
	assert.Equal(t, []string{"甲", "乙"}, persons)
	assert.Equal(t, "商务局三位一体机制建设领导小组办公室调整了“三位一体”的“执行阶段”，改为自 2026-11-06 至 2026-11-14。",
		said(t, b.Suite, "section", markets, campaign.GetName(), 2)[1])
	mobilise(t, b.Suite, changed, markets)
	suitetest.RequireFieldFaults(t, b.office.waive(t, changed, "start", markets), map[string]string{"unit": "NOTHING_MISSING"})
}

func TestT21_WhatIsOfAnotherYearOrPeriodDoesNotCount(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	campaign := b.office.begin(t, november())
	risky(t, b.Suite, b.section.held(t, markets, "市场运行股股长", "section_head", "甲", "2026-01-01"),
		b.office.held(t, commerce, "局长", "head", "丙", "2026-01-01"))
	b.RunJob("risk.open_commitments")
	commitments := func() string {
		_, after, _ := strings.Cut(b.section.progress(t, campaign, "execution", false)[0], "commitments ")
		return strings.Fields(after)[0]
	}
	assert.Equal(t, "0-1", commitments())
	b.Clock.Advance(70 * day)
	b.RunJob("risk.open_commitments")
	listed, err := b.section.pledges.ListCommitments(t.Context(), &riskv1.ListCommitmentsRequest{Unit: markets, Year: 2027})
	require.NoError(t, err)
	assert.Len(t, listed.GetCommitments(), 1)
	assert.Equal(t, "0-1", commitments(), "the year ended without it, and the next one is of another")

	pool, err := pgxpool.New(t.Context(), b.Database)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	_, err = pool.Exec(t.Context(), `INSERT INTO risk.reports_opened
		(unit_id, schedule, period, first_day, last_day, sent) VALUES
		('commerce_markets', 'check_quarterly', '2026-Q3', '2026-07-01', '2026-09-30', true),
		('commerce_markets', 'check_quarterly', '2026-Q4', '2026-10-01', '2026-12-31', true),
		('commerce_markets', 'check_quarterly', '2027-Q1', '2027-01-01', '2027-03-31', true)`)
	require.NoError(t, err)
	assert.Equal(t, []string{"commerce_markets quarterly 1-2 half_yearly 0-1 inspection_a 0-1 (3)"}, b.section.progress(t, campaign, "assessment", false))
}

func TestT28_ADamagedRecordDoesNotEndAnExport(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	campaign := b.office.begin(t, november())
	risky(t, b.Suite, b.section.held(t, markets, "市场运行股股长", "section_head", "甲", "2026-01-01"),
		b.office.held(t, commerce, "局长", "head", "丙", "2026-01-01"))
	broken := b.office.publicise(t, b.office.freeze(t, "grade_catalogue", "等级目录", ""), "society")
	whole := b.office.publicise(t, b.office.freeze(t, "summary_table", "汇总表", ""), "within")
	pool, err := pgxpool.New(t.Context(), b.Database)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	_, err = pool.Exec(t.Context(), "UPDATE risk.publications SET body = jsonb_set(body, '{title}', '17') WHERE body ->> 'name' = $1", broken.GetName())
	require.NoError(t, err)
	content := b.office.export(t, &riskv1.ExportCampaignRequest{Name: campaign.GetName()})
	assert.Contains(t, content["MANIFEST.txt"], "# 已损坏，未收入："+broken.GetName()+"\n")
	assert.NotContains(t, content, broken.GetName()+"/publication.json")
	assert.Contains(t, content, whole.GetName()+"/publication.json")
}
