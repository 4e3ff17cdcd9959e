package risk_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// divisions are those of the court, without their common beginning.
var divisions = []string{
	"discipline", "personnel", "party", "office", "filing", "criminal", "civil", "admin", "enforcement", "trial_supervision", "police",
}

// categories are where the court's risks lie: as many of each as J counts, and in posts the rest.
var categories = slices.Concat(
	slices.Repeat([]string{"unit_duty"}, 4), slices.Repeat([]string{"process"}, 5), slices.Repeat([]string{"regime"}, 10),
	slices.Repeat([]string{"major_decisions"}, 4), slices.Repeat([]string{"post_duty"}, 11),
)

// theCourt is the court in its campaign, with a clerk and a head in each division, after which come the leaders.
type theCourt struct {
	*suitetest.Suite

	group, leaders office
	clerks         []office
	heads          []string
}

// clerk is who works for the division, or the leaders, that have the power or risk of a number, and the position of its head.
func (c *theCourt) clerk(n int) (clerk office, head string) {
	i := n % len(c.clerks)
	return c.clerks[i], c.heads[i]
}

func (c *theCourt) until(date string) {
	at, err := time.Parse(time.DateOnly, date)
	if err == nil {
		c.Clock.Advance(at.Add(time.Hour).Sub(c.Clock.Now()))
	}
}

// clear has the divisions enter the 34 powers of the court, by position, procedure and regime in turn.
func (c *theCourt) clear(t *testing.T) {
	t.Helper()
	for n := range 34 {
		clerk, head := c.clerk(n)
		item := clerk.submitPower(t, clerk.power(t, &riskv1.PowerItem{
			Unit: clerk.unit, Kind: []string{"position", "procedure", "regime"}[n%3], Title: fmt.Sprintf("职权%d", n+1),
			LegalBasis: "《中华人民共和国人民法院组织法》", Positions: []string{head},
			Steps: []*riskv1.Step{
				{Id: "begin", Title: "受理", Position: head, Edges: []*riskv1.Edge{{Step: "end"}}}, {Id: "end", Title: "办结", Position: head},
			},
		}), enter)
		c.group.approvePower(t, item)
	}
}

// search has the divisions hand in the 34 risk points of the court, and the group approve them, but for those of one division.
func (c *theCourt) search(t *testing.T, doubted string) (points []*riskv1.RiskPoint) {
	t.Helper()
	for n, category := range categories {
		clerk, _ := c.clerk(n)
		point := scored(fmt.Sprintf("风险%d", n+1), int32(1+n%5))
		point.Unit, point.Category, point.SearchMethods = clerk.unit, category, []string{"self", "mutual", "leader", "public"}
		point = clerk.propose(t, clerk.point(t, point), enter)
		if clerk.unit != doubted {
			point = c.group.approve(t, point)
		}
		points = append(points, point)
	}
	return points
}

// searchAnew has a division that went through the motions hand all in again.
func (c *theCourt) searchAnew(t *testing.T, points []*riskv1.RiskPoint, unit string) {
	t.Helper()
	redo := c.group.orderRedo(t, unit, "2026-07-24")
	for n, point := range points {
		if point.GetUnit() != unit {
			continue
		}
		clerk, _ := c.clerk(n)
		found := clerk.get(t, point)
		found.Description += "，逐岗查找"
		points[n] = c.group.approve(t, clerk.propose(t, clerk.update(t, found), enter))
		if n+len(c.clerks) < len(points) {
			continue
		}
		_, err := clerk.redos.CompleteRedo(t.Context(), &riskv1.CompleteRedoRequest{Name: redo.GetName(), Outcome: "已逐岗重新查找"})
		require.NoError(t, err)
	}
}

// objected makes the grades public, has somebody object to one, and the group find that right; then the publicity ends.
func (c *theCourt) objected(t *testing.T, point *riskv1.RiskPoint) {
	t.Helper()
	public := c.leaders.publicise(t, c.leaders.freeze(t, "risk_grades", "廉洁风险点公示", ""), "website", "notice_board")
	assert.EqualValues(t, 34, public.GetEntryCount())
	_, err := anybody(c.Suite).SubmitComment(t.Context(), objectTo(public, point))
	require.NoError(t, err)
	_, err = c.group.comments.AnswerComment(t.Context(), &riskv1.AnswerCommentRequest{
		Name: c.group.onlyComment(t).GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_UPHELD, Answer: "异议成立",
		Regrade: &riskv1.Regrade{Points: scored("", 5).GetPoints()},
	})
	require.NoError(t, err)
	assert.Equal(t, "low → high", point.GetGrade()+" → "+c.group.get(t, point).GetGrade())
	c.Clock.Advance(8 * day)
	_, err = c.leaders.publications.EndPublication(t.Context(), &riskv1.EndPublicationRequest{Name: public.GetName()})
	require.NoError(t, err)
}

