package risk_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
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
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const commerceOffice = "units/commerce_office"

// commerceBureau is the bureau of the profile T, with who works in its campaign.
type commerceBureau struct {
	*suitetest.Suite

	section, office office
}

func newCommerceBureau(t *testing.T) commerceBureau {
	t.Helper()
	s := suitetest.Of(t, "t", commerce)
	return commerceBureau{s, as(s, "section", markets), as(s, "leading_group_office", commerce)}
}

// stagesOn are T's stages, from one day to the next each.
func stagesOn(days ...string) (stages []*riskv1.CampaignStage) {
	for i, id := range []string{"start", "execution", "assessment", "revision"} {
		stages = append(stages, &riskv1.CampaignStage{Id: id, FirstDay: days[i], LastDay: days[i+1]})
	}
	return stages
}

// november has T's stages in the month in which tests begin.
func november() []*riskv1.CampaignStage {
	return stagesOn("2026-11-02", "2026-11-06", "2026-11-13", "2026-11-20", "2026-11-30")
}

func (o office) tryCampaign(t *testing.T, campaign *riskv1.Campaign) (*riskv1.Campaign, error) {
	t.Helper()
	campaign.Unit, campaign.Year = o.unit, 2026
	return o.campaigns.CreateCampaign(t.Context(), &riskv1.CreateCampaignRequest{Campaign: campaign})
}

// begin plans and starts a campaign of T's kind.
func (o office) begin(t *testing.T, stages []*riskv1.CampaignStage) *riskv1.Campaign {
	t.Helper()
	campaign, err := o.tryCampaign(t, &riskv1.Campaign{Kind: "trinity", Title: "三位一体", Stages: stages})
	require.NoError(t, err)
	return o.start(t, campaign)
}

func (o office) start(t *testing.T, campaign *riskv1.Campaign) *riskv1.Campaign {
	t.Helper()
	started, err := o.campaigns.StartCampaign(t.Context(), &riskv1.StartCampaignRequest{
		Name: campaign.GetName(), Etag: campaign.GetEtag(),
	})
	require.NoError(t, err)
	return started
}

// colleague is somebody else in the office.
func (b commerceBureau) colleague() office {
	other := access.Principal{Subject: "accounts/colleague", Unit: commerce, Roles: []string{"leading_group_office"}}
	return office{unit: commerce, campaigns: riskv1.NewCampaignServiceClient(b.AsPrincipal(other))}
}

// recordWork says what a unit did in a stage.
func (o office) recordWork(t *testing.T, campaign *riskv1.Campaign, stage, unit, on string) error {
	t.Helper()
	_, err := o.campaigns.RecordCampaignWork(t.Context(), &riskv1.RecordCampaignWorkRequest{
		Name: campaign.GetName(), Stage: stage, Unit: unit, Work: "召开动员会，全体人员参加", WorkedOn: on,
	})
	return err
}

// mobilise has units record their work in T's first stage.
func mobilise(t *testing.T, s *suitetest.Suite, campaign *riskv1.Campaign, units ...string) {
	t.Helper()
	for _, unit := range units {
		role := "section"
		if unit == commerce {
			role = "bureau_leaders"
		}
		require.NoError(t, as(s, role, unit).recordWork(t, campaign, "start", unit, campaign.GetStages()[0].GetFirstDay()))
	}
}

// clearPower has a section enter a power, which the legal office approves.
func (b commerceBureau) clearPower(t *testing.T, o office) {
	t.Helper()
	item := o.licensing(t, o.unit)
	item.Kind = "approval"
	as(b.Suite, "legal_office", commerce).approvePower(t, o.submitPower(t, o.power(t, item), enter))
}

// closeStage closes a stage, with a reason where that is before its last day.
func (o office) closeStage(t *testing.T, campaign *riskv1.Campaign, stage string) error {
	t.Helper()
	ask := &riskv1.CloseCampaignStageRequest{Name: campaign.GetName(), Stage: stage, Outcome: "完成"}
	_, err := o.campaigns.CloseCampaignStage(t.Context(), ask)
	if suitetest.Reason(err) == "STAGE_NOT_OVER" {
		ask.EarlyReason = "各单位提前完成"
		_, err = o.campaigns.CloseCampaignStage(t.Context(), ask)
	}
	return err
}

