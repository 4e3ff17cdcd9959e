package warning_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/suite"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// entries is one role in one unit with the parts of the register in which risks stand.
type entries struct {
	points   riskv1.RiskPointServiceClient
	controls riskv1.ControlServiceClient
}

func entriesAs(s *suitetest.Suite, subject, role, unit string) entries {
	conn := s.AsPrincipal(access.Principal{Subject: "accounts/" + subject, Unit: unit, Roles: []string{role}})
	return entries{riskv1.NewRiskPointServiceClient(conn), riskv1.NewControlServiceClient(conn)}
}

// hasRisk has the section of finance find a risk of grade A that two persons of the office approve, with a control until 15 November.
func (b *commerceBureau) hasRisk(t *testing.T) *riskv1.Control {
	t.Helper()
	positions := riskv1.NewPositionServiceClient(b.As("leading_group_office", commerce))
	head, err := positions.CreatePosition(t.Context(), &riskv1.CreatePositionRequest{Position: &riskv1.Position{
		Unit: commerce, Title: "局长", Rank: "head",
	}})
	require.NoError(t, err)
	chief, err := positions.CreatePosition(t.Context(), &riskv1.CreatePositionRequest{Position: &riskv1.Position{
		Unit: finance, Title: "财务股股长", Rank: "section_head",
	}})
	require.NoError(t, err)
	section := entriesAs(b.Suite, "chief", "section", finance)
	point, err := section.points.CreateRiskPoint(t.Context(), &riskv1.CreateRiskPointRequest{RiskPoint: &riskv1.RiskPoint{
		Unit: finance, Category: "decision", SearchMethods: []string{"self"}, Position: chief.GetName(), OwnerPosition: head.GetName(),
		Description: "大额资金支出未经集体研究", Points: map[string]int32{"frequency": 5, "importance": 5, "harm": 5},
	}})
	require.NoError(t, err)
	point, err = section.points.SubmitRiskPoint(t.Context(), &riskv1.SubmitRiskPointRequest{
		Name: point.GetName(), Proposal: riskv1.Proposal_PROPOSAL_ENTER, Etag: point.GetEtag(),
	})
	require.NoError(t, err)
	for _, subject := range []string{"first", "second"} {
		office := entriesAs(b.Suite, subject, "leading_group_office", commerce)
		point, err = office.points.ApproveRiskPoint(t.Context(), &riskv1.ApproveRiskPointRequest{
			Name: point.GetName(), ContentSha256: point.GetStanding().GetContentSha256(), Reason: "同意",
		})
		require.NoError(t, err)
	}
	control, err := section.controls.CreateControl(t.Context(), &riskv1.CreateControlRequest{Control: &riskv1.Control{
		Unit: finance, RiskPoint: point.GetName(), Form: "pledge", Measure: "大额支出一律上会", OwnerPosition: head.GetName(),
		DueOn: "2026-11-15",
	}})
	require.NoError(t, err)
	return control
}

// month has the bureau analyse what is due on the first of a month.
func (b *commerceBureau) month(t *testing.T, year int, month time.Month) {
	t.Helper()
	advanceTo(t, b.Suite, year, month, 1)
	b.RunJob(analysing)
}

func (b *commerceBureau) analysis(t *testing.T, period string) *warningv1.Analysis {
	t.Helper()
	a, err := b.office.analyses.GetAnalysis(t.Context(), &warningv1.GetAnalysisRequest{Name: "analyses/commerce." + period})
	require.NoError(t, err)
	return a
}

// wholes are what was found of units as a whole in a period.
func (b *commerceBureau) wholes(t *testing.T, period string) []*warningv1.Finding {
	t.Helper()
	return b.office.listed(t, &warningv1.ListFindingsRequest{Unit: commerce, Period: period, WholeUnit: true})
}

// counts are counts by id.
func counts(list []*typev1.CircumstanceCount) map[string]int64 {
	by := map[string]int64{}
	for _, c := range list {
		by[c.GetId()] = c.GetCount()
	}
	return by
}