// control has each risk controlled by the head of its division.
func (c *theCourt) control(t *testing.T, points []*riskv1.RiskPoint) (controls []*riskv1.Control) {
	t.Helper()
	for n, point := range points {
		clerk, head := c.clerk(n)
		controls = append(controls, clerk.plan(t, &riskv1.Control{
			Unit: clerk.unit, RiskPoint: point.GetName(), Form: "measure", Measure: "责任到人，限期落实", OwnerPosition: head, DueOn: "2026-09-15",
		}))
	}
	return controls
}

// The court goes through J's four stages from June to September, by its roles and its data alone: it clears 34 powers, and finds,
// has reviewed and publishes 34 risk points, with a division that searches anew and an objection that is right.
func TestScenarioJ_J1_J2_J3_J4_J5_J6_TheCourtClearsItsPowersAndRisks(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "j", court, suitetest.StartAt(time.Date(2026, time.June, 1, 1, 0, 0, 0, time.UTC)))
	c := &theCourt{Suite: s, group: as(s, "discipline_group", court), leaders: as(s, "court_leaders", court)}
	for _, division := range divisions {
		clerk := as(s, "division", "units/court_"+division)
		c.clerks = append(c.clerks, clerk)
		c.heads = append(c.heads, clerk.post(t, clerk.unit, "负责人", "division_head"))
	}
	c.clerks = append(c.clerks, c.leaders)
	c.heads = append(c.heads, c.leaders.post(t, court, "院长", "president"))
	campaign, err := c.group.tryCampaign(t, &riskv1.Campaign{
		Kind: "clearing", Title: "公共权力规范运行预警机制", Office: "units/court_discipline",
		Leaders: []*riskv1.CampaignLeader{{Position: c.heads[0], Role: riskv1.CampaignRole_CAMPAIGN_ROLE_OFFICE_HEAD}},
	})
	require.NoError(t, err)
	campaign = c.group.start(t, campaign)
	assert.EqualValues(t, 12, campaign.GetUnitCount())
	attachTo(t, s, "discipline_group", court, campaign.GetName(), "动员会.pdf", append([]byte("%PDF-1.4\n"), make([]byte, 20_000)...))
	c.until("2026-06-30")
	for _, clerk := range c.clerks {
		suitetest.RequireRefused(t, c.group.closeStage(t, campaign, "mobilisation"), codes.FailedPrecondition, "UNITS_MISSING")
		require.NoError(t, clerk.recordWork(t, campaign, "mobilisation", clerk.unit, "2026-06-15"))
	}
	require.NoError(t, c.group.closeStage(t, campaign, "mobilisation"))

	c.until("2026-07-02")
	c.clear(t)
	suitetest.RequireRefused(t, c.group.closeStage(t, campaign, "clearing"), codes.FailedPrecondition, "UNITS_MISSING")
	var catalogue *riskv1.Publication
	for _, kind := range []string{"power_catalogue", "flow_charts"} {
		public := c.leaders.publicise(t, c.leaders.freeze(t, kind, kind, ""), "website", "notice_board")
		assert.EqualValues(t, 34, public.GetEntryCount())
		if kind == "power_catalogue" {
			catalogue = public
		}
	}
	suitetest.RequireRefused(t, c.group.closeStage(t, campaign, "clearing"), codes.FailedPrecondition, "UNITS_MISSING")
	assert.Equal(t, []string{"court filed 1"}, c.group.owing(t, campaign, "clearing"))
	file := func() {
		_, err := c.leaders.publications.FilePublication(t.Context(), &riskv1.FilePublicationRequest{
			Name: catalogue.GetName(), Filing: &riskv1.Filing{FiledWith: "district_commission", FiledOn: "2026-07-02", ReceiptNumber: "收文3号"},
		})
		require.NoError(t, err)
	}
	file()
	assert.Empty(t, c.group.owing(t, campaign, "clearing"))
	_, err = c.leaders.publications.WithdrawPublication(t.Context(), &riskv1.WithdrawPublicationRequest{
		Name: catalogue.GetName(), Reason: "漏列一项",
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"court filed 1"}, c.group.owing(t, campaign, "clearing"), "what was filed holds no more")
	suitetest.RequireRefused(t, c.group.closeStage(t, campaign, "clearing"), codes.FailedPrecondition, "UNITS_MISSING")
	catalogue = c.leaders.publicise(t, c.leaders.freeze(t, "power_catalogue", "权力目录", ""), "website", "notice_board")
	file()
	require.NoError(t, c.group.closeStage(t, campaign, "clearing"))

	c.until("2026-07-16")
	points := c.search(t, courtCivil)
	c.searchAnew(t, points, courtCivil)
	c.objected(t, points[0])
	suitetest.RequireRefused(t, c.group.closeStage(t, campaign, "search"), codes.FailedPrecondition, "UNITS_MISSING")
	controls := c.control(t, points)
	suitetest.RequireRefused(t, c.group.closeStage(t, campaign, "search"), codes.FailedPrecondition, "UNITS_MISSING")
	c.leaders.publicise(t, c.leaders.freeze(t, "risk_grades", "异议后的等级", ""), "website") // its grade was never public
	require.NoError(t, c.group.closeStage(t, campaign, "search"))

	c.until("2026-08-20")
	for n, control := range controls {
		clerk, _ := c.clerk(n)
		clerk.completeControl(t, control)
	}
	require.NoError(t, c.group.closeStage(t, campaign, "conclusion"))
	closed, err := c.group.campaigns.CloseCampaign(t.Context(), &riskv1.CloseCampaignRequest{
		Name: campaign.GetName(), Outcome: "清理职权 34 项，查找风险点 34 个",
	})
	require.NoError(t, err)
	assert.Equal(t, "CAMPAIGN_STATE_CLOSED 2026-08-20", closed.GetState().String()+" "+closed.GetEndedOn())
	assert.Equal(t, []string{"mobilisation 12 12 0 0", "clearing 12 12 0 0", "search 12 12 0 0", "conclusion 12 12 0 0"},
		c.group.sums(t, campaign, ""))
	summed, err := c.group.campaigns.CountCampaignProgress(t.Context(), &riskv1.CountCampaignProgressRequest{
		Campaign: campaign.GetName(), Unit: court,
	})
	require.NoError(t, err)
	for _, stage := range summed.GetStages() {
		for _, m := range stage.GetMeasures() {
			want := map[string]string{"mobilised": "12 0", "filed": "1 0"}[m.GetMeasure()]
			assert.Equal(t, cmp.Or(want, "34 0"), fmt.Sprint(m.GetDone(), m.GetMissing()), m.GetMeasure())
		}
	}
	assert.Contains(t, unzip(t, c.group.download(t, &riskv1.ExportCampaignRequest{Name: campaign.GetName()})), "campaign.json")
	requireCounted(t, c.Suite)
}