func (o office) waive(t *testing.T, campaign *riskv1.Campaign, stage, unit string) error {
	t.Helper()
	_, err := o.campaigns.WaiveCampaignStage(t.Context(), &riskv1.WaiveCampaignStageRequest{
		Name: campaign.GetName(), Stage: stage, Unit: unit, Reason: "正在撤并",
	})
	return err
}

// progress says how far each unit has come in a stage, read in pages of two: "markets found 1-0 … (0)", done and missing.
func (o office) progress(t *testing.T, campaign *riskv1.Campaign, stage string, missing bool) (said []string) {
	t.Helper()
	req := &riskv1.ListCampaignProgressRequest{
		Campaign: campaign.GetName(), Unit: o.unit, Stage: stage, Missing: missing, PageSize: 2,
	}
	for {
		page, err := o.campaigns.ListCampaignProgress(t.Context(), req)
		require.NoError(t, err)
		for _, p := range page.GetProgress() {
			line := []string{strings.TrimPrefix(p.GetUnit(), "units/")}
			for _, m := range p.GetMeasures() {
				line = append(line, fmt.Sprintf("%s %d-%d", m.GetMeasure(), m.GetDone(), m.GetMissing()))
			}
			line = append(line, fmt.Sprintf("(%d) %s", p.GetMissingCount(), p.GetWaiverReason()))
			said = append(said, strings.TrimSpace(strings.Join(line, " ")))
		}
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			return said
		}
	}
}

// sums says how far all units of the caller have come: "execution 6 1 0 5" are the units, those that did all, those let off and
// those that miss something.
func (o office) sums(t *testing.T, campaign *riskv1.Campaign, stage string) (said []string) {
	t.Helper()
	counted, err := o.campaigns.CountCampaignProgress(t.Context(), &riskv1.CountCampaignProgressRequest{
		Campaign: campaign.GetName(), Unit: o.unit, Stage: stage,
	})
	require.NoError(t, err)
	for _, s := range counted.GetStages() {
		said = append(said, fmt.Sprint(s.GetStage(), " ", s.GetUnitCount(), s.GetCompleteCount(), s.GetWaivedCount(), s.GetMissingCount()))
	}
	return said
}

// requireCounted wants what is kept of all units to be what they have in the register, soon after the last change.
func requireCounted(t *testing.T, s *suitetest.Suite) {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), s.Database)
	require.NoError(t, err)
	defer pool.Close()
	var kept, differ int
	require.Eventually(t, func() bool {
		var waits bool
		err := pool.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM risk.uncounted_units)").Scan(&waits)
		return assert.NoError(t, err) && !waits
	}, 10*time.Second, 50*time.Millisecond)
	require.NoError(t, pool.QueryRow(t.Context(), `WITH units AS (
			SELECT unit_id FROM risk.power_items UNION SELECT unit_id FROM risk.risk_points
			UNION SELECT unit_id FROM risk.controls UNION SELECT unit_id FROM risk.commitments
		), counted AS (SELECT c.* FROM risk.count_register(ARRAY(SELECT unit_id FROM units), $1) c)
		SELECT (SELECT count(*) FROM risk.register_counts), (SELECT count(*) FROM (
			(TABLE counted EXCEPT TABLE risk.register_counts) UNION ALL (TABLE risk.register_counts EXCEPT TABLE counted)) d)`, s.Clock.Now(),
	).Scan(&kept, &differ))
	assert.Positive(t, kept)
	assert.Zero(t, differ, "what is kept and what the register has")
}

// allOfBureau are the units of T that take part in its campaign.
var allOfBureau = append([]string{commerce, markets}, named(others)...)

// named are the names of units.
func named(ids []string) (names []string) {
	for _, id := range ids {
		names = append(names, "units/"+id)
	}
	return names
}