// The section is found by the state of its risks alone, once in two months; a graver level is found all the same.
func TestC11_C12_T6_AUnitWithoutTipsIsFoundByItsRegister(t *testing.T) {
	t.Parallel()
	b := newCommerce(t)
	control := b.hasRisk(t)
	b.month(t, 2026, time.December)
	found := b.wholes(t, "2026-11")
	require.Len(t, found, 1)
	f := found[0]
	assert.Equal(t, finance, f.GetCount().GetUnit())
	assert.Empty(t, f.GetCount().GetSubjectArea())
	assert.Nil(t, f.GetSubjectAreaTitle())
	assert.Zero(t, f.GetCount().GetTips())
	assert.True(t, f.GetWithoutTips())
	assert.Equal(t, "yellow", f.GetWarningLevel())
	assert.Contains(t, f.GetCriterion(), "overdue.controls")
	assert.Equal(t, map[string]int64{"a": 1}, counts(f.GetCircumstances().GetRisks()))
	assert.Equal(t, map[string]int64{"controls": 1, "reports": 3}, counts(f.GetCircumstances().GetOverdue()))
	assert.Equal(t, "财务股总体情况 2026-11 达到黄色预警的条件，本期收到 0 件。登记册和报告反映（含下级）：A级风险点 1 个、逾期的防控措施 1 项、"+
		"逾期的报告 3 项。",
		f.GetExplanation().GetZh())
	assert.Equal(t, "财务股 as a whole meets the criterion of Yellow in 2026-11; tips number 0. The register and the reports say, with all "+
		"below: risk points of Grade A (1), overdue controls (1), overdue reports (3).", f.GetExplanation().GetEn())
	assert.False(t, b.analysis(t, "2026-11").GetCircumstancesMissing())
	tellsFinding(t, b, f)

	b.month(t, 2027, time.January)
	assert.Empty(t, b.wholes(t, "2026-12"), "it is silent for a month")
	assert.EqualValues(t, 1, b.analysis(t, "2026-12").GetSilent())
	for range 2 {
		b.notes(t, "off_book_funds")
	}
	_, err := b.office.analyses.RunAnalysis(t.Context(), &warningv1.RunAnalysisRequest{Unit: commerce, Period: "2026-12"})
	require.NoError(t, err)
	found = b.wholes(t, "2026-12")
	require.Len(t, found, 1, "one finding a unit")
	assert.Equal(t, "red", found[0].GetWarningLevel(), "what is graver is found all the same")
	assert.Equal(t, map[string]int64{"off_book_funds": 2}, counts(found[0].GetCircumstances().GetDeficiencies()))

	_, err = entriesAs(b.Suite, "chief", "section", finance).controls.CompleteControl(t.Context(), &riskv1.CompleteControlRequest{
		Name: control.GetName(), Result: "已落实",
	})
	require.NoError(t, err)
	for _, deficiency := range b.deficiencies(t) {
		_, err := b.group.WithdrawDeficiency(t.Context(), &riskv1.WithdrawDeficiencyRequest{Name: deficiency, Reason: "不成立"})
		require.NoError(t, err)
	}
	b.month(t, 2027, time.February)
	assert.Empty(t, b.wholes(t, "2027-01"), "nothing is wrong any more")
	assert.Zero(t, b.analysis(t, "2027-01").GetSilent())
}

// deficiencies are the names of those of the section of finance.
func (b *commerceBureau) deficiencies(t *testing.T) (names []string) {
	t.Helper()
	list, err := b.group.ListDeficiencies(t.Context(), &riskv1.ListDeficienciesRequest{Unit: finance})
	require.NoError(t, err)
	for _, d := range list.GetDeficiencies() {
		names = append(names, d.GetName())
	}
	return names
}

