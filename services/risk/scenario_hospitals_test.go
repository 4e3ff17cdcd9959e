package risk_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/risk/campaigns"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// ward is a department of the group, or its logistics, with its risk and who judges it before the group does.
type ward struct {
	part

	auditor *office // of its hospital; the logistics have none
	owner   string
}

// theHospitals is the invented group in its campaign.
type theHospitals struct {
	*suitetest.Suite

	committee office
	wards     []*ward
}

func (g *theHospitals) until(date string) {
	at, err := time.Parse(time.DateOnly, date)
	if err == nil {
		g.Clock.Advance(at.Add(time.Hour).Sub(g.Clock.Now()))
	}
	g.RunJob(reports.OpenReportsJob)
}

// ward has a department with a chief who supplies, under the dean of its hospital.
func (g *theHospitals) ward(t *testing.T, unit, rank, tier, owner string, auditor *office) {
	t.Helper()
	w := &ward{auditor: auditor, owner: owner, part: part{
		office: as(g.Suite, "integrity_clerk", "units/"+unit), reports: networkv1.NewReportServiceClient(g.As("integrity_clerk", "units/"+unit)),
	}}
	chief, err := w.positions.CreatePosition(t.Context(), &riskv1.CreatePositionRequest{Position: &riskv1.Position{
		Unit: w.unit, Title: "采购主管", Rank: rank, Tier: tier, Holders: []*riskv1.PositionHolder{{Person: unit, From: "2025-01-01"}},
	}})
	require.NoError(t, err)
	w.chief = chief
	if w.owner == "" {
		w.owner = chief.GetName()
	}
	g.wards = append(g.wards, w)
}

// found has a department find a grave risk; the logistics grade theirs by criteria.
func (w *ward) found(t *testing.T) {
	t.Helper()
	w.point = &riskv1.RiskPoint{
		Unit: w.unit, Category: "kickback", SearchMethods: []string{"walkthrough"}, SearchSources: []*riskv1.SearchSource{{Source: "stock_taking"}},
		Causes: []string{"single_supplier"}, Regime: "采购制度", Description: "收受供应商回扣", Position: w.chief.GetName(), OwnerPosition: w.owner,
		Points: map[string]int32{"likelihood": 3, "impact": 5},
	}
	if w.auditor == nil {
		w.point.Category, w.point.Causes, w.point.SearchSources = "theft", []string{"alone"}, nil
		w.point.Description, w.point.Points = "夜间单人放行", map[string]int32{"value": 6, "turnover": 1}
	}
	w.point = w.propose(t, w.office.point(t, w.point), enter)
}

// judged has each stage pass the risk.
func (w *ward) judged(t *testing.T, committee office) {
	t.Helper()
	if w.auditor != nil {
		w.point = w.auditor.approveTwice(t, w.point)
	}
	w.point = committee.approve(t, w.point)
}

// guarded plans what the grade asks for.
func (w *ward) guarded(t *testing.T) {
	t.Helper()
	forms := []string{"two_persons", "declaration", "rotation_of_buyers"}
	if w.auditor == nil {
		forms = []string{"second_key", "camera"}
	}
	for _, form := range forms {
		w.controls = append(w.controls, w.plan(t, &riskv1.Control{
			Unit: w.unit, RiskPoint: w.point.GetName(), Form: form, Measure: "落实到班次", OwnerPosition: w.chief.GetName(),
			DueOn: "2027-01-31",
		}))
	}
}

// promise has whoever supplies and the dean sign.
func (g *theHospitals) promise(t *testing.T, unit string, by office, dean *riskv1.Position) {
	t.Helper()
	management := as(g.Suite, "hospital_management", unit)
	listed, err := by.pledges.ListCommitments(t.Context(), &riskv1.ListCommitmentsRequest{Unit: by.unit})
	require.NoError(t, err)
	require.Len(t, listed.GetCommitments(), 1)
	_, err = by.pledges.SignCommitment(t.Context(), signOf(listed.GetCommitments()[0]))
	require.NoError(t, err)
	_, err = management.pledges.CountersignCommitment(t.Context(), countersignOf(listed.GetCommitments()[0], dean))
	require.NoError(t, err)
}

