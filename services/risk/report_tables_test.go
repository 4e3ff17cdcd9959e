package risk_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
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

// A section inspects what the register has in force of it, and says what it found.
func TestT9_ASelfInspectionShowsTheRegister(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, leading := as(s, "section", markets), as(s, "leading_group_office", commerce)
	inForce := riskPoint(markets, 5, 5, 5)
	inForce.Category, inForce.OwnerPosition = "decision", leading.post(t, commerce, "局长", "head")
	inForce.Position = section.post(t, markets, "审批岗", "staff")
	leading.approveTwice(t, section.submit(t, section.point(t, inForce)))
	low := riskPoint(markets, 1, 1, 1)
	low.Category, low.Description, low.OwnerPosition = "personal", "礼金", section.post(t, markets, "股长", "section_head")
	leading.approveTwice(t, section.submit(t, section.point(t, low)))
	draft := riskPoint(markets, 2, 2, 2)
	draft.Category = "personal"
	section.point(t, draft)

	s.RunJob(reports.OpenReportsJob)
	own, name := networkv1.NewReportServiceClient(s.As("section", markets)), "reports/commerce_markets.inspection_a.2026-H2"
	computed, err := own.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: name})
	require.NoError(t, err)
	assert.Empty(t, computed.GetTables()["catalogue"].GetRows())
	_, err = own.ConfirmReport(t.Context(), &networkv1.ConfirmReportRequest{Name: name, Etag: computed.GetEtag()})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "REPORT_INCOMPLETE")
	var filled *networkv1.Report
	require.Eventually(t, func() bool { // the journal tells of an event once nothing older is under way
		s.RunJob(reporttables.Job)
		filled, err = own.GetReport(t.Context(), &networkv1.GetReportRequest{Name: name})
		return err == nil && filled.GetTables()["catalogue"] != nil
	}, time.Minute, 10*time.Millisecond)
	rows := filled.GetTables()["catalogue"].GetRows()
	require.Len(t, rows, 1, "what is in force of grade A")
	assert.EqualExportedValues(t, networktest.Rows(networktest.Values{
		"description": networktest.Text(inForce.GetDescription()), "grade": networktest.Choice("a"), "power_item": networktest.Text(""),
		"position": networktest.Text("审批岗"), "owner": networktest.Text("局长"),
	}).GetRows()[0].GetCells(), rows[0].GetCells())

	const ofBC = "reports/commerce_markets.inspection_bc.2026"
	_, err = own.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: ofBC})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		s.RunJob(reporttables.Job)
		report, err := own.GetReport(t.Context(), &networkv1.GetReportRequest{Name: ofBC})
		listed := report.GetTables()["catalogue"].GetRows()
		return err == nil && len(listed) == 1 && listed[0].GetCells()["description"].GetText() == "礼金"
	}, time.Minute, 10*time.Millisecond, "those of grades B and C")

	confirmed, err := own.ConfirmReport(t.Context(), &networkv1.ConfirmReportRequest{Name: name, Etag: filled.GetEtag()})
	require.NoError(t, err)
	s.RunJob(reporttables.Job)
	again, err := own.GetReport(t.Context(), &networkv1.GetReportRequest{Name: name})
	require.NoError(t, err)
	assert.Equal(t, confirmed.GetEtag(), again.GetEtag(), "what was brought once is not brought again")

	found := func(description string) networktest.Values {
		return networktest.Values{
			"risk_point": networktest.Text(description), "position": networktest.Text("审批岗"), "grade": networktest.Choice("a"),
			"finding": networktest.Choice("controlled"),
		}
	}
	send := func(on string, rows ...networktest.Values) error {
		values := networktest.Values{"inspected_on": networktest.Date(on), "risk_points": networktest.Table(rows...)}
		for _, item := range []string{"search", "grading", "management", "warning", "handling"} {
			values[item] = networktest.Text("已逐项自查。")
		}
		if _, err := own.WriteReport(t.Context(), &networkv1.WriteReportRequest{Name: name, Values: values}); err != nil {
			return err
		}
		_, err := own.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: name})
		return err
	}
	actual := found(inForce.GetDescription())
	for _, on := range []string{"2026-12-24", "2026-06-30"} { // to come, and before the half-year
		suitetest.RequireFieldFaults(t, send(on, actual), map[string]string{`values["inspected_on"].date`: "OUTSIDE_PERIOD"})
	}
	refused := send("2026-11-02", found("来客接待"))
	suitetest.RequireRefused(t, refused, codes.FailedPrecondition, "REPORT_INCOMPLETE")
	suitetest.RequireNamed(t, refused, map[string]string{
		`values["risk_points"].table.rows[0]`: "ENTRY_FOREIGN", `values["risk_points"].table`: "ENTRY_MISSING",
	})
	suitetest.RequireRefused(t, send("2026-11-02", actual, actual), codes.FailedPrecondition, "REPORT_INCOMPLETE")
	require.NoError(t, send("2026-11-02", actual))
}