// T's sections but the one that the tests work in.
var others = []string{"commerce_finance", "commerce_law", "commerce_market_centre", "commerce_office", "commerce_trade"}

// formsOfA are eight of the nine forms of control that T asks for a risk point of grade A.
var formsOfA = []string{
	"exchange", "open_commitment", "post_responsibility", "first_asked", "time_limited", "appraisal", "integrity_file", "risk_hint",
}

// planForm plans a control of a form for a risk point of a section.
func (o office) planForm(t *testing.T, point *riskv1.RiskPoint, owner *riskv1.Position, form string) *riskv1.Control {
	t.Helper()
	return o.plan(t, &riskv1.Control{
		Unit: o.unit, RiskPoint: point.GetName(), Form: form, Measure: "落实防控措施", OwnerPosition: owner.GetName(), DueOn: "2026-11-20",
	})
}

func TestT4_T21_AnotherGradeIsMadePublicAnew(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	campaign := b.office.begin(t, november())
	chief := b.section.held(t, markets, "市场运行股股长", "section_head", "甲", "2026-01-01")
	head := b.office.held(t, commerce, "局长", "head", "丙", "2026-01-01")
	deputy := b.office.held(t, commerce, "副局长", "deputy", "丁", "2026-01-01")
	point := risky(t, b.Suite, chief, head)
	b.office.publicise(t, b.office.freeze(t, "grade_catalogue", "等级目录", ""), "society")
	published := func() string {
		line := b.section.progress(t, campaign, "execution", false)[0]
		return line[strings.Index(line, "points_public"):strings.Index(line, " controls")]
	}
	assert.Equal(t, "points_public 1-0", published())
	regraded, err := b.office.regrade(t, point, deputy.GetName(), 3, 3, 3)
	require.NoError(t, err)
	assert.Equal(t, "points_public 0-1", published(), "grade %s was never public", regraded.GetGrade())
	b.office.publicise(t, b.office.freeze(t, "grade_catalogue", "等级目录（二）", ""), "society")
	assert.Equal(t, "points_public 1-0", published())
	requireCounted(t, b.Suite)
}

func TestT21_ACampaignIsPlannedOnceAndNotForThePast(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	plan := func(year int32, title string) error {
		_, err := b.office.campaigns.CreateCampaign(t.Context(), &riskv1.CreateCampaignRequest{
			Campaign: &riskv1.Campaign{Unit: commerce, Year: year, Kind: "trinity", Title: title},
		})
		return err
	}
	suitetest.RequireFieldFaults(t, plan(2024, "往年"), map[string]string{"campaign.year": "PAST_DAY"})
	require.NoError(t, plan(2026, "三位一体"))
	suitetest.RequireFieldFaults(t, plan(2026, "三位一体"), map[string]string{"campaign.title": "DUPLICATE"})
	require.NoError(t, plan(2027, "三位一体"))
	require.NoError(t, plan(2026, "专项整治"))
	listed, err := b.office.campaigns.ListCampaigns(t.Context(), &riskv1.ListCampaignsRequest{Unit: commerce})
	require.NoError(t, err)
	last := listed.GetCampaigns()[slices.IndexFunc(listed.GetCampaigns(), func(c *riskv1.Campaign) bool { return c.GetTitle() == "专项整治" })]
	_, err = b.office.campaigns.UpdateCampaign(t.Context(), &riskv1.UpdateCampaignRequest{
		Campaign:   &riskv1.Campaign{Name: last.GetName(), Title: "三位一体"},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"title"}},
	})
	suitetest.RequireFieldFaults(t, err, map[string]string{"campaign.title": "DUPLICATE"})
}

