package risk_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const commerceFinance = "units/commerce_finance"

// checking is the leading group's office of T with a position that checks the section of the markets.
type checking struct {
	*suitetest.Suite

	group, section office
	checker        string
}

func newChecking(t *testing.T) checking {
	t.Helper()
	s := suitetest.Of(t, "t", commerce)
	c := checking{Suite: s, group: as(s, "leading_group_office", commerce), section: as(s, "section", markets)}
	c.checker = as(s, "section", commerceFinance).post(t, commerceFinance, "审计岗", "staff")
	return c
}

func (c checking) of(kind string) *riskv1.Check {
	return &riskv1.Check{
		Unit: commerce, CheckedUnit: markets, Kind: kind, Scope: "三季度收支和票据", DueOn: "2026-11-13", Checkers: []string{c.checker},
	}
}

// ask opens an inquiry that a check is to answer.
func (c checking) ask(t *testing.T) *networkv1.Inquiry {
	t.Helper()
	inquiries := networkv1.NewInquiryServiceClient(c.As("leading_group_office", commerce))
	inquiry, err := inquiries.OpenInquiry(t.Context(), &networkv1.OpenInquiryRequest{Inquiry: &networkv1.Inquiry{
		Unit: commerce, Point: markets, Kind: "finance_tip", SubjectUnits: []string{markets}, Title: "核查摊位费收支",
		Questions: []string{"摊位费是否全部入账？"}, DueOn: "2026-11-20",
	}})
	require.NoError(t, err)
	return inquiry
}

// verify plans a check that answers an inquiry.
func (c checking) verify(t *testing.T, inquiry *networkv1.Inquiry) *riskv1.Check {
	t.Helper()
	check := c.of("finance_tip")
	check.Inquiry = inquiry.GetName()
	return c.group.planCheck(t, check)
}

func (o office) planCheck(t *testing.T, check *riskv1.Check) *riskv1.Check {
	t.Helper()
	answer, err := o.checks.CreateCheck(t.Context(), &riskv1.CreateCheckRequest{Check: check})
	require.NoError(t, err)
	return answer
}

