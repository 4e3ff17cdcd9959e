package risk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/risk/campaigns"
	"github.com/qingfeng-suite/qingfeng/services/risk/reporttables"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// part is a section of the bureau, or its leaders, with its chief, its risk and its controls.
type part struct {
	office

	grave    bool // has a risk of grade A
	reports  networkv1.ReportServiceClient
	chief    *riskv1.Position
	point    *riskv1.RiskPoint
	controls []*riskv1.Control
}

// theBureau is the commerce bureau from March to November.
type theBureau struct {
	*suitetest.Suite

	leading      office
	sections     []*part
	head, deputy *riskv1.Position
	parts        []*part // the sections, and the leaders
}

func (b *theBureau) until(date string) {
	at, err := time.Parse(time.DateOnly, date)
	if err == nil {
		b.Clock.Advance(at.Add(time.Hour).Sub(b.Clock.Now()))
	}
	b.RunJob(reports.OpenReportsJob)
}

// search has the sections and the leaders hand in a risk each, of grade A or C, and both stages approve it.
func (b *theBureau) search(t *testing.T) {
	t.Helper()
	for _, p := range b.parts {
		grade, owner := int32(1), p.chief
		if p.grave {
			grade, owner = 5, b.head
		}
		point := riskPoint(p.unit, grade, grade, grade)
		point.Category, point.Position, point.OwnerPosition = "decision", p.chief.GetName(), owner.GetName()
		p.point = b.leading.approveTwice(t, p.propose(t, p.office.point(t, point), enter))
	}
}

// clear has each section, and the leaders, enter a power, which the legal office approves and the bureau makes public with its
// flow charts.
func (b *theBureau) clear(t *testing.T) {
	t.Helper()
	legal := as(b.Suite, "legal_office", commerce)
	for _, p := range b.parts {
		legal.approvePower(t, p.submitPower(t, p.power(t, &riskv1.PowerItem{
			Unit: p.unit, Kind: "approval", Title: "权力事项", LegalBasis: "《行政许可法》", Positions: []string{p.chief.GetName()},
			Steps: []*riskv1.Step{
				{Id: "begin", Title: "受理", Position: p.chief.GetName(), Edges: []*riskv1.Edge{{Step: "end"}}},
				{Id: "end", Title: "办结", Position: p.chief.GetName()},
			},
		}), enter))
	}
	for _, kind := range []string{"power_catalogue", "flow_charts"} {
		public := b.leading.publicise(t, b.leading.freeze(t, kind, kind, ""), "society")
		assert.EqualValues(t, len(b.parts), public.GetEntryCount())
	}
}

// rotate has the chief of the first section leave, who has held a position of grade A for five years. The office enters who came, which
// the section can't.
func (b *theBureau) rotate(t *testing.T) {
	t.Helper()
	b.RunJob("risk.open_rotations")
	require.Len(t, b.leading.rotated(t, &riskv1.ListRotationsRequest{}), 1)
	b.until("2026-05-02")
	b.leading.handOver(t, b.sections[0].chief, "2026-04-30", "新任", "2026-05-01")
	b.RunJob("risk.open_rotations")
	assert.Equal(t, riskv1.RotationState_ROTATION_STATE_DONE, b.leading.rotated(t, &riskv1.ListRotationsRequest{})[0].GetState())
}

// commit has both sides sign for each section.
func (b *theBureau) commit(t *testing.T) {
	t.Helper()
	b.RunJob("risk.open_commitments")
	for _, p := range b.sections {
		listed, err := p.pledges.ListCommitments(t.Context(), &riskv1.ListCommitmentsRequest{Unit: p.unit})
		require.NoError(t, err)
		require.Len(t, listed.GetCommitments(), 1)
		pledge := listed.GetCommitments()[0]
		_, err = p.pledges.SignCommitment(t.Context(), &riskv1.SignCommitmentRequest{
			Name: pledge.GetName(), ContentSha256: pledge.GetContentSha256(),
		})
		require.NoError(t, err)
		_, err = b.leading.pledges.CountersignCommitment(t.Context(), &riskv1.CountersignCommitmentRequest{
			Name: pledge.GetName(), ContentSha256: pledge.GetContentSha256(), Position: b.deputy.GetName(),
		})
		require.NoError(t, err)
	}
}

// control plans what the scheme asks of each grade: nothing is lacking then.
func (b *theBureau) control(t *testing.T) {
	t.Helper()
	low := []string{"pledge", "warning_education"}
	high := append([]string{
		"exchange", "open_commitment", "post_responsibility", "first_asked", "time_limited", "appraisal", "integrity_file",
	}, low...)
	for _, p := range b.parts {
		forms, owner := low, p.chief
		if p.grave {
			forms, owner = high, b.head
		}
		for _, form := range forms {
			p.controls = append(p.controls, p.plan(t, &riskv1.Control{
				Unit: p.unit, RiskPoint: p.point.GetName(), Form: form, Measure: "责任落实到人", OwnerPosition: owner.GetName(),
				DueOn: "2026-11-15",
			}))
		}
	}
	gaps, err := b.leading.controls.ListControlGaps(t.Context(), &riskv1.ListControlGapsRequest{Unit: commerce})
	require.NoError(t, err)
	assert.Empty(t, gaps.GetGaps())
}