// signBoth has both sides sign the commitment of a section's chief.
func (b commerceBureau) signBoth(t *testing.T, chief *riskv1.Position) {
	t.Helper()
	listed, err := b.section.pledges.ListCommitments(t.Context(), &riskv1.ListCommitmentsRequest{
		Unit: markets, Position: chief.GetName(),
	})
	require.NoError(t, err)
	require.Len(t, listed.GetCommitments(), 1)
	pledge := listed.GetCommitments()[0]
	_, err = b.section.pledges.SignCommitment(t.Context(), &riskv1.SignCommitmentRequest{
		Name: pledge.GetName(), ContentSha256: pledge.GetContentSha256(),
	})
	require.NoError(t, err)
	_, err = b.office.pledges.CountersignCommitment(t.Context(), &riskv1.CountersignCommitmentRequest{
		Name: pledge.GetName(), ContentSha256: pledge.GetContentSha256(),
		Position: b.office.held(t, commerce, "副局长", "deputy", "丁", "2026-01-01").GetName(),
	})
	require.NoError(t, err)
}

func TestT21_ALeadingGroupPlansACampaign(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	head := b.office.held(t, commerce, "局长", "head", "甲", "2026-01-01")
	_, err := b.office.tryCampaign(t, &riskv1.Campaign{
		Kind: "trinity", Title: "三位一体", Office: commerceOffice, Leaders: []*riskv1.CampaignLeader{
			{Position: head.GetName(), Role: riskv1.CampaignRole_CAMPAIGN_ROLE_HEAD},
			{
				Position: b.office.held(t, commerce, "副局长", "deputy", "乙", "2026-01-01").GetName(),
				Role:     riskv1.CampaignRole_CAMPAIGN_ROLE_HEAD,
			},
		},
	})
	suitetest.RequireFieldFaults(t, err, map[string]string{"campaign.leaders[1].role": "ONE_HEAD"})
	planned, err := b.office.tryCampaign(t, &riskv1.Campaign{
		Kind: "trinity", Title: "三位一体", Office: commerceOffice, Leaders: []*riskv1.CampaignLeader{
			{Position: head.GetName(), Role: riskv1.CampaignRole_CAMPAIGN_ROLE_HEAD},
			{Position: head.GetName(), Role: riskv1.CampaignRole_CAMPAIGN_ROLE_OFFICE_HEAD},
		},
	})
	require.NoError(t, err)
	var days []string
	for _, stage := range planned.GetStages() {
		days = append(days, stage.GetId()+" "+stage.GetFirstDay()+" "+stage.GetLastDay())
	}
	assert.Equal(t, []string{
		"start 2026-03-21 2026-03-31", "execution 2026-04-01 2026-09-30", "assessment 2026-10-01 2026-10-31",
		"revision 2026-11-01 2026-11-30",
	}, days, "as the seed has them")
	assert.Equal(t, "甲", planned.GetLeaders()[0].GetIncumbent().GetPerson())

	two := november()[:2]
	late := november()
	late[0].LastDay, late[2].FirstDay = "2026-11-01", "2026-11-05"
	for _, c := range []struct {
		campaign *riskv1.Campaign
		faults   map[string]string
	}{
		{&riskv1.Campaign{Kind: "sprint", Title: "x"}, map[string]string{"campaign.kind": "UNKNOWN_TERM"}},
		{&riskv1.Campaign{Kind: "trinity", Title: "x", Stages: two}, map[string]string{"campaign.stages": "CAMPAIGN_STAGES"}},
		{&riskv1.Campaign{Kind: "trinity", Title: "x", Stages: late}, map[string]string{
			"campaign.stages[0].last_day": "AFTER_FROM", "campaign.stages[2].first_day": "STAGE_ORDER",
		}},
		{&riskv1.Campaign{Kind: "trinity", Title: "x", Office: "units/nowhere"}, map[string]string{"campaign.office": "UNKNOWN_UNIT"}},
		{&riskv1.Campaign{Kind: "trinity", Title: "x", Leaders: []*riskv1.CampaignLeader{
			planned.GetLeaders()[0], planned.GetLeaders()[0],
			{Position: "positions/000000-0", Role: riskv1.CampaignRole_CAMPAIGN_ROLE_MEMBER},
		}}, map[string]string{"campaign.leaders[1].position": "DUPLICATE", "campaign.leaders[2].position": "NOT_FOUND"}},
	} {
		_, err := b.office.tryCampaign(t, c.campaign)
		suitetest.RequireFieldFaults(t, err, c.faults)
	}

	deskConn := as(b.Suite, "leading_group_office", commerceOffice)
	got, err := deskConn.campaigns.GetCampaign(t.Context(), &riskv1.GetCampaignRequest{Name: planned.GetName()})
	require.NoError(t, err, "its office reads what is planned")
	_, err = b.section.campaigns.GetCampaign(t.Context(), &riskv1.GetCampaignRequest{Name: planned.GetName()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	got.Stages = november()
	changed, err := deskConn.campaigns.UpdateCampaign(t.Context(), &riskv1.UpdateCampaignRequest{
		Campaign: got, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"stages"}},
	})
	require.NoError(t, err)
	assert.Equal(t, "2026-11-30", changed.GetStages()[3].GetLastDay())
	running := deskConn.start(t, changed)
	_, err = b.section.campaigns.GetCampaign(t.Context(), &riskv1.GetCampaignRequest{Name: planned.GetName()})
	require.NoError(t, err, "who takes part reads it")
	mobilise(t, b.Suite, running, allOfBureau...)
	require.NoError(t, deskConn.closeStage(t, running, "start"))
	whole := office{unit: commerce, campaigns: deskConn.campaigns}
	assert.Equal(t, b.office.progress(t, running, "execution", false), whole.progress(t, running, "execution", false))
	assert.Equal(t, []string{"execution 7 0 0 7"}, whole.sums(t, running, "execution"), "its office reads how far all have come")
	_, err = b.section.campaigns.CountCampaignProgress(t.Context(), &riskv1.CountCampaignProgressRequest{
		Campaign: running.GetName(), Unit: commerce,
	})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	suitetest.RequireRefused(t, deskConn.waive(t, running, "execution", commerceOffice), codes.PermissionDenied, "OWN_WAIVER")
	suitetest.RequireFieldFaults(t, deskConn.waive(t, running, "execution", court), map[string]string{"unit": "CAMPAIGN_UNIT"})
	suitetest.RequireRefused(t, b.office.waive(t, running, "execution", commerce), codes.PermissionDenied, "OWN_WAIVER")
	require.NoError(t, deskConn.waive(t, running, "execution", commerce), "its office is elsewhere")
	meddler := as(b.Suite, "leading_group_office", markets)
	suitetest.RequireRefused(t, meddler.closeStage(t, running, "execution"), codes.PermissionDenied, "NOT_CAMPAIGN_OFFICE")
	moved := november()
	moved[0].LastDay = "2026-11-07"
	_, err = b.office.campaigns.UpdateCampaign(t.Context(), &riskv1.UpdateCampaignRequest{
		Campaign:   &riskv1.Campaign{Name: planned.GetName(), Stages: moved},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"stages"}},
	})
	suitetest.RequireFieldFaults(t, err, map[string]string{"campaign.stages[0]": "STAGE_CLOSED_DAYS"})
	above, err := b.section.campaigns.ListCampaigns(t.Context(), &riskv1.ListCampaignsRequest{Unit: markets, Above: true})
	require.NoError(t, err)
	assert.Len(t, above.GetCampaigns(), 1)
	_, err = b.office.campaigns.CancelCampaign(t.Context(), &riskv1.CancelCampaignRequest{Name: planned.GetName(), Reason: "机构改革"})
	require.NoError(t, err)
	assert.Equal(t, "商务局三位一体机制建设领导小组办公室组织的“三位一体”已经终止：机构改革",
		said(t, b.Suite, "section", markets, planned.GetName(), 2)[1])
}