// tellsFinding looks at where a finding about a unit as a whole is counted and told.
func tellsFinding(t *testing.T, b *commerceBureau, f *warningv1.Finding) {
	t.Helper()
	assert.Empty(t, b.office.listed(t, &warningv1.ListFindingsRequest{Unit: commerce, SubjectArea: "finance"}))
	assert.Len(t, b.office.listed(t, &warningv1.ListFindingsRequest{Unit: commerce, AboutUnit: finance}), 1)
	counted, err := b.office.findings.CountFindings(t.Context(), &warningv1.CountFindingsRequest{Unit: commerce, Period: "2026-11"})
	require.NoError(t, err)
	require.Len(t, counted.GetCounts(), 1)
	assert.EqualValues(t, 1, counted.GetCounts()[0].GetCount())
	assert.Equal(t, f.GetName(), b.office.found(t, b.analysis(t, "2026-11"))[0].GetName())
}

// A warning of what the register says has no subject area; it falls by what the register says then.
func TestC11_T6_T7_AWarningOfAUnitAsAWholeFalls(t *testing.T) {
	t.Parallel()
	b := newCommerce(t)
	control := b.hasRisk(t)
	b.month(t, 2026, time.December)
	req := to(finance, commerce, "yellow", "notice")
	req.Finding = b.wholes(t, "2026-11")[0].GetName()
	w := b.office.issue(t, req)
	assert.Empty(t, w.GetSubjectArea())
	name := w.GetName()
	f, err := b.office.findings.GetFinding(t.Context(), &warningv1.GetFindingRequest{Name: req.GetFinding()})
	require.NoError(t, err)
	assert.Equal(t, warningv1.FindingState_FINDING_STATE_TAKEN_UP, f.GetState())
	b.clerk.acknowledge(t, name)
	b.clerk.rectify(t, name)
	b.office.check(t, name, commerce, true)
	b.month(t, 2027, time.January)
	level := func() string { return b.office.get(t, name).GetWarningLevel() }
	b.RunJob("warning.fall")
	assert.Equal(t, "yellow", level(), "the control is still overdue")

	b.Restart(withoutRisk)
	require.Error(t, b.TryJob("warning.fall"), "nobody can say what is overdue")
	assert.Equal(t, "yellow", as(b.Suite, "leading_group_office", commerce).get(t, name).GetWarningLevel())
	b.Restart(withRisk)
	_, err = entriesAs(b.Suite, "chief", "section", finance).controls.CompleteControl(t.Context(), &riskv1.CompleteControlRequest{
		Name: control.GetName(), Result: "已落实",
	})
	require.NoError(t, err)
	b.RunJob("warning.fall")
	office := as(b.Suite, "leading_group_office", commerce)
	assert.Equal(t, "green", office.get(t, name).GetWarningLevel())
	last := office.get(t, name).GetHistory()
	assert.Equal(t, "analyses/commerce.2026-12: tips == 0 && overdue.controls == 0", last[len(last)-1].GetNote())
}

// withoutRisk has a suite run without the risk service, where nobody listens; withRisk has it run whole again.
func withoutRisk(cfg *suite.Config) {
	cfg.Targets = []string{"network", "warning", "assessment", suite.Gateway}
	cfg.Peers = map[string]string{"risk": "127.0.0.1:1"}
}

func withRisk(cfg *suite.Config) { cfg.Targets, cfg.Peers = nil, nil }

// Where criteria name what the register says, an analysis without it fails as a whole, and is made up once it is back.
func TestC12_T6_AnAnalysisWaitsForTheRegisterItsCriteriaName(t *testing.T) {
	t.Parallel()
	b := newCommerce(t)
	b.hasRisk(t)
	b.office.tip(t, finance, "finance", 3)
	b.Restart(withoutRisk)
	advanceTo(t, b.Suite, 2026, time.December, 1)
	require.Error(t, b.TryJob(analysing))
	office := as(b.Suite, "leading_group_office", commerce)
	_, err := office.analyses.RunAnalysis(t.Context(), &warningv1.RunAnalysisRequest{Unit: commerce, Period: "2026-11"})
	suitetest.RequireRefused(t, err, codes.Unavailable, "UNAVAILABLE")
	_, err = office.analyses.GetAnalysis(t.Context(), &warningv1.GetAnalysisRequest{Name: "analyses/commerce.2026-11"})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	assert.Empty(t, office.listed(t, &warningv1.ListFindingsRequest{Unit: commerce}), "nothing half done")
	b.Restart(withRisk)
	b.RunJob(analysing)
	levels := map[string]string{}
	for _, f := range as(b.Suite, "leading_group_office", commerce).listed(t, &warningv1.ListFindingsRequest{Unit: commerce, Period: "2026-11"}) {
		levels[f.GetCount().GetSubjectArea()] = f.GetWarningLevel()
		assert.Equal(t, map[string]int64{"a": 1}, counts(f.GetCircumstances().GetRisks()), "a count in an area keeps them too")
	}
	assert.Equal(t, map[string]string{"": "yellow", "finance": "yellow"}, levels)
}