// publish makes the summary table public.
func (b *theBureau) publish(t *testing.T) *riskv1.Publication {
	t.Helper()
	table := b.leading.publicise(t, b.leading.freeze(t, "summary_table", "廉政风险点汇总表", ""), "within")
	assert.EqualValues(t, len(b.parts), table.GetEntryCount())
	b.Clock.Advance(10 * day)
	return table
}

// file files the summary table with the city, once it is public no more.
func (b *theBureau) file(t *testing.T, table *riskv1.Publication) {
	t.Helper()
	ended, err := b.leading.publications.EndPublication(t.Context(), &riskv1.EndPublicationRequest{Name: table.GetName()})
	require.NoError(t, err)
	_, err = b.leading.publications.FilePublication(t.Context(), &riskv1.FilePublicationRequest{
		Name: table.GetName(), Filing: &riskv1.Filing{FiledWith: "city_office", FiledOn: ended.GetEndedOn(), ReceiptNumber: "收文〔2026〕1号"},
	})
	require.NoError(t, err)
}

// owing says what units miss in a stage: "commerce filed 1".
func (o office) owing(t *testing.T, campaign *riskv1.Campaign, stage string) (said []string) {
	t.Helper()
	listed, err := o.campaigns.ListCampaignProgress(t.Context(), &riskv1.ListCampaignProgressRequest{
		Campaign: campaign.GetName(), Unit: o.unit, Stage: stage, Missing: true,
	})
	require.NoError(t, err)
	for _, p := range listed.GetProgress() {
		line := []string{p.GetUnit()[len("units/"):]}
		for _, m := range p.GetMeasures() {
			if m.GetMissing() > 0 {
				line = append(line, fmt.Sprint(m.GetMeasure(), " ", m.GetMissing()))
			}
		}
		said = append(said, strings.Join(line, " "))
	}
	return said
}

// selfCheck has each section send its self-check of a period.
func (b *theBureau) selfCheck(t *testing.T, schedule, period string) {
	t.Helper()
	for _, p := range b.sections {
		p.send(t, "reports/"+p.unit[len("units/"):]+"."+schedule+"."+period, networktest.Values{
			"work": networktest.Text("制度已逐项落实到岗位。"), "result": networktest.Choice("met"),
		}, func(string) {})
	}
}

// inspect has a section inspect its risk, beside what the register has in force.
func (b *theBureau) inspect(t *testing.T, p *part, schedule, period string) {
	t.Helper()
	values := networktest.Values{"inspected_on": networktest.Date(b.Clock.Now().Format(time.DateOnly))}
	for _, item := range []string{"search", "grading", "management", "warning", "handling"} {
		values[item] = networktest.Text("已逐项自查。")
	}
	if (schedule == "inspection_a") == (p.point.GetGrade() == "a") { // else the register has nothing to inspect
		values["risk_points"] = networktest.Table(networktest.Values{
			"risk_point": networktest.Text(p.point.GetDescription()), "grade": networktest.Choice(p.point.GetGrade()),
			"position": networktest.Text(p.chief.GetTitle()), "finding": networktest.Choice("controlled"),
		})
	}
	p.send(t, "reports/"+p.unit[len("units/"):]+"."+schedule+"."+period, values, p.confirmed(t, b.Suite))
}

// confirmed has the register fill a report in, and the unit confirm what it says.
func (p *part) confirmed(t *testing.T, s *suitetest.Suite) func(name string) {
	t.Helper()
	return func(name string) {
		t.Helper()
		_, err := p.reports.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: name})
		require.NoError(t, err)
		require.Eventually(t, func() bool { // the journal tells of an event once nothing older is under way
			s.RunJob(reporttables.Job)
			filled, err := p.reports.GetReport(t.Context(), &networkv1.GetReportRequest{Name: name})
			require.NoError(t, err)
			_, err = p.reports.ConfirmReport(t.Context(), &networkv1.ConfirmReportRequest{Name: name, Etag: filled.GetEtag()})
			return err == nil
		}, time.Minute, 10*time.Millisecond)
	}
}

// send writes a report, has done with it what else it needs, and sends it.
func (p *part) send(t *testing.T, name string, values networktest.Values, confirm func(name string)) {
	t.Helper()
	_, err := p.reports.WriteReport(t.Context(), &networkv1.WriteReportRequest{Name: name, Values: values})
	require.NoError(t, err)
	confirm(name)
	_, err = p.reports.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: name})
	require.NoError(t, err)
}

// closed closes a stage, once what was reported is known in the register.
func (b *theBureau) closed(t *testing.T, campaign *riskv1.Campaign, stage string) {
	t.Helper()
	require.Eventually(t, func() bool {
		b.RunJob(campaigns.ReportsJob)
		return b.leading.closeStage(t, campaign, stage) == nil
	}, time.Minute, 10*time.Millisecond, stage)
}