// A division takes at its counter what a visitor says, and the discipline group checks how controls are carried out. The court itself
// has something in the register as well, since its leaders go first.
func TestScenarioJ_J1_J4_J5_TheCourtListensAndChecks(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "j", court)
	division, group, leaders := as(s, "division", courtCivil), as(s, "discipline_group", court), as(s, "court_leaders", court)
	visit := &riskv1.RegisterCommentRequest{
		About: &riskv1.RegisterCommentRequest_Unit{Unit: courtCivil}, Text: "来访人反映立案窗口无人", ReceivedOn: "2026-11-02",
	}
	require.NoError(t, division.registers(t, visit))
	answered, err := division.comments.AnswerComment(t.Context(), answerTo(division.onlyComment(t), "notice_board"))
	require.NoError(t, err)
	assert.Equal(t, riskv1.CommentState_COMMENT_STATE_ANSWERED, answered.GetState())

	gaps := group.gaps(t, 5)
	assert.Len(t, gaps, 12, "eleven divisions and the court")
	assert.Equal(t, []riskv1.RegisterPart{noPositions, noPowers, noPoints}, gaps[court])
	leaders.post(t, court, "院长", "president")
	assert.Equal(t, []riskv1.RegisterPart{noPowers, noPoints}, group.gaps(t, 5)[court])

	inspector := as(s, "division", "units/court_discipline").post(t, "units/court_discipline", "纪检监察员", "staff")
	check := group.planCheck(t, &riskv1.Check{
		Unit: court, CheckedUnit: courtCivil, Kind: "controls", Scope: "上半年防控措施落实情况", DueOn: "2026-11-20", Checkers: []string{inspector},
	})
	check, err = group.checks.RecordCheckFindings(t.Context(), &riskv1.RecordCheckFindingsRequest{
		Name: check.GetName(), Findings: []*riskv1.CheckFinding{{Kind: "control_not_kept", Text: "双人审查未执行"}},
	})
	require.NoError(t, err)
	found := division.correct(t, check.GetDeficiencies()[0])
	assert.Equal(t, "2026-11-16", found.GetDueOn(), "ten working days")
	_, err = group.found.ConfirmDeficiency(t.Context(), &riskv1.ConfirmDeficiencyRequest{Name: found.GetName()})
	require.NoError(t, err)
	_, err = group.checks.ReportCheck(t.Context(), &riskv1.ReportCheckRequest{Name: check.GetName(), Summary: "一项未落实，已纠正", DoneOn: "2026-11-02"})
	require.NoError(t, err)
	_, err = division.checks.CreateCheck(t.Context(), &riskv1.CreateCheckRequest{Check: check})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
}