// What a unit has confirmed is looked at again once its risk points change; of what was sent it is told.
func TestT9_AnInspectionIsLookedAtAgainWhenAGradeChanges(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, leading := as(s, "section", markets), as(s, "leading_group_office", commerce)
	point := riskPoint(markets, 5, 5, 5)
	point.Category, point.OwnerPosition = "decision", leading.post(t, commerce, "局长", "head")
	inForce := leading.approveTwice(t, section.submit(t, section.point(t, point)))
	s.RunJob(reports.OpenReportsJob)
	const name = "reports/commerce_markets.inspection_a.2026-H2"
	own := networkv1.NewReportServiceClient(s.As("section", markets))
	read := func() *networkv1.Report {
		found, err := own.GetReport(t.Context(), &networkv1.GetReportRequest{Name: name})
		require.NoError(t, err)
		return found
	}
	_, err := own.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: name})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		s.RunJob(reporttables.Job)
		return len(read().GetTables()["catalogue"].GetRows()) == 1
	}, time.Minute, 10*time.Millisecond)
	confirm := func() {
		_, err := own.ConfirmReport(t.Context(), &networkv1.ConfirmReportRequest{Name: name, Etag: read().GetEtag()})
		require.NoError(t, err)
	}
	confirm()
	s.RunJob(reporttables.RefillJob)
	assert.Equal(t, networkv1.ReportState_REPORT_STATE_CONFIRMED, read().GetState(), "nothing has changed")

	regrade := func(frequency int32, owner string) {
		_, err := leading.points.RegradeRiskPoint(t.Context(), &riskv1.RegradeRiskPointRequest{
			Name: inForce.GetName(), Reason: "整改见效", Regrade: &riskv1.Regrade{
				Points: map[string]int32{"frequency": frequency, "importance": frequency, "harm": frequency}, OwnerPosition: owner,
			},
		})
		require.NoError(t, err)
	}
	regrade(1, leading.post(t, commerce, "股长", "section_head"))
	s.RunJob(reporttables.RefillJob)
	assert.Equal(t, networkv1.ReportState_REPORT_STATE_COMPUTED, read().GetState())
	assert.Empty(t, read().GetTables()["catalogue"].GetRows())
	confirm()
	values := networktest.Values{"inspected_on": networktest.Date("2026-11-02")}
	for _, item := range []string{"search", "grading", "management", "warning", "handling"} {
		values[item] = networktest.Text("已逐项自查。")
	}
	_, err = own.WriteReport(t.Context(), &networkv1.WriteReportRequest{Name: name, Values: values})
	require.NoError(t, err)
	_, err = own.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: name})
	require.NoError(t, err)
	regrade(5, point.GetOwnerPosition())
	s.RunJob(reporttables.RefillJob)
	s.RunJob(reporttables.RefillJob)
	heard := said(t, s, "section", markets, name, 2)
	assert.Equal(t, []string{
		"“A级廉政风险自查”（2026-H2）所列风险点有变动，表已重新生成，请核对后重新确认。",
		"“A级廉政风险自查”（2026-H2）报送后，所列风险点有变动；如需更正，请修订该报告。",
	}, heard[len(heard)-2:])
	assert.Empty(t, read().GetTables()["catalogue"].GetRows(), "what was sent stays as it was sent")

	campaign := leading.begin(t, november())
	assert.Eventually(t, func() bool { // risk hears of what was sent from the journal of network
		s.RunJob(campaigns.ReportsJob)
		return strings.Contains(unzip(t, leading.download(t, &riskv1.ExportCampaignRequest{Name: campaign.GetName()}))[name+".json"], "inspected_on")
	}, time.Minute, 10*time.Millisecond, "it is material of a campaign of its days")
}

