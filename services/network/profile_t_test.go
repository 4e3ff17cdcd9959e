package network_test

import (
	"cmp"
	"slices"
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
	"github.com/qingfeng-suite/qingfeng/services/risk/reporttables"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	commerce     = "units/commerce"
	markets      = "units/commerce_markets"
	trade        = "units/commerce_trade"
	lawTeam      = "units/commerce_law"
	marketCentre = "units/commerce_market_centre"

	titleOfBureau = "商务局三位一体机制建设领导小组办公室"
)

// bureauT is a county commerce bureau through the last quarter of 2026. Its reports are schedules and forms of its scheme: none
// of them has code of its own (T9, T17, T23).
type bureauT struct {
	*body

	// leading is the office of the leading group.
	leading office
}

func (b *bureauT) section(unit string) office { return b.office("section", unit) }

//nolint:tparallel // the steps follow each other through one quarter
func TestProfileT_AQuarterOfACommerceBureau(t *testing.T) {
	t.Parallel()
	b := &bureauT{body: found(t, "t", "t", commerce, "leading_group_office", "section")}
	b.leading = b.office("leading_group_office", commerce)
	b.inspectAll(t)
	_ = t.Run("T9_SelfInspectionsAreOwedByTheTwentieth", b.inspections) &&
		t.Run("T9_InspectionIsWrittenByItsFormAndComesAgain", b.inspect) &&
		t.Run("T9_WhoIsLateIsListedAndReminded", b.late) &&
		t.Run("T9_TheOfficeSumsUpAndFiles", b.sumUp) &&
		t.Run("T17_ProcurementsAreReturnedOrNone", b.procure) &&
		t.Run("T23_SelfChecksAreCollected", b.check) &&
		t.Run("T6_T7_TheOfficeRemindsAndGivesNotice", b.warnings) // each goes on from the one before
}

// inspectAll has every unit inspect whatever the register has of it, which is nothing here.
func (b *bureauT) inspectAll(t *testing.T) {
	t.Helper()
	schemes := riskv1.NewSchemeServiceClient(b.As(access.Administrator, commerce))
	scheme := must(schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: commerce}))(t)
	for _, grade := range scheme.GetGrades() {
		grade.InspectionSchedules = nil
	}
	must(schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme, Replace: true}))(t)
}

// inspection is what a unit writes of its risks; one row a grade.
func inspection(grades ...string) networktest.Values {
	values := networktest.Values{"inspected_on": networktest.Date("2026-10-21")}
	for _, item := range []string{"search", "grading", "management", "warning", "handling"} {
		values[item] = networktest.Text("逐项自查。")
	}
	rows := make([]networktest.Values, len(grades))
	for i, grade := range grades {
		rows[i] = networktest.Values{
			"risk_point": networktest.Text("行政许可审批"), "grade": networktest.Choice(grade), "finding": networktest.Choice("weak"),
			"measure": networktest.Text("两人会审"), "due_on": networktest.Date("2026-12-31"),
		}
	}
	values["risk_points"] = networktest.Table(rows...)
	return values
}

// register has a unit register a risk point of grade A, which the office approves.
func (b *bureauT) register(t *testing.T, unit string) {
	t.Helper()
	section, leading := b.As("section", unit), b.As("leading_group_office", commerce)
	head := must(riskv1.NewPositionServiceClient(leading).CreatePosition(t.Context(), &riskv1.CreatePositionRequest{
		Position: &riskv1.Position{Unit: commerce, Title: "局长", Rank: "head"},
	}))(t)
	own := riskv1.NewRiskPointServiceClient(section)
	point := must(own.CreateRiskPoint(t.Context(), &riskv1.CreateRiskPointRequest{RiskPoint: &riskv1.RiskPoint{
		Unit: unit, Category: "decision", SearchMethods: []string{"self"}, Regime: "行政许可制度", Description: "行政许可审批",
		Points: map[string]int32{"frequency": 5, "importance": 5, "harm": 5}, OwnerPosition: head.GetName(),
	}}))(t)
	point = must(own.SubmitRiskPoint(t.Context(), &riskv1.SubmitRiskPointRequest{
		Name: point.GetName(), Proposal: riskv1.Proposal_PROPOSAL_ENTER, Reason: "查找", Etag: point.GetEtag(),
	}))(t)
	for _, subject := range []string{"accounts/a", "accounts/b"} { // each stage by somebody else
		approver := b.AsPrincipal(access.Principal{Subject: subject, Unit: commerce, Roles: []string{"leading_group_office"}})
		point = must(riskv1.NewRiskPointServiceClient(approver).ApproveRiskPoint(t.Context(), &riskv1.ApproveRiskPointRequest{
			Name: point.GetName(), ContentSha256: point.GetStanding().GetContentSha256(), Etag: point.GetEtag(),
		}))(t)
	}
}