func TestT21_UnitsAreRemindedOfWhatTheyMiss(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	campaign := b.office.begin(t, november())
	mobilise(t, b.Suite, campaign, allOfBureau...)
	remind := func(days int) {
		b.Clock.Advance(time.Duration(days) * day)
		b.RunJob("risk.remind_campaigns")
		b.RunJob("risk.remind_campaigns")
	}
	remind(4) // the second stage begins; the first, in which nothing is missing, ends
	remind(7) // its last day
	remind(1) // and the day after
	remind(7) // repeated
	assert.Equal(t, []string{
		"“三位一体”的“执行阶段”自 2026-11-06 至 2026-11-13，本单位还有 3 项要求没有达到。",
		"“三位一体”的“执行阶段”自 2026-11-06 至 2026-11-13，本单位还有 3 项要求没有达到。",
		"“三位一体”的“考核阶段”自 2026-11-13 至 2026-11-20，本单位还有 3 项要求没有达到。",
		"“三位一体”的“执行阶段”已于 2026-11-13 到期，本单位还有 3 项要求没有达到。",
		"“三位一体”的“执行阶段”已于 2026-11-13 到期，本单位还有 3 项要求没有达到。",
	}, said(t, b.Suite, "section", markets, campaign.GetName(), 8)[1:6])
	hears(t, b.Suite, "leading_group_office", commerce, campaign.GetName(),
		"“三位一体”的“执行阶段”已于 2026-11-13 到期，下级还有 6 个单位没有完成。")
}