// A table is of the grades that its schedule inspects, however many others there are, and says what it can't hold.
func TestT9_ATableIsCutOfItsOwnGradesAlone(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, leading := as(s, "section", markets), as(s, "leading_group_office", commerce)
	high := riskPoint(markets, 5, 5, 5)
	high.Category, high.OwnerPosition = "decision", leading.post(t, commerce, "局长", "head")
	copied := leading.approveTwice(t, section.submit(t, section.point(t, high)))
	low := riskPoint(markets, 1, 1, 1)
	low.Category, low.OwnerPosition = "personal", section.post(t, markets, "股长", "section_head")
	leading.approveTwice(t, section.submit(t, section.point(t, low)))
	conn, err := pgx.Connect(t.Context(), s.Database)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, conn.Close(t.Context())) })
	key := copied.GetName()[strings.LastIndex(copied.GetName(), "-")+1:]
	for table, columns := range map[string]string{
		"risk_points": "unit_path, create_time, body", "risk_point_versions": "unit_path, create_time, body, version, revision, effective_on",
	} {
		_, err := conn.Exec(t.Context(), "INSERT INTO risk."+table+" (region, key, "+columns+") SELECT region, key || n, "+columns+
			" FROM risk."+table+", generate_series(1, 500) AS n WHERE key = $1", key)
		require.NoError(t, err)
	}

	s.RunJob(reports.OpenReportsJob)
	own := networkv1.NewReportServiceClient(s.As("section", markets))
	for name, rows := range map[string]int{
		"reports/commerce_markets.inspection_bc.2026": 1, "reports/commerce_markets.inspection_a.2026-H2": 500,
	} {
		_, err := own.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: name})
		require.NoError(t, err)
		assert.Eventually(t, func() bool {
			s.RunJob(reporttables.Job)
			report, err := own.GetReport(t.Context(), &networkv1.GetReportRequest{Name: name})
			return err == nil && len(report.GetTables()["catalogue"].GetRows()) == rows
		}, time.Minute, 10*time.Millisecond, name)
	}
	heard := said(t, s, "section", markets, "reports/commerce_markets.inspection_a.2026-H2", 1)
	assert.Contains(t, heard, "“A级廉政风险自查”（2026-H2）应列风险点 501 个，表中只列出前 500 个，其余请查阅登记册。")
}