// sendInspection writes an inspection, confirms what the register knows, and sends it.
func (b *bureauT) sendInspection(t *testing.T, own office, name string, grades ...string) *networkv1.Report {
	t.Helper()
	must(own.WriteReport(t.Context(), &networkv1.WriteReportRequest{Name: name, Values: inspection(grades...)}))(t)
	b.confirmInspection(t, own, name)
	return must(own.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: name}))(t)
}

func (b *bureauT) confirmInspection(t *testing.T, own office, name string) {
	t.Helper()
	must(own.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: name}))(t)
	require.Eventually(t, func() bool { // the journal tells of an event once nothing older is under way
		b.RunJob(reporttables.Job)
		filled := must(own.GetReport(t.Context(), &networkv1.GetReportRequest{Name: name}))(t)
		_, err := own.ConfirmReport(t.Context(), &networkv1.ConfirmReportRequest{
			Name: name, Etag: cmp.Or(filled.GetDraftEtag(), filled.GetEtag()),
		})
		return err == nil
	}, time.Minute, 10*time.Millisecond)
}

// write writes a report and sends it: nothing of it is computed, so that nothing needs to be confirmed.
func write(t *testing.T, own office, name string, values networktest.Values) *networkv1.Report {
	t.Helper()
	must(own.WriteReport(t.Context(), &networkv1.WriteReportRequest{Name: name, Values: values}))(t)
	return must(own.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: name}))(t)
}

func (b *bureauT) inspections(t *testing.T) {
	assert.Len(t, b.gaps(t, ""), 12, "six units have neither a leader in charge nor a named person yet")
	b.jump("2026-10-21")
	for schedule, period := range map[string]string{"inspection_a": "2026-H2", "inspection_bc": "2026"} {
		owed := must(b.leading.ListReports(t.Context(), &networkv1.ListReportsRequest{
			Unit: commerce, Schedule: schedule,
			PageSize: 100,
		}))(t)
		assert.Len(t, owed.GetReports(), 7, "%s: of six units and the leaders", schedule)
		for _, r := range owed.GetReports() {
			assert.Equal(t, []string{period, "2026-11-20", strings.Replace(schedule, "inspection", "self_inspection", 1)}, []string{
				r.GetPeriod(), r.GetCloseOn(), r.GetForm(),
			})
		}
	}
}