// The bureau goes from March to November on the days of T, by its roles and its data alone: risks are searched, graded, made public
// and controlled, chiefs rotate and commit themselves, and sections check and inspect themselves.
func TestScenarioT_T2_T5_T8_T9_T10_T21_T22_T23_TheBureauGoesFromMarchToNovember(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce, suitetest.StartAt(time.Date(2026, time.March, 19, 1, 0, 0, 0, time.UTC)))
	b := &theBureau{Suite: s, leading: as(s, "leading_group_office", commerce)}
	b.head = b.leading.held(t, commerce, "局长", "head", "甲", "2024-01-01")
	b.deputy = b.leading.held(t, commerce, "副局长", "deputy", "乙", "2024-01-01")
	for i, unit := range append([]string{"commerce_markets"}, others...) {
		p := &part{office: as(s, "section", "units/"+unit), reports: networkv1.NewReportServiceClient(s.As("section", "units/"+unit))}
		p.chief = p.held(t, p.unit, "负责人", "section_head", "负责人", []string{"2021-05-01", "2025-01-01"}[min(i, 1)])
		p.grave = i == 0
		b.sections, b.parts = append(b.sections, p), append(b.parts, p)
	}
	b.parts = append(b.parts, &part{
		office: as(s, "bureau_leaders", commerce), reports: networkv1.NewReportServiceClient(s.As("leading_group_office", commerce)),
		chief: b.head, grave: true,
	})
	campaign := b.leading.begin(t, nil)
	b.until("2026-03-31")
	suitetest.RequireRefused(t, b.leading.closeStage(t, campaign, "start"), codes.FailedPrecondition, "UNITS_MISSING")
	for _, p := range b.parts {
		require.NoError(t, p.recordWork(t, campaign, "start", p.unit, "2026-03-25"))
	}
	b.closed(t, campaign, "start")

	b.until("2026-04-02")
	b.selfCheck(t, "check_quarterly", "2026-Q1")
	b.search(t)
	b.rotate(t)
	b.commit(t)
	b.control(t)
	b.until("2026-06-18")
	for _, p := range b.parts {
		if p.grave {
			b.inspect(t, p, "inspection_a", "2026-H1")
		}
	}
	b.until("2026-07-06")
	b.selfCheck(t, "check_quarterly", "2026-Q2")
	b.selfCheck(t, "check_half_yearly", "2026-H1")
	suitetest.RequireRefused(t, b.leading.closeStage(t, campaign, "execution"), codes.FailedPrecondition, "UNITS_MISSING")
	b.until("2026-09-10")
	table := b.publish(t)
	b.until("2026-09-30")
	missing := func(stage string, want ...string) {
		t.Helper()
		suitetest.RequireRefused(t, b.leading.closeStage(t, campaign, stage), codes.FailedPrecondition, "UNITS_MISSING")
		assert.Equal(t, want, b.leading.owing(t, campaign, stage))
	}
	missing("execution", "commerce powers 1 filed 1", "commerce_finance powers 1", "commerce_law powers 1",
		"commerce_market_centre powers 1", "commerce_markets powers 1", "commerce_office powers 1", "commerce_trade powers 1")
	b.clear(t)
	missing("execution", "commerce filed 1")
	b.file(t, table)
	b.closed(t, campaign, "execution")

	b.until("2026-10-08")
	b.selfCheck(t, "check_quarterly", "2026-Q3")
	b.closed(t, campaign, "assessment")

	b.until("2026-11-10")
	for _, p := range b.parts {
		b.inspect(t, p, "inspection_bc", "2026")
		for _, control := range p.controls {
			p.completeControl(t, control)
		}
	}
	require.Eventually(t, func() bool {
		b.RunJob(campaigns.ReportsJob)
		return len(b.leading.owing(t, campaign, "revision")) <= 2
	}, time.Minute, 10*time.Millisecond)
	missing("revision", "commerce inspection_a 1", "commerce_markets inspection_a 1") // due by 20 November
	for _, p := range b.parts {
		if p.grave {
			b.inspect(t, p, "inspection_a", "2026-H2")
		}
	}
	b.closed(t, campaign, "revision")
	ended, err := b.leading.campaigns.CloseCampaign(t.Context(), &riskv1.CloseCampaignRequest{
		Name: campaign.GetName(), Outcome: "基本形成风险预警、防范、监督体系",
	})
	require.NoError(t, err)
	assert.Equal(t, "CAMPAIGN_STATE_CLOSED 2026-11-10", ended.GetState().String()+" "+ended.GetEndedOn())
	assert.Equal(t, []string{"start 7 7 0 0", "execution 7 7 0 0", "assessment 7 7 0 0", "revision 7 7 0 0"},
		b.leading.sums(t, campaign, ""))
	requireCounted(t, b.Suite)
}
