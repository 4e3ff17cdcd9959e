package risk_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/metadata"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
)

// affairs are the files of an export about what units decided and did.
var affairs = []string{"decisions", "appointments", "polls", "checks", "rotations", "openness-items"}

// table is a table of an export without its mark, by lines.
func table(t *testing.T, content map[string]string, path string) []string {
	t.Helper()
	require.Contains(t, content, path)
	return strings.Split(strings.TrimSuffix(strings.TrimPrefix(content[path], "\ufeff"), "\n"), "\n")
}

// What T's bureau decided, whom it appointed, how these were judged, what it checked, who was due to leave a position and what its
// sections opened is material for who reaches the bureau; its office below exports none of it.
func TestT28_T10_T11_T15_T16_T19_WhatUnitsDecideAndDoIsExportedForWhoReachesIt(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	due := as(b.Suite, "section", markets).held(t, markets, "监管岗", "section_head", "庚", "2021-12-01")
	risky(t, b.Suite, due, &riskv1.Position{Name: b.head})
	a := b.judged(t)
	b.polled(t, a, 40, 5)
	b.office.planCheck(t, &riskv1.Check{
		Unit: commerce, CheckedUnit: markets, Kind: "off_book_funds", Scope: "三季度收支和票据", DueOn: "2026-11-13", Checkers: b.deputies[:2],
	})
	b.RunJob("risk.open_rotations")
	b.RunJob("risk.open_openness_items")
	campaign, err := b.office.tryCampaign(t, &riskv1.Campaign{
		Kind: "trinity", Title: "三位一体", Stages: november(), Office: commerceOffice,
	})
	require.NoError(t, err)
	b.office.start(t, campaign)

	content := b.office.export(t, &riskv1.ExportCampaignRequest{Name: campaign.GetName()})
	for _, path := range affairs {
		lines := table(t, content, path+".csv")
		assert.Len(t, lines, rows(content[path+".ndjson"])+1, path)
		assert.NotContains(t, content[path+".csv"], "column.", path)
		assert.Contains(t, content["MANIFEST.txt"], "  "+path+".csv\n")
	}
	assert.Equal(t, "单位,单位编号,记录编号,状态,种类,名称,议题内容,金额（元）,提出岗位,参加决策的岗位,决策日期,同意,不同意,弃权,执行岗位,期限,完成日期,效果,备案日期,检查发现,检验日期,理由",
		table(t, content, "decisions.csv")[0])
	assert.Contains(t, table(t, content, "decisions.csv")[1],
		",已通过、待执行,重要干部任免,市场运行股股长任免,改造城区农贸市场三处。,,市场运行股股长,局长、副局长乙、副局长丙、副局长丁、副局长（空缺）,2026-11-02,4,0,0,市场运行股股长,2026-12-31,,,")
	assert.Contains(t, table(t, content, "appointments.csv")[1], ",票决通过,")
	assert.Contains(t, table(t, content, "appointments.csv")[1], ",市场运行股股长,己,市场运行股科员,全局干部推荐会、局领导班子谈话推荐,合格,合格,decisions/")
	assert.Contains(t, table(t, content, "polls.csv")[1], ",2026-11-02,50,45,40,88.88,达到满意度要求")
	assert.Contains(t, table(t, content, "checks.csv")[1], ",市场运行股,三季度收支和票据,副局长乙、副局长丙,2026-11-13,,,0,")
	assert.Contains(t, table(t, content, "rotations.csv")[1], ",待轮岗,监管岗,庚,A级廉政风险岗位领导干部任职满五年轮岗,2021-12-01,2026-12-01,")
	assert.Contains(t, content["openness-items.csv"], ",待公开,政务公开,,,2026-10-01,2026-12-31,2026-12-31,")
	assert.NotContains(t, content["MANIFEST.txt"], "# ")

	clerk := access.Principal{Subject: "accounts/clerk", Unit: commerceOffice, Roles: []string{"leading_group_office"}}
	below := office{campaigns: riskv1.NewCampaignServiceClient(b.AsPrincipal(clerk))}
	content = below.export(t, &riskv1.ExportCampaignRequest{Name: campaign.GetName()})
	for _, path := range affairs {
		unit := commerceOffice // the one that the caller reaches
		for _, line := range table(t, content, path+".csv")[1:] {
			assert.Contains(t, line, ","+unit+",", path)
		}
	}
	for path, file := range content {
		assert.NotContains(t, file, "全局干部推荐会", "%s: who named the candidate", path)
		assert.NotContains(t, file, "三季度收支和票据", path)
	}
	assert.Contains(t, content["MANIFEST.txt"], "# 未收入：decisions 中不在查阅范围内的 1 条记录\n")
	assert.Contains(t, content["MANIFEST.txt"], "# 未收入：rotations 中不在查阅范围内的 1 条记录\n")
}