// A unit is asked to inspect the grades of which it has risk points in force as the inspection opens.
func TestT9_WhoHasNoRiskPointOfTheGradeOwesNoInspection(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, leading := as(s, "section", markets), as(s, "leading_group_office", commerce)
	point := riskPoint(markets, 5, 5, 5)
	point.Category, point.OwnerPosition = "decision", leading.post(t, commerce, "局长", "head")
	leading.approveTwice(t, section.submit(t, section.point(t, point)))
	draft := riskPoint(trade, 5, 5, 5)
	draft.Category, draft.OwnerPosition = "decision", point.GetOwnerPosition()
	as(s, "section", trade).point(t, draft)

	campaign := leading.begin(t, november())
	progress := func() string { return as(s, "section", trade).progress(t, campaign, "revision", false)[0] }
	assert.Equal(t, "commerce_trade controls 0-0 controls_done 0-0 inspection 0-1 inspection_a 0-2 (2)", progress())
	s.RunJob(reports.OpenReportsJob)
	above := networkv1.NewReportServiceClient(s.As("leading_group_office", commerce))
	exceptions := networkv1.NewReportExceptionServiceClient(s.As("leading_group_office", commerce))
	report := func(name string) *networkv1.Report {
		found, err := above.GetReport(t.Context(), &networkv1.GetReportRequest{Name: "reports/" + name})
		require.NoError(t, err)
		return found
	}
	const ofTrade = "commerce_trade.inspection_a.2026-H2"
	require.Eventually(t, func() bool {
		s.RunJob(reporttables.Job)
		return report(ofTrade).GetExempted() && report("commerce_markets.inspection_bc.2026").GetExempted() &&
			report("commerce_trade.inspection_bc.2026").GetExempted()
	}, time.Minute, 10*time.Millisecond)
	assert.False(t, report("commerce_markets.inspection_a.2026-H2").GetExempted(), "it has a risk point of grade A")
	hear := func(want string) {
		t.Helper()
		assert.Eventually(t, func() bool {
			s.RunJob(campaigns.ReportsJob)
			return progress() == want
		}, time.Minute, 10*time.Millisecond, want)
	}
	hear("commerce_trade controls 0-0 controls_done 0-0 inspection 0-0 inspection_a 0-1 (1)")
	_, err := exceptions.RevokeReportException(t.Context(), &networkv1.RevokeReportExceptionRequest{
		Name: report("commerce_trade.inspection_bc.2026").GetException().GetName(), Reason: "须核实有无B、C级风险",
	})
	require.NoError(t, err)
	hear("commerce_trade controls 0-0 controls_done 0-0 inspection 0-1 inspection_a 0-1 (2)")
	_, err = exceptions.GrantReportException(t.Context(), &networkv1.GrantReportExceptionRequest{Exception: &networkv1.ReportException{
		Unit: trade, Schedule: "inspection_bc", Period: "2026", Waived: true, Reason: "正在撤并",
	}})
	require.NoError(t, err)
	hear("commerce_trade controls 0-0 controls_done 0-0 inspection 0-0 inspection_a 0-1 (1)")
	waived := report(ofTrade).GetException()
	assert.Equal(t, "risk.grade_catalogue", waived.GetComputation(), "why")
	assert.Empty(t, waived.GetGrantedBy())
	assert.Contains(t, waived.GetReason(), "登记册中没有")
	sum, err := above.SummarizeReports(t.Context(), &networkv1.SummarizeReportsRequest{
		Unit: commerce, Schedule: "inspection_a", FromPeriod: "2026-H2",
	})
	require.NoError(t, err)
	assert.EqualValues(t, 1, sum.GetTotal().GetReporting().GetDenominator(), "nothing is missing of the others")

	_, err = exceptions.WaiveReport(t.Context(), &networkv1.WaiveReportRequest{Name: "reports/" + ofTrade, Computation: "risk.a"})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "SERVICES_ONLY")
	_, err = exceptions.RevokeReportException(t.Context(), &networkv1.RevokeReportExceptionRequest{
		Name: waived.GetName(), Reason: "须核实有无A级风险",
	})
	require.NoError(t, err)
	s.RunJob(reports.OpenReportsJob)
	s.RunJob(reporttables.Job)
	assert.False(t, report(ofTrade).GetExempted(), "a unit above wants it all the same")
}

// A unit owes the inspection of a grade from the day on which it has a risk point of it, while the inspection is under way.
func TestT9_WhoComesToHaveARiskPointOfTheGradeOwesItsInspection(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	b.RunJob(reports.OpenReportsJob)
	office := networkv1.NewReportServiceClient(b.As("leading_group_office", commerce))
	read := func(name string) *networkv1.Report {
		found, err := office.GetReport(t.Context(), &networkv1.GetReportRequest{Name: name})
		require.NoError(t, err)
		return found
	}
	exempted := func(name string, want bool, job string) *networkv1.Report {
		t.Helper()
		require.Eventually(t, func() bool {
			b.RunJob(job)
			return read(name).GetExempted() == want
		}, time.Minute, 10*time.Millisecond)
		return read(name)
	}
	const ofA, ofBC, elsewhere = "reports/commerce_trade.inspection_a.2026-H2", "reports/commerce_trade.inspection_bc.2026",
		"reports/commerce_finance.inspection_a.2026-H2"
	waivedA, waivedBC := exempted(ofA, true, reporttables.Job), exempted(ofBC, true, reporttables.Job)
	exempted(elsewhere, true, reporttables.Job)

	head := b.office.post(t, commerce, "局长", "head")
	enters := func(unit string, points int32, category string) {
		section, asked := as(b.Suite, "section", unit), riskPoint(unit, points, points, points)
		if asked.Category = category; category == "decision" {
			asked.OwnerPosition = head
		}
		b.office.approveTwice(t, section.submit(t, section.point(t, asked)))
	}
	b.Clock.Advance(day)
	enters(trade, 1, "personal")
	owed := exempted(ofBC, false, reporttables.RefillJob)
	assert.Equal(t, "2026-11-20 ", owed.GetCloseOn()+" "+owed.GetException().GetName(), "there is time until the window closes")
	assert.Equal(t, []string{
		"登记册中没有《B、C级廉政风险自查》（2026）所涉及的内容，由系统自动免报。", "登记册中现已有《B、C级廉政风险自查》（2026）所涉及的内容，自动免报已取消，请于 2026-11-20 前报送。",
	}, said(t, b.Suite, "section", trade, waivedBC.GetException().GetName(), 2))
	assert.True(t, read(ofA).GetExempted(), "of grade A it has none")

	b.Clock.Advance(15 * day) // Wednesday the 18th
	enters(trade, 5, "decision")
	owed = exempted(ofA, false, reporttables.RefillJob)
	assert.Equal(t, "2026-11-25 2026-11-20 5", strings.Join([]string{
		owed.GetCloseOn(), owed.GetScheduledCloseOn(), strconv.Itoa(int(owed.GetException().GetDaysAdded())),
	}, " "), "five working days, as for what is sent back")
	ended, err := networkv1.NewReportExceptionServiceClient(b.As("leading_group_office", commerce)).GetReportException(t.Context(),
		&networkv1.GetReportExceptionRequest{Name: waivedA.GetException().GetName()})
	require.NoError(t, err)
	assert.True(t, ended.GetRevoked())
	b.Clock.Advance(9 * day) // the 27th
	b.RunJob(reports.RemindReportsJob)
	hears(t, b.Suite, "section", trade, ofA, "《A级廉政风险自查》（2026-H2）已于 2026-11-25 截止，尚未报送，请补报并说明原因。")
	enters("units/commerce_finance", 5, "decision")
	b.RunJob(reporttables.RefillJob)
	assert.True(t, read(elsewhere).GetExempted(), "its window is over")
}