func (b *bureauT) inspect(t *testing.T) {
	own, name := b.section(markets), reportOf(markets, "inspection_a", "2026-H2")
	for _, unit := range []string{markets, marketCentre, lawTeam, commerce} {
		b.register(t, unit)
	}
	b.confirmInspection(t, own, name)
	_, err := own.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: name})
	networktest.Refused(t, err, codes.FailedPrecondition, `values["search"]`, `values["grading"]`, `values["management"]`,
		`values["warning"]`,
		`values["handling"]`, `values["inspected_on"]`, `values["risk_points"]`)
	_, err = own.WriteReport(t.Context(), &networkv1.WriteReportRequest{Name: name, Values: inspection("a", "b")})
	networktest.Refused(t, err, codes.InvalidArgument, `values["risk_points"].table.rows[1].cells["grade"].choice`)

	sent := b.sendInspection(t, own, name, "a")
	assert.Equal(t, [2]int64{7, 7}, [2]int64{sent.GetCompleteness().GetNumerator(), sent.GetCompleteness().GetDenominator()})
	must(b.leading.ReturnReport(t.Context(), &networkv1.ReturnReportRequest{Name: name, Reason: "漏查一处", Etag: sent.GetEtag()}))(t)
	b.register(t, markets)
	again := b.sendInspection(t, own, name, "a", "a")
	assert.EqualValues(t, 2, again.GetVersion())
	must(b.leading.AcceptReport(t.Context(), &networkv1.AcceptReportRequest{Name: name, Etag: again.GetEtag()}))(t)
	first := must(own.GetReport(t.Context(), &networkv1.GetReportRequest{Name: name, Version: 1}))(t)
	assert.Len(t, first.GetValues()["risk_points"].GetTable().GetRows(), 1, "what was sent stays what it was")
	must(b.leading.GrantReportException(t.Context(), &networkv1.GrantReportExceptionRequest{Exception: &networkv1.ReportException{
		Unit: trade, Schedule: "inspection_a", Period: "2026-H2", Waived: true, Reason: "没有A级风险",
	}}))(t)
	b.sendInspection(t, b.section(marketCentre), reportOf(marketCentre, "inspection_a", "2026-H2"), "a")
	b.sendInspection(t, b.leading, reportOf(commerce, "inspection_a", "2026-H2"), "a")
	must(own.AmendReport(t.Context(), &networkv1.AmendReportRequest{Name: name, Reason: "补充一处"}))(t)
	b.register(t, markets)
	assert.EqualValues(t, 3, b.sendInspection(t, own, name, "a", "a", "a").GetVersion())
}

func (b *bureauT) late(t *testing.T) {
	b.live("2026-12-01")
	name := reportOf(lawTeam, "inspection_a", "2026-H2")
	assert.Equal(t, []string{
		"2026-10-21 report_opened", "2026-11-13 report_closes", "2026-11-20 report_closes_today",
		"2026-11-23 report_late", "2026-11-30 report_late",
	},
		b.told(t, lawTeam, name))
	assert.Contains(t, b.told(t, commerce, commerce), "2026-11-23 reports_late_below")
	_, err := b.section(lawTeam).SubmitZeroReport(t.Context(), &networkv1.SubmitZeroReportRequest{Name: name, LateReason: "漏报"})
	assert.Equal(t, "REPORT_INCOMPLETE", suitetest.Reason(err), "an inspection is owed in any case")
	must(b.section(lawTeam).WriteReport(t.Context(), &networkv1.WriteReportRequest{Name: name, Values: inspection("a")}))(t)
	b.confirmInspection(t, b.section(lawTeam), name)
	_, err = b.section(lawTeam).SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: name})
	networktest.Refused(t, err, codes.InvalidArgument, "late_reason")
	must(b.section(lawTeam).SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: name, LateReason: "人手不足"}))(t)
	overdue := must(b.leading.ListReports(t.Context(), &networkv1.ListReportsRequest{
		Unit: commerce, Schedule: "inspection_a",
		Overdue: true,
	}))(t)
	assert.Len(t, overdue.GetReports(), 2)
	sum := must(b.leading.SummarizeReports(t.Context(), &networkv1.SummarizeReportsRequest{
		Unit: commerce, Schedule: "inspection_a", FromPeriod: "2026-H2",
	}))(t).GetTotal()
	assertRates(t, sum, 7, 1, 3, 1)
	assertComplete(t, sum, 4*7)
}