// withUnitCriteria has the city's ladder ask about units as a whole from today on: blue and orange what is not reported, yellow by a
// criterion that fails where two reports are overdue.
func withUnitCriteria(t *testing.T, s *suitetest.Suite) {
	t.Helper()
	schemes := warningv1.NewSchemeServiceClient(s.As(access.Administrator, suitetest.City))
	scheme, err := schemes.GetEffectiveScheme(t.Context(), &warningv1.GetEffectiveSchemeRequest{Unit: suitetest.City})
	require.NoError(t, err)
	scheme.EffectiveFrom = "2026-11-02"
	for _, level := range scheme.GetWarningLevels() {
		level.UnitCriterion = map[string]string{
			"blue": "overdue.reports > 0", "yellow": "100 / (overdue.reports - 2) > 1000", "orange": "tips >= 2 && overdue.reports > 0",
		}[level.GetId()]
	}
	_, err = schemes.CreateScheme(t.Context(), &warningv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
}

// Reports that are overdue make findings of units as a whole; a criterion that fails for some is named and keeps nothing back; what
// few tips led to is told to nobody who may not read tips, nor in a bulletin.
func TestC12_C13_OverdueReportsLeadToFindingsOfUnitsAsAWhole(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	withUnitCriteria(t, s)
	s.RunJob("network.open_reports")
	city, reviewer := as(s, "handler", suitetest.City), as(s, "reviewer", suitetest.City)
	as(s, "clerk", other).tip(t, other, "ethics", 1)
	as(s, "clerk", other).tip(t, other, "work_style", 1)
	advanceTo(t, s, 2026, time.December, 1)
	s.RunJob("network.open_reports")
	advanceTo(t, s, 2027, time.January, 1)
	city.run(t, "2026-Q3")
	made := city.run(t, "2026-Q4")
	list := func(o office, unit string) *warningv1.Finding {
		t.Helper()
		found := o.listed(t, &warningv1.ListFindingsRequest{
			Unit: suitetest.City, AboutUnit: unit, Period: "2026-Q4", WholeUnit: true,
		})
		require.Len(t, found, 1)
		return found[0]
	}
	quiet, busy := list(city, township), list(city, other)
	assert.Equal(t, []string{"blue", "orange"}, []string{quiet.GetWarningLevel(), busy.GetWarningLevel()})
	assert.Equal(t, []bool{true, false}, []bool{quiet.GetWithoutTips(), busy.GetWithoutTips()})
	assert.EqualValues(t, 2, busy.GetCount().GetTips(), "of all areas together")
	assert.Contains(t, busy.GetExplanation().GetZh(), "本期收到 2 件")
	assert.NotContains(t, list(reviewer, other).GetExplanation().GetZh(), "本期收到", "who reads no tips is told of no few")
	assert.Zero(t, list(reviewer, other).GetCount().GetTips())

	var faulty []string
	for _, f := range made.GetFaults() {
		assert.Equal(t, "yellow", f.GetWarningLevel())
		assert.Contains(t, f.GetCause(), "division by zero")
		assert.Empty(t, f.GetCount().GetSubjectArea())
		faulty = append(faulty, f.GetCount().GetUnit())
	}
	assert.Contains(t, faulty, township)
	assert.NotContains(t, faulty, other, "a graver level was met first")
	assert.NotContains(t, faulty, county, "more are overdue below it")

	assert.True(t, quiet.GetRecurring(), "it was found in the quarter before too")
	assert.EqualValues(t, 2, quiet.GetRecurrences())
	referred := referral(suitetest.City, bureau)
	referred.Findings = []string{quiet.GetName()}
	assert.Empty(t, refer(t, s, referred).GetSubjectArea())
	inBulletin(t, s, quiet, busy)
}

// refer drafts a referral to a bureau that comes to be.
func refer(t *testing.T, s *suitetest.Suite, r *warningv1.Referral) *warningv1.Referral {
	t.Helper()
	_, err := networkv1.NewUnitServiceClient(s.As("handler", suitetest.City)).CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
		UnitId: "finance", Unit: &networkv1.Unit{
			Title: "财政局", Level: typev1.Level_LEVEL_CITY, Parent: suitetest.City, Kind: networkv1.UnitKind_UNIT_KIND_MONITORING_POINT,
		},
	})
	require.NoError(t, err)
	s.Clock.Advance(6 * time.Second) // directories remember for five
	return deskOf(s, "handler", suitetest.City).draft(t, r)
}