func TestT21_UnitsThatComeJoinAndThoseThatEndLeave(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	campaign := b.office.begin(t, november())
	mobilise(t, b.Suite, campaign, allOfBureau...)
	require.NoError(t, b.office.closeStage(t, campaign, "start"))
	trade := as(b.Suite, "section", "units/commerce_trade")
	chief := trade.held(t, "units/commerce_trade", "外贸股股长", "section_head", "甲", "2026-01-01")
	point := riskPoint("units/commerce_trade", 5, 5, 5)
	point.Category, point.OwnerPosition = "decision", b.office.post(t, commerce, "局长", "head")
	point.Position = chief.GetName()
	trade.propose(t, trade.point(t, point), enter)

	admin := b.As("leading_group_office", commerce)
	_, err := networkv1.NewTreeServiceClient(admin).MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units: []*networkv1.MergedUnit{{Name: "units/commerce_trade"}}, Into: markets, Reason: "撤并",
	})
	require.NoError(t, err)
	_, err = networkv1.NewUnitServiceClient(admin).CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
		UnitId: "commerce_invest", Unit: &networkv1.Unit{
			Title: "招商股", Kind: networkv1.UnitKind_UNIT_KIND_MONITORING_POINT, Level: typev1.Level_LEVEL_COUNTY,
			Parent: commerce, Sort: "section",
		},
	})
	require.NoError(t, err)
	b.RunJob("risk.follow_moves")
	b.RunJob("risk.follow_campaigns")
	b.RunJob("risk.follow_campaigns")
	assert.Equal(t, []string{"start 7 7 0 0", "execution 7 0 0 7"}, b.office.sums(t, campaign, "")[:2])
	asked := "commerce_markets powers 0-1 powers_public 0-0 found 1-0 reviewed 0-1 points_public 0-0 controls 0-0 commitments 0-1 filed 0-0 (3)"
	assert.Equal(t, []string{asked}, b.section.progress(t, campaign, "execution", false), "what the ended unit had counts here")
	assert.Len(t, as(b.Suite, "section", "units/commerce_invest").progress(t, campaign, "execution", true), 1)
	assert.Len(t, said(t, b.Suite, "section", "units/commerce_invest", campaign.GetName(), 1), 1)
}

