package risk_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// What a unit did in a stage that leaves nothing in the register, such as a meeting, it says of itself; until then it is reminded
// and the stage stays open.
func TestJ5_T21_AUnitSaysHowItMobilised(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	campaign := b.office.begin(t, november())
	b.Clock.Advance(3 * day) // 2026-11-05
	assert.Equal(t, []string{"commerce_markets mobilised 0-1 (1)"}, b.section.progress(t, campaign, "start", true))
	suitetest.RequireRefused(t, b.office.closeStage(t, campaign, "start"), codes.FailedPrecondition, "UNITS_MISSING")
	b.Clock.Advance(day)
	b.RunJob("risk.remind_campaigns")
	hears(t, b.Suite, "section", markets, campaign.GetName(), "“三位一体”的“启动阶段”自 2026-11-02 至 2026-11-06，本单位还有 1 项要求没有达到。")

	record := func(o office, stage, unit, on string) error { return o.recordWork(t, campaign, stage, unit, on) }
	suitetest.RequireRefused(t, record(b.section, "start", trade, "2026-11-05"), codes.PermissionDenied, "OWN_UNIT_ONLY")
	suitetest.RequireRefused(t, record(b.office, "start", markets, "2026-11-05"), codes.PermissionDenied, "OWN_UNIT_ONLY")
	suitetest.RequireFieldFaults(t, record(b.section, "start", markets, "2026-11-07"), map[string]string{"worked_on": "FUTURE"})
	suitetest.RequireFieldFaults(t, record(b.section, "spring", markets, "2026-11-05"), map[string]string{"stage": "UNKNOWN_TERM"})
	suitetest.RequireRefused(t, record(b.section, "assessment", markets, "2026-11-05"), codes.FailedPrecondition, "STAGE_NOT_BEGUN")
	legal := as(b.Suite, "legal_office", commerce)
	suitetest.RequireRefused(t, record(legal, "start", commerce, "2026-11-05"), codes.PermissionDenied, "PERMISSION_DENIED")

	require.NoError(t, record(b.section, "start", markets, "2026-11-04"))
	require.NoError(t, record(b.section, "start", markets, "2026-11-05"), "in place of what it said before")
	listed, err := b.office.campaigns.ListCampaignProgress(t.Context(), &riskv1.ListCampaignProgressRequest{
		Campaign: campaign.GetName(), Unit: markets, Stage: "start",
	})
	require.NoError(t, err)
	require.Len(t, listed.GetProgress(), 1)
	said := listed.GetProgress()[0]
	assert.Equal(t, "召开动员会，全体人员参加 2026-11-05", said.GetWork()+" "+said.GetWorkedOn())
	assert.Equal(t, []string{"start 7 1 0 6"}, b.office.sums(t, campaign, "start"))
	mobilise(t, b.Suite, campaign, allOfBureau...)
	require.NoError(t, b.office.closeStage(t, campaign, "start"))
	assert.Equal(t, []string{"start 7 7 0 0"}, b.office.sums(t, campaign, "start"))
	suitetest.RequireRefused(t, record(b.section, "start", markets, "2026-11-05"), codes.FailedPrecondition, "STAGE_CLOSED")
	content := unzip(t, b.office.download(t, &riskv1.ExportCampaignRequest{Name: campaign.GetName()}))
	assert.Contains(t, content["stages/01-start.ndjson"], "召开动员会")
}

// A unit that runs a campaign for others alone takes no part in it.
func TestT21_WhoTakesNoPartRecordsNoWork(t *testing.T) {
	t.Parallel()
	b, run, planned := newMarketsCampaign(t)
	campaign := run.start(t, planned)
	outside := as(b.Suite, "section", trade)
	suitetest.RequireFieldFaults(t, outside.recordWork(t, campaign, "start", trade, "2026-11-02"), map[string]string{"unit": "CAMPAIGN_UNIT"})
}

// A stage that asks for the summary table to be filed stays open until it is with all who are to have it, and is open again once another one is owed.
func TestT21_T22_AStageWaitsForWhatIsFiled(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	risky(t, b.Suite, b.section.held(t, markets, "市场运行股股长", "section_head", "甲", "2026-01-01"),
		b.office.held(t, commerce, "局长", "head", "丙", "2026-01-01"))
	file := func(table *riskv1.Publication) {
		b.Clock.Advance(9 * day)
		ended, err := b.office.publications.EndPublication(t.Context(), &riskv1.EndPublicationRequest{Name: table.GetName()})
		require.NoError(t, err)
		_, err = b.office.publications.FilePublication(t.Context(), &riskv1.FilePublicationRequest{
			Name: table.GetName(), Filing: &riskv1.Filing{FiledWith: "city_office", FiledOn: ended.GetEndedOn(), ReceiptNumber: "收文1号"},
		})
		require.NoError(t, err)
	}
	makePublic := func(title string) *riskv1.Publication {
		return b.office.publicise(t, b.office.freeze(t, "summary_table", title, ""), "within")
	}
	file(makePublic("往年汇总表"))
	b.Clock.Advance(day)
	campaign := b.office.begin(t, stagesOn("2026-11-12", "2026-11-12", "2026-12-13", "2026-12-20", "2026-12-30"))
	filed := func() string {
		line := b.office.progress(t, campaign, "execution", false)[0]
		return line[len(line)-len("filed 0-0 (0)"):]
	}
	assert.Equal(t, "filed 0-1 (3)", filed(), "what was filed before the campaign is not of it")
	table := makePublic("汇总表")
	assert.Equal(t, "filed 0-1 (3)", filed(), "it is public, and nobody above has it")
	file(table)
	assert.Equal(t, "filed 1-0 (2)", filed())
	b.Clock.Advance(day)
	again := makePublic("汇总表（二）")
	b.Clock.Advance(9 * day)
	_, err := b.office.publications.EndPublication(t.Context(), &riskv1.EndPublicationRequest{Name: again.GetName()})
	require.NoError(t, err)
	assert.Equal(t, "filed 1-1 (3)", filed(), "another one is to be filed")
}