// prove does the controls, and inspects the risk at the end of the year.
func (w *ward) prove(t *testing.T, s *suitetest.Suite) {
	t.Helper()
	for _, control := range w.controls {
		if control.GetForm() == "declaration" {
			w.attach(t, control.GetName())
		}
		w.completeControl(t, control)
	}
	w.send(t, "reports/"+w.unit[len("units/"):]+".inspection_grave.2026-Q4", networktest.Values{
		"risks": networktest.Table(networktest.Values{
			"risk": networktest.Text(w.point.GetDescription()), "grade": networktest.Choice(w.point.GetGrade()), "held": networktest.Choice("held"),
		}),
	}, w.confirmed(t, s))
}

// closed closes a stage, once what was reported is known in the register.
func (g *theHospitals) closed(t *testing.T, campaign *riskv1.Campaign, stage string) {
	t.Helper()
	require.Eventually(t, func() bool {
		g.RunJob(campaigns.ReportsJob)
		return g.committee.closeStage(t, campaign, stage) == nil
	}, time.Minute, 10*time.Millisecond, stage)
}

// The group goes over the turn of the year in three stages that overlap, by its roles and its data alone: one department that finds
// nothing is let off with a reason, whoever supplies commits to the dean, the logistics grade by criteria, and the year's risks are
// filed with the city.
func TestScenarioHospitals_J2_J3_J4_J5_T5_T8_T9_T21_T22_T28_AGroupCleansItsSupply(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "hospitals", hospitalGroup, suitetest.StartAt(time.Date(2026, time.July, 1, 1, 0, 0, 0, time.UTC)))
	g := &theHospitals{Suite: s, committee: as(s, "ethics_committee", hospitalGroup)}
	deans, auditors := map[string]*riskv1.Position{}, map[string]*office{}
	for _, unit := range []string{firstHospital, "units/hospitals_second"} {
		auditor := as(s, "hospital_auditor", unit)
		auditors[unit] = &auditor
		deans[unit] = as(s, "hospital_management", unit).held(t, unit, "院长", "dean", "院长"+unit, "2024-07-01")
	}
	for unit, of := range map[string]string{
		"hospitals_first_pharmacy": firstHospital, "hospitals_first_equipment": firstHospital, "hospitals_second_pharmacy": "units/hospitals_second",
	} {
		g.ward(t, unit, "chief", "supply", deans[of].GetName(), auditors[of])
	}
	g.ward(t, "hospitals_logistics", "manager", "gate", "", nil)

	campaign, err := g.committee.tryCampaign(t, &riskv1.Campaign{Kind: "clean_supply", Title: "廉洁供应"})
	require.NoError(t, err)
	campaign = g.committee.start(t, campaign)
	assert.EqualValues(t, 5, campaign.GetUnitCount(), "departments and services, no hospital")
	for _, w := range g.wards {
		w.found(t)
	}
	g.until("2026-09-30")
	suitetest.RequireRefused(t, g.committee.closeStage(t, campaign, "map"), codes.FailedPrecondition, "UNITS_MISSING")
	require.NoError(t, g.committee.waive(t, campaign, "map", "units/hospitals_first_surgery"))
	require.NoError(t, g.committee.closeStage(t, campaign, "map"))

	for _, w := range g.wards {
		w.judged(t, g.committee)
		w.guarded(t)
	}
	g.RunJob("risk.open_commitments")
	g.until("2026-12-20")
	suitetest.RequireRefused(t, g.committee.closeStage(t, campaign, "guard"), codes.FailedPrecondition, "UNITS_MISSING")
	for _, w := range g.wards {
		if w.auditor != nil {
			g.promise(t, w.auditor.unit, w.office, deans[w.auditor.unit])
		}
	}
	require.NoError(t, g.committee.closeStage(t, campaign, "guard"))
	for _, w := range g.wards {
		w.prove(t, s)
	}
	yearly := g.committee.publicise(t, g.committee.freeze(t, "yearly", "年度风险汇总", ""), "intranet")
	assert.EqualValues(t, 4, yearly.GetEntryCount())
	printed := g.committee.prints(t, yearly, "zh", asCSV)
	assert.Contains(t, printed, "监守自盗", "what the logistics call it, whose scheme is their own")
	assert.NotContains(t, printed, "theft")
	g.until("2027-01-20")
	ended, err := g.committee.publications.EndPublication(t.Context(), &riskv1.EndPublicationRequest{Name: yearly.GetName()})
	require.NoError(t, err)
	assert.Equal(t, "2027-02-20", ended.GetFileBy(), "a month")
	_, err = g.committee.publications.FilePublication(t.Context(), &riskv1.FilePublicationRequest{
		Name: yearly.GetName(), Filing: &riskv1.Filing{FiledWith: "health_commission", FiledOn: "2027-01-20", ReceiptNumber: "卫收〔2027〕3号"},
	})
	require.NoError(t, err)

	g.until("2027-02-28")
	g.closed(t, campaign, "prove")
	closed, err := g.committee.campaigns.CloseCampaign(t.Context(), &riskv1.CloseCampaignRequest{Name: campaign.GetName(), Outcome: "四个部门设防"})
	require.NoError(t, err)
	assert.Equal(t, "CAMPAIGN_STATE_CLOSED 2027-02-28", closed.GetState().String()+" "+closed.GetEndedOn())
	assert.Equal(t, []string{"map 5 4 1 0", "guard 5 5 0 0", "prove 5 5 0 0"}, g.committee.sums(t, campaign, ""))
	files := g.committee.export(t, &riskv1.ExportCampaignRequest{Name: campaign.GetName()})
	assert.Contains(t, files["register/risk-points.csv"], "夜间单人放行")
	assert.Contains(t, files["register/risk-points.csv"], "监守自盗", "what the logistics call it, whose scheme is their own")
	for name, file := range files {
		if strings.HasSuffix(name, ".csv") {
			assert.NotContains(t, file, "theft", name)
			assert.NotContains(t, file, "stock_taking", name)
		}
	}
	assert.Contains(t, files, "campaign.json")
	requireCounted(t, s)
}