func TestT16_AFinanceCheckFindsAndReports(t *testing.T) {
	t.Parallel()
	c := newChecking(t)
	check := c.group.planCheck(t, c.of("off_book_funds"))
	assert.Equal(t, "2026-11-10", check.GetRemindOn())
	_, err := c.section.checks.GetCheck(t.Context(), &riskv1.GetCheckRequest{Name: check.GetName()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	check, err = c.group.checks.UpdateCheck(t.Context(), &riskv1.UpdateCheckRequest{
		Check:      &riskv1.Check{Name: check.GetName(), Scope: "前三季度收支和票据"},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"scope"}},
	})
	require.NoError(t, err)

	find := &riskv1.RecordCheckFindingsRequest{Name: check.GetName(), Findings: []*riskv1.CheckFinding{
		{Kind: "off_book_funds", Text: "摊位费未入账"}, {Kind: "financial_management", Text: "票据混用", DueOn: "2027-01-01"},
	}}
	_, err = c.group.checks.RecordCheckFindings(t.Context(), find)
	suitetest.RequireFieldFaults(t, err, map[string]string{"findings[1].due_on": "PUT_OFF"})
	listed, err := c.group.found.ListDeficiencies(t.Context(), &riskv1.ListDeficienciesRequest{Unit: commerce})
	require.NoError(t, err)
	assert.Empty(t, listed.GetDeficiencies(), "nothing half done")
	find.Findings[1].DueOn = ""
	check, err = c.group.checks.RecordCheckFindings(t.Context(), find)
	require.NoError(t, err)
	require.Len(t, check.GetDeficiencies(), 2)
	funds, err := c.section.found.GetDeficiency(t.Context(), &riskv1.GetDeficiencyRequest{Name: check.GetDeficiencies()[0]})
	require.NoError(t, err)
	assert.Equal(t, markets+" "+commerce+" "+check.GetName(), funds.GetUnit()+" "+funds.GetFoundBy()+" "+funds.GetSource())
	assert.Len(t, said(t, c.Suite, "section", markets, funds.GetName(), 1), 1)
	_, err = c.group.checks.CancelCheck(t.Context(), &riskv1.CancelCheckRequest{Name: check.GetName(), Reason: "不查了"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")

	c.Clock.Advance(24 * time.Hour)
	report := &riskv1.ReportCheckRequest{Name: check.GetName(), Summary: "查出两个问题，已责令整改", DoneOn: "2026-11-01", Important: true}
	_, err = c.group.checks.ReportCheck(t.Context(), report)
	assert.Equal(t, "done_on", suitetest.FieldViolations(t, err)[0].GetField())
	report.DoneOn = "2026-11-02"
	check, err = c.group.checks.ReportCheck(t.Context(), report)
	require.NoError(t, err)
	assert.Equal(t, "2026-11-02 2026-11-03 审计岗", check.GetDoneOn()+" "+check.GetReportedOn()+" "+check.GetCheckedBy()[0].GetTitle())
	assert.Empty(t, check.GetRemindOn())
	important := &riskv1.ListChecksRequest{Unit: commerce, Important: true}
	c.group.planCheck(t, c.of("state_assets"))
	told, err := c.group.checks.ListChecks(t.Context(), important)
	require.NoError(t, err)
	require.Len(t, told.GetChecks(), 1)
	assert.Equal(t, commerce, told.GetChecks()[0].GetToldUnit())
	for _, role := range []string{"bureau_leaders", "discipline_group"} { // nobody is above the bureau
		hears(t, c.Suite, role, commerce, check.GetName(), "本单位的检查“前三季度收支和票据”发现重要情况，请领导班子查阅，需要上报的及时上报。")
		hears(t, c.Suite, role, commerce, funds.GetName(), "市场运行股存在重大问题：“摊位费未入账”。")
	}
	_, err = c.group.checks.RecordCheckFindings(t.Context(), find)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")

	counts, err := c.group.checks.CountChecks(t.Context(), &riskv1.CountChecksRequest{Unit: commerce})
	require.NoError(t, err)
	require.Len(t, counts.GetCounts(), 2)
	assert.Equal(t, text(&riskv1.CheckCount{
		Unit: commerce, Kind: "off_book_funds", State: riskv1.CheckState_CHECK_STATE_REPORTED, Count: 1,
		DeficiencyCount: 2, OwedDeficiencyCount: 2,
	}), text(counts.GetCounts()[0]))
}

func TestT16_ChecksThatAreNotMadeAreRemindedOfAndListed(t *testing.T) {
	t.Parallel()
	c := newChecking(t)
	late := c.of("financial_discipline")
	late.DueOn = "2026-11-02"
	late = c.group.planCheck(t, late)
	c.group.planCheck(t, c.of("state_assets"))
	c.Clock.Advance(24 * time.Hour)
	c.RunJob("risk.remind_checks")
	assert.Equal(t, []string{"检查“三季度收支和票据”应于 2026-11-02 前完成并报告，现已逾期。"},
		said(t, c.Suite, "leading_group_office", commerce, late.GetName(), 1))
	for _, ask := range []*riskv1.ListChecksRequest{
		{Unit: commerce, Overdue: true}, {Unit: commerce, Kinds: []string{"financial_discipline"}, CheckedUnit: markets},
	} {
		listed, err := c.group.checks.ListChecks(t.Context(), ask)
		require.NoError(t, err)
		require.Len(t, listed.GetChecks(), 1)
		assert.Equal(t, late.GetName(), listed.GetChecks()[0].GetName())
	}
	_, err := c.group.checks.ListChecks(t.Context(), &riskv1.ListChecksRequest{Unit: commerce, Kinds: []string{"luck"}})
	suitetest.RequireFieldFaults(t, err, map[string]string{"kinds": "UNKNOWN_TERM"})
	figures, err := as(c.Suite, "administrator", commerce).figures.ListFigures(t.Context(), &riskv1.ListFiguresRequest{
		Root: commerce, Units: []string{commerce}, Period: "2026-11", Measures: []string{"risk.checks_on_time"},
	})
	require.NoError(t, err)
	assert.EqualValues(t, 2, figures.GetFigures()[0].GetDenominator())
	assert.Zero(t, figures.GetFigures()[0].GetNumerator())
}

func TestT16_FaultyChecksAreRefusedByTheField(t *testing.T) {
	t.Parallel()
	c := newChecking(t)
	own := c.section.post(t, markets, "股长", "section_head")
	for name, tc := range map[string]struct {
		spoil  func(*riskv1.Check)
		faults map[string]string
	}{
		"of a kind that is none, on a day that is past": {
			func(k *riskv1.Check) { k.Kind, k.DueOn = "luck", "2026-11-01" },
			map[string]string{"check.kind": "UNKNOWN_TERM", "check.due_on": "PAST_DAY"},
		},
		"of itself":            {func(k *riskv1.Check) { k.CheckedUnit = commerce }, map[string]string{"check.checked_unit": "CHECKS_ITSELF", "check.checkers[0]": "BELOW_ITSELF"}},
		"by those checked":     {func(k *riskv1.Check) { k.Checkers = []string{own} }, map[string]string{"check.checkers[0]": "BELOW_ITSELF"}},
		"by one twice":         {func(k *riskv1.Check) { k.Checkers = []string{c.checker, c.checker} }, map[string]string{"check.checkers[1]": "DUPLICATE"}},
		"of no tip":            {func(k *riskv1.Check) { k.Kind = "finance_tip" }, map[string]string{"check.inquiry": "REQUIRED"}},
		"asked by what is not": {func(k *riskv1.Check) { k.Kind, k.Inquiry = "finance_tip", "inquiries/x-1" }, map[string]string{"check.inquiry": "NOT_FOUND"}},
		"asked without need":   {func(k *riskv1.Check) { k.Inquiry = "inquiries/x-1" }, map[string]string{"check.inquiry": "CONTRADICTION"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check := c.of("off_book_funds")
			tc.spoil(check)
			_, err := c.group.checks.CreateCheck(t.Context(), &riskv1.CreateCheckRequest{Check: check})
			suitetest.RequireFieldFaults(t, err, tc.faults)
		})
	}
	elsewhere := c.of("off_book_funds")
	elsewhere.Unit = commerceFinance
	_, err := c.group.checks.CreateCheck(t.Context(), &riskv1.CreateCheckRequest{Check: elsewhere})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
}

// A report that fails after the inquiry has its finding comes again in other words, and the inquiry has one finding.
func TestT16_AReportThatComesAgainIsNotedOnce(t *testing.T) {
	t.Parallel()
	c := newChecking(t)
	inquiries := networkv1.NewInquiryServiceClient(c.As("leading_group_office", commerce))
	inquiry := c.ask(t)
	report := &riskv1.ReportCheckRequest{Name: c.verify(t, inquiry).GetName(), Summary: "举报属实", DoneOn: "2026-11-02"}
	conn, err := pgx.Connect(t.Context(), c.Database)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "ALTER TABLE risk.checks ADD CONSTRAINT fails CHECK (state <> 'CHECK_STATE_REPORTED')")
	require.NoError(t, err)
	_, err = c.group.checks.ReportCheck(t.Context(), report)
	require.Error(t, err)
	_, err = conn.Exec(t.Context(), "ALTER TABLE risk.checks DROP CONSTRAINT fails")
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))

	report.Summary = "举报属实，金额已入账"
	reported, err := c.group.checks.ReportCheck(t.Context(), report)
	require.NoError(t, err)
	assert.True(t, reported.GetInquiryAnswered())
	inquiry, err = inquiries.GetInquiry(t.Context(), &networkv1.GetInquiryRequest{Name: inquiry.GetName()})
	require.NoError(t, err)
	assert.Len(t, inquiry.GetFindings(), 1)
}