func TestT28_TheMaterialOfACampaignIsExportedWhole(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	campaign := b.office.begin(t, november())
	chief := b.section.held(t, markets, "市场运行股股长", "section_head", "甲", "2026-01-01")
	risky(t, b.Suite, chief, b.office.held(t, commerce, "局长", "head", "丙", "2026-01-01"))
	public := b.office.publicise(t, b.office.freeze(t, "grade_catalogue", "等级目录", ""), "society")
	require.NoError(t, b.office.waive(t, campaign, "execution", "units/commerce_trade"))
	photo := append([]byte("%PDF-1.4\n"), bytes.Repeat([]byte("动员会"), 100_000)...)
	attachTo(t, b.Suite, "leading_group_office", commerce, campaign.GetName(), "动员会.pdf", photo)

	file := b.office.download(t, &riskv1.ExportCampaignRequest{Name: campaign.GetName()})
	content := unzip(t, file)
	assert.Contains(t, content["campaign.json"], campaign.GetName())
	assert.Contains(t, content["scheme.json"], "trinity")
	assert.Equal(t, 7, strings.Count(content["stages/02-execution.ndjson"], "\n"))
	assert.Equal(t, 1, strings.Count(content["stages/02-execution.ndjson"], "正在撤并"))
	assert.Contains(t, content[public.GetName()+"/publication.json"], public.GetEntriesSha256())
	assert.Equal(t, 1, strings.Count(content["register/risk-points.ndjson"], "\n"))
	assert.Equal(t, 2, strings.Count(content["register/risk-points.csv"], "\n"), "with its head")
	assert.Contains(t, content["register/risk-points.csv"], "决策")
	assert.Contains(t, content["register/positions.csv"], "局长")
	assert.Equal(t, "\ufeff单位,单位编号,记录编号,状态,版本,名称,种类,依据,行使岗位\n", content["register/power-items.csv"])
	assert.Equal(t, 1, strings.Count(content[public.GetName()+"/entries.ndjson"], "\n"))
	found := false
	for name, data := range content {
		found = found || strings.HasSuffix(name, "/动员会.pdf") && data == string(photo)
	}
	assert.True(t, found, "the file attached")

	get := func(role, unit string) (int, []byte) {
		url := b.URL + "/risk/v1/" + campaign.GetName() + ":export"
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+b.Token(access.Principal{Subject: "accounts/" + role, Unit: unit, Roles: []string{role}}))
		answer, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		defer func() { require.NoError(t, answer.Body.Close()) }()
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return answer.StatusCode, body
	}
	status, body := get("leading_group_office", commerce)
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, file, body)
	status, _ = get("section", markets)
	assert.Equal(t, http.StatusForbidden, status)
	status, _ = get("leading_group_office", markets)
	assert.Equal(t, http.StatusForbidden, status, "neither its unit nor its office")
	files := riskv1.NewAttachmentServiceClient(b.As("section", markets))
	_, err := files.ListAttachments(t.Context(), &typev1.ListAttachmentsRequest{Owner: campaign.GetName()})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "NOT_CAMPAIGN_OFFICE")
	_, err = files.CreateAttachment(t.Context(), &typev1.CreateAttachmentRequest{
		Owner: campaign.GetName(), File: &typev1.AttachmentFile{FileName: "a.pdf", MediaType: "application/pdf", Size: 9},
	})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "NOT_CAMPAIGN_OFFICE")
}

// attachTo attaches a file to a record, in parts.
func attachTo(t *testing.T, s *suitetest.Suite, role, unit, owner, name string, data []byte) {
	t.Helper()
	uploads := riskv1.NewAttachmentServiceClient(s.As(role, unit))
	begun, err := uploads.CreateAttachment(t.Context(), &typev1.CreateAttachmentRequest{
		Owner: owner, File: &typev1.AttachmentFile{FileName: name, MediaType: "application/pdf", Size: int64(len(data))},
	})
	require.NoError(t, err)
	for offset := 0; offset < len(data); offset += 500_000 {
		_, err = uploads.UploadPart(t.Context(), &typev1.UploadPartRequest{
			Name: begun.GetName(), UploadToken: begun.GetUploadToken(), Offset: int64(offset), Data: data[offset:min(offset+500_000, len(data))],
		})
		require.NoError(t, err)
	}
	_, err = uploads.CompleteAttachment(t.Context(), &typev1.CompleteAttachmentRequest{
		Name: begun.GetName(), UploadToken: begun.GetUploadToken(),
	})
	require.NoError(t, err)
}