// What ended before a campaign began is no material of it.
func TestT28_T11_WhatWasDecidedBeforeACampaignIsNoMaterial(t *testing.T) {
	t.Parallel()
	b := newLeaders(t)
	d := b.office.enter(t, b.review())
	_, err := b.office.meet(t, d, append(says(against, b.deputies[:3]...), says(against, b.head)...)...)
	require.NoError(t, err)
	b.Clock.Advance(30 * day)
	campaign := b.office.begin(t, stagesOn("2026-12-02", "2026-12-06", "2026-12-13", "2026-12-20", "2026-12-30"))
	content := b.office.export(t, &riskv1.ExportCampaignRequest{Name: campaign.GetName()})
	assert.Len(t, table(t, content, "decisions.csv"), 1, "its head alone")
}

// The table of risk points says where each lies, how it was found and what its grade comes from, in the reader's language; the
// powers in force are drawn.
func TestT28_J1_J2_J3_PointsAndPowersAreExportedForReaders(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	campaign := b.office.begin(t, november())
	item := b.section.licensing(t, markets)
	item.Kind = "approval"
	item = as(b.Suite, "legal_office", commerce).approvePower(t, b.section.submitPower(t, b.section.power(t, item), enter))
	made, err := b.section.positions.CreatePosition(t.Context(), &riskv1.CreatePositionRequest{
		Position: &riskv1.Position{Unit: markets, Title: "许可审批岗", Rank: "staff", Tier: "key"},
	})
	require.NoError(t, err)
	head := b.office.held(t, commerce, "局长", "head", "丙", "2026-01-01")
	point := b.section.propose(t, b.section.point(t, &riskv1.RiskPoint{
		Unit: markets, Category: "decision", SearchMethods: []string{"self", "public"}, Description: "对条件不符的申请予以许可", Step: "decide",
		SearchSources: []*riskv1.SearchSource{{Source: "audit", Reference: "审〔2026〕3号"}}, PowerItem: item.GetName(),
		Points: map[string]int32{"frequency": 5, "importance": 4, "harm": 5}, Position: made.GetName(), OwnerPosition: head.GetName(),
	}), enter)
	b.office.approveTwice(t, point)

	export := func(lang string) map[string]string {
		ctx := metadata.AppendToOutgoingContext(t.Context(), "accept-language", lang)
		stream, err := b.office.campaigns.ExportCampaign(ctx, &riskv1.ExportCampaignRequest{Name: campaign.GetName()})
		require.NoError(t, err)
		return unzip(t, received(t, stream))
	}
	for lang, want := range map[string][]string{
		"zh": {
			"单位,单位编号,记录编号,状态,版本,职权事项,环节,岗位,岗位层次,制度,风险表现,风险类别,查找方面,查找方式,查找来源,成因,防控环节,各项分值,得分,风险等级,责任岗位",
			"临时占道许可,审批,许可审批岗,重要岗位,,对条件不符的申请予以许可,决策风险,,自己找、群众点,财务审计,,,发生频率 5、权力行使的重要性 4、危害程度 5,94,",
		},
		"en": {
			"Unit,Unit's name,Name,State,Version,Power item,Step,Position,Tier,Regime,Description,Category,Aspects of search,Ways of search,Sources,Causes,Stage of control,Points,Score,Grade,Owner",
			`临时占道许可,审批,许可审批岗,Key,,对条件不符的申请予以许可,Decisions,,"By oneself, By the public",Audit,,,"Frequency 5, Importance of the power 4, Harm 5",94,Grade A,局长`,
		},
	} {
		content := export(lang)
		for _, path := range []string{"register/risk-points.csv", "register/risk-point-versions.csv"} {
			lines := table(t, content, path)
			assert.Equal(t, want[0], lines[0], path)
			assert.Contains(t, lines[1], want[1], path)
		}
		chart := content["register/flow-charts/"+strings.TrimPrefix(item.GetName(), "powerItems/")+".1.svg"]
		assert.Contains(t, chart, "<svg")
		assert.Contains(t, chart, "临时占道许可")
		assert.Contains(t, chart, "窗口受理岗", "who does a step, by the title")
	}
}

// J weighs what a risk comes from.
func TestT28_J3_CausesAreExportedByTheirTitles(t *testing.T) {
	t.Parallel()
	h, stages := newCourthouse(t), november()
	for i, id := range []string{"mobilisation", "clearing", "search", "conclusion"} {
		stages[i].Id = id
	}
	campaign, err := h.group.tryCampaign(t, &riskv1.Campaign{Kind: "clearing", Title: "排查", Stages: stages})
	require.NoError(t, err)
	h.group.start(t, campaign)
	point := scored("人情案", 5)
	point.Causes = []string{"concentration", "weak_supervision"}
	h.division.point(t, point)
	content := h.group.export(t, &riskv1.ExportCampaignRequest{Name: campaign.GetName()})
	assert.Contains(t, content["register/risk-points.csv"], ",权力集中、监督薄弱,")
}