// What an inquiry does not take for another reason than that it is closed is no report.
func TestT16_AReportThatTheInquiryRefusesIsNotMade(t *testing.T) {
	t.Parallel()
	c := newChecking(t)
	inquiries := networkv1.NewInquiryServiceClient(c.As("leading_group_office", commerce))
	inquiry := c.ask(t)
	for range 200 {
		_, err := inquiries.RecordFinding(t.Context(), &networkv1.RecordFindingRequest{
			Name:    inquiry.GetName(),
			Finding: &networkv1.InquiryFinding{Text: "已问询", FoundBy: "商务局", FoundOn: "2026-11-02"},
		})
		require.NoError(t, err)
	}
	check := c.verify(t, inquiry)
	_, err := c.group.checks.ReportCheck(t.Context(), &riskv1.ReportCheckRequest{
		Name: check.GetName(), Summary: "举报属实", DoneOn: "2026-11-02",
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "TOO_MANY_FINDINGS")
	check, err = c.group.checks.GetCheck(t.Context(), &riskv1.GetCheckRequest{Name: check.GetName()})
	require.NoError(t, err)
	assert.Equal(t, riskv1.CheckState_CHECK_STATE_PLANNED, check.GetState())
}

func TestT16_ACheckVerifiesATipAndAnswersTheInquiry(t *testing.T) {
	t.Parallel()
	c := newChecking(t)
	inquiries := networkv1.NewInquiryServiceClient(c.As("leading_group_office", commerce))
	report := func(check *riskv1.Check) *riskv1.Check {
		answer, err := c.group.checks.ReportCheck(t.Context(), &riskv1.ReportCheckRequest{
			Name: check.GetName(), Summary: "举报属实，金额已入账", DoneOn: "2026-11-02",
		})
		require.NoError(t, err)
		return answer
	}
	inquiry := c.ask(t)
	check := c.verify(t, inquiry)
	for _, day := range []string{"2026-11-01", "2026-12-31"} { // before it was planned, and to come
		_, err := c.group.checks.ReportCheck(t.Context(), &riskv1.ReportCheckRequest{Name: check.GetName(), Summary: "属实", DoneOn: day})
		assert.Equal(t, "done_on", suitetest.FieldViolations(t, err)[0].GetField(), "and the inquiry has no finding")
	}
	assert.True(t, report(check).GetInquiryAnswered())
	inquiry, err := inquiries.GetInquiry(t.Context(), &networkv1.GetInquiryRequest{Name: inquiry.GetName()})
	require.NoError(t, err)
	require.Len(t, inquiry.GetFindings(), 1)
	assert.Equal(t, "举报属实，金额已入账 2026-11-02", inquiry.GetFindings()[0].GetText()+" "+inquiry.GetFindings()[0].GetFoundOn())

	closed := c.ask(t)
	late := c.verify(t, closed)
	_, err = inquiries.CloseInquiry(t.Context(), &networkv1.CloseInquiryRequest{Name: closed.GetName(), Conclusion: "另行处理"})
	require.NoError(t, err)
	assert.False(t, report(late).GetInquiryAnswered(), "it was closed before")
	check = c.of("finance_tip")
	check.Inquiry = closed.GetName()
	_, err = c.group.checks.CreateCheck(t.Context(), &riskv1.CreateCheckRequest{Check: check})
	suitetest.RequireFieldFaults(t, err, map[string]string{"check.inquiry": "NOT_FOUND"})
}

func TestT17_TheDisciplineGroupAttachesEvidenceToItsChecks(t *testing.T) {
	t.Parallel()
	c := newChecking(t)
	check := as(c.Suite, "discipline_group", commerce).planCheck(t, c.of("procurement"))
	attach(t, c.Suite, "discipline_group", commerce, check.GetName())
}