// The group sums up what its departments inspected and files it, and a hospital what it bought (T9, T17).
func TestT9_T17_AHospitalGroupSumsUpItsInspectionsAndReturnsItsPurchases(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	h.kickback(t, 3, 5, h.dean.GetName())
	h.Clock.Advance(29 * day) // the first of December
	h.RunJob(reports.OpenReportsJob)
	ward := &part{office: h.clerk, reports: networkv1.NewReportServiceClient(h.As("integrity_clerk", pharmacy))}
	ward.send(t, "reports/hospitals_first_pharmacy.inspection_grave.2026-Q4", networktest.Values{
		"risks": networktest.Table(networktest.Values{
			"risk": networktest.Text("收受供应商回扣"), "grade": networktest.Choice("extreme"), "held": networktest.Choice("slipped"),
		}),
	}, ward.confirmed(t, h.Suite))
	hospital := &part{
		office: as(h.Suite, "integrity_clerk", firstHospital), reports: networkv1.NewReportServiceClient(h.As("integrity_clerk", firstHospital)),
	}
	purchases := "reports/hospitals_first.purchases.2026-11"
	hospital.send(t, purchases, networktest.Values{"purchases": networktest.Table(networktest.Values{
		"item": networktest.Text("造影剂"), "supplier": networktest.Text("供应商一"), "paid": networktest.Number(120000),
	})}, func(string) {})
	group := networkv1.NewReportServiceClient(h.As("ethics_committee", hospitalGroup))
	read, err := group.GetReport(t.Context(), &networkv1.GetReportRequest{Name: purchases})
	require.NoError(t, err)
	assert.Equal(t, networkv1.ReportState_REPORT_STATE_SUBMITTED, read.GetState())

	h.Clock.Advance(25 * day) // the inspections are in
	h.RunJob(reports.OpenReportsJob)
	sum, err := group.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: "reports/hospitals.inspection_sum.2026-Q4"})
	require.NoError(t, err)
	rows := sum.GetTables()["risks"].GetRows()
	require.Len(t, rows, 1)
	assert.Equal(t, "第一医院药学部 slipped", rows[0].GetCells()["unit_title"].GetText()+" "+rows[0].GetCells()["held"].GetChoice())
}