// A unit that was merged once its inspection was open inspects what it had on its last day; its successor sends that.
func TestT9_ASuccessorInspectsWhatAnEndedUnitHad(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	point := riskPoint(markets, 5, 5, 5)
	point.Category, point.OwnerPosition = "decision", b.office.post(t, commerce, "局长", "head")
	b.office.approveTwice(t, b.section.submit(t, b.section.point(t, point)))
	b.Clock.Advance(day)
	b.merge(t, markets, trade)
	b.Clock.Advance(10 * day)
	b.RunJob(reports.OpenReportsJob)
	const ofA, ofBC = "reports/commerce_markets.inspection_a.2026-H2", "reports/commerce_markets.inspection_bc.2026"
	heir := networkv1.NewReportServiceClient(b.As("section", trade))
	read := func(name string) *networkv1.Report {
		found, err := heir.GetReport(t.Context(), &networkv1.GetReportRequest{Name: name})
		require.NoError(t, err)
		return found
	}
	_, err := heir.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: ofA})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		b.RunJob(reporttables.Job)
		return len(read(ofA).GetTables()["catalogue"].GetRows()) == 1 && read(ofBC).GetExempted()
	}, time.Minute, 10*time.Millisecond, "one point of grade A, none of B and C")
	assert.False(t, read(ofA).GetExempted())
	_, err = heir.ConfirmReport(t.Context(), &networkv1.ConfirmReportRequest{Name: ofA, Etag: read(ofA).GetEtag()})
	require.NoError(t, err)
}

// An inspection looks at a moment: a unit that ended before it opened has nothing left to look at.
func TestT9_AnEndedUnitOwesNoInspectionOfALaterTime(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	b.RunJob(reports.OpenReportsJob)
	office := networkv1.NewReportServiceClient(b.As("leading_group_office", commerce))
	exceptions := networkv1.NewReportExceptionServiceClient(b.As("leading_group_office", commerce))
	_, err := exceptions.GrantReportException(t.Context(), &networkv1.GrantReportExceptionRequest{Exception: &networkv1.ReportException{
		Unit: markets, Schedule: "inspection_a", Period: "2026-H2", Waived: true, Reason: "没有A级风险",
	}})
	require.NoError(t, err)
	b.Clock.Advance(23 * day)
	b.merge(t, markets, trade)
	b.Clock.Advance(180 * day) // 24 May
	b.RunJob(reports.OpenReportsJob)
	_, err = office.GetReport(t.Context(), &networkv1.GetReportRequest{Name: "reports/commerce_trade.inspection_a.2027-H1"})
	require.NoError(t, err)
	_, err = office.GetReport(t.Context(), &networkv1.GetReportRequest{Name: "reports/commerce_markets.inspection_a.2027-H1"})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
}