// sumUp has the office sum up what the units inspected, and file it with the city.
func (b *bureauT) sumUp(t *testing.T) {
	name := reportOf(commerce, "inspection_sum", "2026-H2")
	computed := must(b.leading.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: name}))(t)
	want := make([]networktest.Values, 0, 4)
	for _, found := range []struct {
		unit, title string
		count       float64
	}{{commerce, titleOfBureau, 1}, {lawTeam, "商务执法大队", 1}, {marketCentre, "市场服务中心", 1}, {markets, "市场运行股", 3}} {
		want = append(want, networktest.Values{
			"unit": networktest.Text(found.unit), "unit_title": networktest.Text(found.title), "grade": networktest.Choice("a"),
			"finding": networktest.Choice("weak"), "count": networktest.Number(found.count),
		})
	}
	assert.EqualExportedValues(t, networktest.Rows(want...), computed.GetTables()["risk_points"], "what was sent, as it stands")
	var owed []string
	for _, row := range computed.GetTables()["owed"].GetRows() {
		cell := row.GetCells()
		if cell["schedule"].GetChoice() == "inspection_a" {
			owed = append(owed, strings.TrimSpace(strings.Join([]string{
				cell["unit_title"].GetText(), cell["status"].GetChoice(), cell["close_on"].GetDate(), cell["submit_on"].GetDate(),
			}, " ")))
		}
	}
	assert.Equal(t, []string{
		titleOfBureau + " on_time 2026-11-20 2026-10-21", "财务股 missing 2026-11-20", "商务执法大队 late 2026-11-20 2026-12-01",
		"市场服务中心 on_time 2026-11-20 2026-10-21", "市场运行股 on_time 2026-11-20 2026-10-21", "办公室 missing 2026-11-20",
		"外贸股 exempted 2026-11-20",
	}, owed, "who did not send theirs, or late, or need not")

	file := func(body, on string) error {
		_, err := b.leading.FileReport(t.Context(), &networkv1.FileReportRequest{
			Name: name, Filing: &networkv1.ReportFiling{FiledWith: body, FiledOn: on, ReceiptNumber: "收〔2026〕7号"},
		})
		return err
	}
	assert.Equal(t, "WRONG_STATE", suitetest.Reason(file("city_commission", "2026-12-01")))
	must(b.leading.ConfirmReport(t.Context(), &networkv1.ConfirmReportRequest{Name: name, Etag: computed.GetEtag()}))(t)
	must(b.leading.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: name, LateReason: "等待执法大队"}))(t)
	networktest.Refused(t, file("city_office", "2026-11-30"), codes.InvalidArgument, "filing.filed_with", "filing.filed_on")
	networktest.Refused(t, file("city_commission", "2026-12-02"), codes.InvalidArgument, "filing.filed_on")
	unfiled := &networkv1.ListReportsRequest{Unit: commerce, Unfiled: true}
	waiting := must(b.leading.ListReports(t.Context(), unfiled))(t).GetReports()
	require.Len(t, waiting, 1)
	assert.Equal(t, name+" 2026-12-08", waiting[0].GetName()+" "+waiting[0].GetFilingDue().GetDue())
	require.NoError(t, file("city_commission", "2026-12-01"))
	after := reportOf("units/commerce_finance", "inspection_a", "2026-H2")
	b.register(t, "units/commerce_finance")
	finance := b.section("units/commerce_finance")
	must(finance.WriteReport(t.Context(), &networkv1.WriteReportRequest{Name: after, Values: inspection("a")}))(t)
	b.confirmInspection(t, finance, after)
	must(finance.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: after, LateReason: "外出"}))(t)
	assert.Contains(t, b.told(t, commerce, after), "2026-12-01 report_after_sum", "the sum does not count it")
	assert.Empty(t, must(b.leading.ListReports(t.Context(), unfiled))(t).GetReports())
	networktest.Refused(t, file("city_commission", "2026-12-01"), codes.InvalidArgument, "filing.filed_with")
	_, err := b.section(markets).FileReport(t.Context(), &networkv1.FileReportRequest{
		Name: reportOf(markets, "inspection_a", "2026-H2"), Filing: &networkv1.ReportFiling{
			FiledWith: "city_commission", FiledOn: "2026-12-01", ReceiptNumber: "收〔2026〕8号",
		},
	})
	networktest.Refused(t, err, codes.InvalidArgument, "filing.filed_with")

	amended := must(b.leading.AmendReport(t.Context(), &networkv1.AmendReportRequest{Name: name, Reason: "补充说明"}))(t)
	assert.Empty(t, amended.GetFilings(), "a new version is to be filed anew")
	stands := must(b.leading.GetReport(t.Context(), &networkv1.GetReportRequest{Name: name}))(t)
	require.Len(t, stands.GetFilings(), 1)
	assert.Equal(t, "2026-12-01", stands.GetFiledOn())
	assert.Equal(t, "收〔2026〕7号", stands.GetFilings()[0].GetReceiptNumber())
	corrected := must(b.leading.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: name}))(t)
	counted := slices.ContainsFunc(corrected.GetTables()["risk_points"].GetRows(), func(row *networkv1.ReportRow) bool {
		return row.GetCells()["unit"].GetText() == "units/commerce_finance"
	})
	assert.True(t, counted, "what came late")
	must(b.leading.ConfirmReport(t.Context(), &networkv1.ConfirmReportRequest{Name: name, Etag: corrected.GetEtag()}))(t)
	must(b.leading.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: name}))(t)
	require.NoError(t, file("city_commission", "2026-12-01"))
}