// The logistics grade by criteria, which look at points, causes, category and tier. A criterion that changes grades nothing anew by
// itself: who judges does, by the scheme of the day, and both grades are kept.
func TestJ3_T3_LogisticsGradeByCriteriaAndAnewOnceOneChanges(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "hospitals", hospitalGroup)
	const logistics = "units/hospitals_logistics"
	clerk, committee := as(s, "integrity_clerk", logistics), as(s, "ethics_committee", hospitalGroup)
	manager, foreman := clerk.post(t, logistics, "中心经理", "manager"), clerk.post(t, logistics, "夜班班长", "foreman")
	clerk.tier(t, foreman, "gate")
	risk := func(category, cause, owner string, value, turnover int32) *riskv1.RiskPoint {
		return clerk.point(t, &riskv1.RiskPoint{
			Unit: logistics, Category: category, SearchMethods: []string{"walkthrough"}, Causes: []string{cause}, Description: "私放货物",
			Position: foreman, OwnerPosition: owner, Points: map[string]int32{"value": value, "turnover": turnover},
		})
	}
	halted := risk("theft", "no_camera", manager, 5, 1)
	assert.Equal(t, "halt", halted.GetGrade(), "the gate, by its tier")
	assert.Equal(t, "watch", risk("waste", "no_camera", foreman, 1, 1).GetGrade(), "by its category")
	assert.Equal(t, "watch", risk("theft", "alone", foreman, 2, 3).GetGrade(), "by its points")
	light := risk("theft", "alone", foreman, 1, 3)
	assert.Equal(t, "pass", light.GetGrade(), "nothing is met")
	light = committee.approve(t, clerk.propose(t, light, enter))

	admin := as(s, access.Administrator, hospitalGroup)
	scheme, err := admin.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: logistics})
	require.NoError(t, err)
	assert.Equal(t, "schemes/hospitals_logistics", scheme.GetName())
	scheme.EffectiveFrom = "2026-11-03"
	scheme.GetCriteria().Criteria[1] = "category == 'waste' || points.value * points.turnover >= 6 || 'alone' in causes"
	_, err = admin.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	s.Clock.Advance(wholeDay)
	s.RunJob("risk.find_misgraded")
	assert.Empty(t, committee.misgraded(t, dropped, retiered), "its scheme of then has not changed")
	regraded, err := committee.points.RegradeRiskPoint(t.Context(), &riskv1.RegradeRiskPointRequest{
		Name: light.GetName(), Reason: "评级标准调整", Regrade: &riskv1.Regrade{Points: light.GetPoints(), Causes: light.GetCauses()},
	})
	require.NoError(t, err)
	assert.Equal(t, "watch schemes/hospitals_logistics@2026-11-03", regraded.GetGrade()+" "+regraded.GetSchemeVersion())
	assert.Equal(t, map[string]string{light.GetName(): "pass"}, committee.grades(t, logistics, "2026-11-02"))
	assert.Equal(t, map[string]string{light.GetName(): "watch"}, committee.grades(t, logistics, "2026-11-03"))
}