// inBulletin looks at what a brief tells of findings about units as a whole, of which one rests on few tips.
func inBulletin(t *testing.T, s *suitetest.Suite, quiet, busy *warningv1.Finding) {
	t.Helper()
	brief := pressOf(s, "handler", suitetest.City).draft(t, &warningv1.Bulletin{
		Unit: suitetest.City, Kind: "brief", Period: "2026-Q4", Title: "四季度简报", Addressees: []*warningv1.BulletinAddressee{{Unit: county}},
	})
	rows := map[string]*warningv1.BulletinRow{}
	for _, row := range section(brief, "findings").GetRows() {
		assert.Equal(t, "单位总体", row.GetLabel().GetZh())
		assert.Zero(t, row.GetCount())
		rows[row.GetUnitTitle()] = row
	}
	require.NotNil(t, rows[quiet.GetAboutTitle()])
	assert.Equal(t, "登记册和报告反映（含下级）：逾期的报告 2 项。", rows[quiet.GetAboutTitle()].GetCause().GetZh())
	assert.Nil(t, rows[busy.GetAboutTitle()], "it would tell of few tips")
	page := pressOf(s, "handler", suitetest.City).page(t, brief.GetName())
	assert.Contains(t, page, "<th>成因</th>")
	assert.Contains(t, page, "<td>登记册和报告反映（含下级）：逾期的报告 2 项。</td>")
}

// The seven steps of the hospitals speak of the register as well: of extreme risks that nothing is done about, and of undeclared interests.
func TestC11_T6_TheRegisterLeadsToSeveralOfSevenSteps(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	auditor := registerOf(h.As("hospital_auditor", firstHospital))
	for _, unit := range []string{pharmacy, pharmacy, equipment} {
		_, err := auditor.CreateDeficiency(t.Context(), &riskv1.CreateDeficiencyRequest{Deficiency: &riskv1.Deficiency{
			Unit: unit, Kind: "declaration_missing", Text: "采购人员未申报利益关系",
		}})
		require.NoError(t, err)
	}
	advanceTo(t, h.Suite, 2026, time.December, 1)
	h.RunJob(analysing)
	levels := h.onLadder(t)
	assert.Equal(t, "order", levels[pharmacy+" "])
	assert.Equal(t, "order", levels[firstHospital+" "], "all below it together")
	assert.NotContains(t, levels, equipment+" ")
	advanceTo(t, h.Suite, 2027, time.January, 1)
	h.RunJob(analysing)
	assert.Empty(t, h.wholesIn(t, "2026-12"), "the same not again for sixty days, and nothing milder")
	advanceTo(t, h.Suite, 2027, time.February, 1)
	h.RunJob(analysing)
	assert.NotEmpty(t, h.wholesIn(t, "2027-01"))
}

// wholesIn are the levels of what the group found of units as a whole in a period.
func (h hospitals) wholesIn(t *testing.T, period string) map[string]string {
	t.Helper()
	levels := map[string]string{}
	for _, f := range h.group.listed(t, &warningv1.ListFindingsRequest{Unit: hospitalGroup, Period: period, WholeUnit: true}) {
		levels[f.GetCount().GetUnit()] = f.GetWarningLevel()
	}
	return levels
}