func (b *bureauT) procure(t *testing.T) {
	b.live("2027-01-01")
	name := reportOf(markets, "procurement_quarterly", period)
	bought := networktest.Values{"procurements": networktest.Table(networktest.Values{
		"item": networktest.Text("办公设备"), "method": networktest.Choice("inquiry"), "budget": networktest.Number(98000.505),
	})}
	_, err := b.section(markets).ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: name})
	assert.Equal(t, "NOTHING_COMPUTED", suitetest.Reason(err))
	_, err = b.section(markets).WriteReport(t.Context(), &networkv1.WriteReportRequest{Name: name, Values: bought})
	networktest.Refused(t, err, codes.InvalidArgument, `values["procurements"].table.rows[0].cells["budget"].number`)
	bought["procurements"].GetTable().GetRows()[0].Cells["budget"] = networktest.Number(98000.5)
	must(b.section(markets).WriteReport(t.Context(), &networkv1.WriteReportRequest{Name: name, Values: bought}))(t)
	_, err = b.section(markets).SubmitZeroReport(t.Context(), &networkv1.SubmitZeroReportRequest{Name: name})
	networktest.Refused(t, err, codes.FailedPrecondition, `values["procurements"]`)
	sent := must(b.section(markets).SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: name}))(t)
	must(b.section(trade).SubmitZeroReport(t.Context(), &networkv1.SubmitZeroReportRequest{Name: reportOf(trade,
		"procurement_quarterly", period)}))(t)
	n := len(b.told(t, markets, name))
	sum := must(b.leading.SummarizeReports(t.Context(), &networkv1.SummarizeReportsRequest{
		Unit: commerce, Schedule: "procurement_quarterly", FromPeriod: period,
	}))(t).GetTotal()
	assert.EqualValues(t, 1, sum.GetZero())
	assert.Equal(t, [2]int64{1, 4}, [2]int64{sum.GetCompleteness().GetNumerator(), sum.GetCompleteness().GetDenominator()})
	require.Equal(t, "2027-01-08", sent.GetFilingDue().GetDue(), "to the department of supervision, which is outside")
	b.live("2027-01-09")
	assert.Equal(t, []string{"2027-01-06 report_filing_due", "2027-01-08 report_filing_due", "2027-01-09 report_filing_overdue"},
		b.told(t, markets, name)[n:])
	assert.Contains(t, b.told(t, commerce, commerce), "2027-01-09 report_filings_overdue_below")
	waiting := must(b.leading.ListReports(t.Context(), &networkv1.ListReportsRequest{
		Unit: commerce, Schedule: "procurement_quarterly", Unfiled: true,
	}))(t).GetReports()
	assert.Len(t, waiting, 2, "also where there is nothing to report")
	sent = must(b.section(markets).FileReport(t.Context(), &networkv1.FileReportRequest{
		Name: name, Filing: &networkv1.ReportFiling{FiledWith: "supervision", FiledOn: "2027-01-09", ReceiptNumber: "收〔2027〕3号"},
	}))(t)
	sent = must(b.leading.AcceptReport(t.Context(), &networkv1.AcceptReportRequest{Name: name, Etag: sent.GetEtag()}))(t)
	back := must(b.leading.ReturnReport(t.Context(), &networkv1.ReturnReportRequest{
		Name: name, Reason: "没有验收情况", Etag: sent.GetEtag(),
	}))(t)
	assert.Equal(t, networkv1.ReportState_REPORT_STATE_RETURNED, back.GetState(), "nobody above the topmost unit could send it back")
}

func (b *bureauT) check(t *testing.T) {
	for schedule, period := range map[string]string{"check_quarterly": period, "check_half_yearly": "2026-H2"} {
		name := reportOf(markets, schedule, period)
		_, err := b.section(markets).SubmitZeroReport(t.Context(), &networkv1.SubmitZeroReportRequest{Name: name})
		networktest.Refused(t, err, codes.FailedPrecondition, `values["work"]`, `values["result"]`)
		values := networktest.Values{"work": networktest.Text("制度已逐项落实到岗位。"), "result": networktest.Choice("met")}
		sent := write(t, b.section(markets), name, values)
		assert.Equal(t, [2]int64{2, 4}, [2]int64{sent.GetCompleteness().GetNumerator(), sent.GetCompleteness().GetDenominator()},
			"no problem told")
	}
	b.live("2027-01-11")
	sum := must(b.leading.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{
		Name: reportOf(commerce, "check_sum", "2026-H2"),
	}))(t)
	assert.EqualExportedValues(t, networktest.Rows(networktest.Values{
		"unit": networktest.Text(markets), "unit_title": networktest.Text("市场运行股"), "result": networktest.Choice("met"), "count": networktest.Number(2),
	}), sum.GetTables()["results"], "a quarter and a half-year")
	assert.Empty(t, sum.GetTables()["problems"].GetRows())

	b.live("2027-01-16")
	unfiled := b.told(t, trade, reportOf(trade, "procurement_quarterly", period))
	assert.Equal(t, []string{"2027-01-09 report_filing_overdue", "2027-01-16 report_filing_overdue"}, unfiled[len(unfiled)-2:],
		"every week until it is filed")
	assert.Contains(t, b.told(t, commerce, commerce), "2027-01-16 report_filings_overdue_below")
	figures := must(networkv1.NewFigureServiceClient(b.As("leading_group_office", commerce)).ListFigures(t.Context(),
		&networkv1.ListFiguresRequest{
			Root: commerce, Units: []string{markets, trade}, Period: "2027-01", Measures: []string{"network.reports_filed_on_time"},
		}))(t).GetFigures()
	require.Len(t, figures, 2)
	for _, figure := range figures {
		assert.Equal(t, [2]int64{0, 1}, [2]int64{figure.GetNumerator(), figure.GetDenominator()}, "one was filed late, one is not")
	}
}

func (b *bureauT) warnings(t *testing.T) {
	for _, level := range []string{"green", "yellow", "red"} {
		b.warn(t, commerce, markets, level)
	}
}

// TestT17_MajorProcurementsAreToldAtOnce has a section tell of one by an urgent tip, which its schedules need not wait for.
func TestT17_MajorProcurementsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	b := &bureauT{body: found(t, "t", "t", commerce, "leading_group_office", "section")}
	_, err := networkv1.NewTipServiceClient(b.As("section", markets)).SubmitTip(t.Context(), &networkv1.SubmitTipRequest{
		Content: &networkv1.TipContent{
			Unit: markets, SubjectArea: "procurement", Channel: "web", Title: "供应商中标后放弃", Body: "冷链设备采购中标供应商放弃中标，拟重新招标。",
			Urgent: true,
		},
	})
	require.NoError(t, err)
	inbox := networkv1.NewInboxServiceClient(b.As("leading_group_office", commerce))
	told, err := inbox.ListMessages(t.Context(), &networkv1.ListMessagesRequest{Unit: commerce, Kinds: []string{"inbox.urgent_tip"}})
	require.NoError(t, err)
	assert.Len(t, told.GetMessages(), 1)
}
