package risk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// notes has an office note that something went wrong.
func (o office) notes(t *testing.T, asked *riskv1.Deficiency) *riskv1.Deficiency {
	t.Helper()
	answer, err := o.found.CreateDeficiency(t.Context(), &riskv1.CreateDeficiencyRequest{Deficiency: asked})
	require.NoError(t, err)
	return answer
}

func (o office) correct(t *testing.T, name string) *riskv1.Deficiency {
	t.Helper()
	answer, err := o.found.CorrectDeficiency(t.Context(), &riskv1.CorrectDeficiencyRequest{Name: name, Correction: "账外资金已全部入账"})
	require.NoError(t, err)
	return answer
}

func TestT16_OffBookFundsAreCorrectedAndSeenToBeByWhoFoundThem(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, group := as(s, "section", markets), as(s, "leading_group_office", commerce)
	owner := section.post(t, markets, "股长", "section_head")
	funds := group.notes(t, &riskv1.Deficiency{
		Unit: markets, Kind: "off_book_funds", Text: "收取的摊位费未入账，私设“小金库”", Position: owner,
	})
	assert.Equal(t, "2026-11-16 2026-11-11 "+commerce, funds.GetDueOn()+" "+funds.GetRemindOn()+" "+funds.GetFoundBy())
	assert.Equal(t, owner, funds.GetOwner().GetPosition())
	assert.True(t, funds.GetGrave())
	assert.Equal(t, []string{"商务局三位一体机制建设领导小组办公室查出本单位的问题“收取的摊位费未入账，私设‘小金库’”，请于 2026-11-16 前整改。"},
		said(t, s, "section", markets, funds.GetName(), 1))

	done := &riskv1.CorrectDeficiencyRequest{Name: funds.GetName(), Correction: "已全部入账"}
	_, err := section.found.CorrectDeficiency(t.Context(), done)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "EVIDENCE_MISSING")
	section.attach(t, funds.GetName())
	_, err = group.found.CorrectDeficiency(t.Context(), done)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	confirm := &riskv1.ConfirmDeficiencyRequest{Name: funds.GetName(), Reason: "账目属实"}
	_, err = group.found.ConfirmDeficiency(t.Context(), confirm)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	funds = section.correct(t, funds.GetName())
	assert.Empty(t, funds.GetRemindOn())
	_, err = section.found.ConfirmDeficiency(t.Context(), confirm)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")

	back := &riskv1.ReturnDeficiencyRequest{Name: funds.GetName(), Reason: "还有两笔未入账", DueOn: "2026-11-17"}
	_, err = group.found.ReturnDeficiency(t.Context(), back)
	suitetest.RequireFieldFaults(t, err, map[string]string{"due_on": "PUT_OFF"})
	back.DueOn = "2026-11-06"
	funds, err = group.found.ReturnDeficiency(t.Context(), back)
	require.NoError(t, err)
	assert.Equal(t, "2026-11-06   2026-11-03", funds.GetDueOn()+" "+funds.GetCorrection()+" "+funds.GetCorrectedOn()+" "+funds.GetRemindOn())
	again := &riskv1.CorrectDeficiencyRequest{Name: funds.GetName(), Correction: "账外资金，已全部入账。"}
	_, err = section.found.CorrectDeficiency(t.Context(), again)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "RETURNED_UNCHANGED")
	again.Correction = "余下两笔也已入账"
	_, err = section.found.CorrectDeficiency(t.Context(), again)
	require.NoError(t, err)
	funds, err = group.found.ConfirmDeficiency(t.Context(), confirm)
	require.NoError(t, err)
	assert.Equal(t, riskv1.DeficiencyState_DEFICIENCY_STATE_CONFIRMED, funds.GetState())
	require.Len(t, funds.GetChecks(), 2)
	assert.Equal(t, text(&riskv1.DeficiencyCheck{
		Reason: "还有两笔未入账", Unit: commerce, CheckedOn: "2026-11-02", Correction: "账外资金已全部入账", CorrectedOn: "2026-11-02",
		DueOn: "2026-11-16", CheckTime: funds.GetChecks()[0].GetCheckTime(),
	}), text(funds.GetChecks()[0]))
	_, err = group.found.WithdrawDeficiency(t.Context(), &riskv1.WithdrawDeficiencyRequest{Name: funds.GetName(), Reason: "不成立"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
}

func TestT16_WhatIsNotCorrectedIsRemindedOfListedAndCounted(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, group := as(s, "section", markets), as(s, "leading_group_office", commerce)
	late := group.notes(t, &riskv1.Deficiency{
		Unit: markets, Kind: "financial_management", Text: "报销单据不全", DueOn: "2026-11-05",
	})
	none := group.notes(t, &riskv1.Deficiency{Unit: markets, Kind: "financial_management", Text: "发票丢失"})
	_, err := group.found.WithdrawDeficiency(t.Context(), &riskv1.WithdrawDeficiencyRequest{Name: none.GetName(), Reason: "已找到"})
	require.NoError(t, err)
	own := group.notes(t, &riskv1.Deficiency{Unit: commerce, Kind: "state_assets", Text: "资产未登记"})
	assert.Equal(t, []string{"商务局三位一体机制建设领导小组办公室查出本单位的问题“资产未登记”，请于 2026-12-14 前整改。"},
		said(t, s, "bureau_leaders", commerce, own.GetName(), 1), "who looked need not be who corrects")
	for _, days := range []int{3, 1} {
		s.Clock.Advance(time.Duration(days) * 24 * time.Hour)
		s.RunJob("risk.remind_deficiencies")
		s.RunJob("risk.remind_deficiencies")
	}
	assert.Equal(t, []string{
		"问题“报销单据不全”应于 2026-11-05 前整改。", "问题“报销单据不全”应于 2026-11-05 前整改，现已逾期。",
	}, said(t, s, "section", markets, late.GetName(), 3)[1:])
	assert.Equal(t, []string{"市场运行股的问题“报销单据不全”应于 2026-11-05 前整改，现已逾期。"},
		said(t, s, "leading_group_office", commerce, late.GetName(), 1))

	listed, err := group.found.ListDeficiencies(t.Context(), &riskv1.ListDeficienciesRequest{Unit: commerce, Overdue: true})
	require.NoError(t, err)
	require.Len(t, listed.GetDeficiencies(), 1)
	assert.Equal(t, late.GetName(), listed.GetDeficiencies()[0].GetName())
	listed, err = group.found.ListDeficiencies(t.Context(), &riskv1.ListDeficienciesRequest{
		Unit: commerce, Kinds: []string{"financial_management"},
		States: []riskv1.DeficiencyState{riskv1.DeficiencyState_DEFICIENCY_STATE_WITHDRAWN},
	})
	require.NoError(t, err)
	require.Len(t, listed.GetDeficiencies(), 1)
	assert.Equal(t, "已找到", listed.GetDeficiencies()[0].GetWithdrawReason())
	_, err = group.found.ListDeficiencies(t.Context(), &riskv1.ListDeficienciesRequest{Unit: commerce, Kinds: []string{"luck"}})
	suitetest.RequireFieldFaults(t, err, map[string]string{"kinds": "UNKNOWN_TERM"})
	counts, err := group.found.CountDeficiencies(t.Context(), &riskv1.CountDeficienciesRequest{Unit: commerce})
	require.NoError(t, err)
	assert.Equal(t, text(&riskv1.CountDeficienciesResponse{Counts: []*riskv1.DeficiencyCount{
		{
			Unit: commerce, Kind: "state_assets", State: riskv1.DeficiencyState_DEFICIENCY_STATE_OPEN, Count: 1, UnfiledCount: 1,
		},
		{
			Unit: markets, Kind: "financial_management", State: riskv1.DeficiencyState_DEFICIENCY_STATE_OPEN, Count: 1,
			OverdueCount: 1,
		},
		{Unit: markets, Kind: "financial_management", State: riskv1.DeficiencyState_DEFICIENCY_STATE_WITHDRAWN, Count: 1},
	}}), text(counts))

	section.correct(t, late.GetName())
	figures, err := as(s, "administrator", commerce).figures.ListFigures(t.Context(), &riskv1.ListFiguresRequest{
		Root: commerce, Units: []string{markets}, Period: "2026-11", Measures: []string{"risk.deficiencies_on_time"},
	})
	require.NoError(t, err)
	assert.Equal(t, text(&typev1.Figure{
		Unit: markets, Measure: "risk.deficiencies_on_time", Denominator: 1, Records: []string{late.GetName()},
	}), text(figures.GetFigures()[0]))
	_, err = group.found.GetDeficiency(t.Context(), &riskv1.GetDeficiencyRequest{Name: own.GetName()})
	require.NoError(t, err)
	_, err = section.found.GetDeficiency(t.Context(), &riskv1.GetDeficiencyRequest{Name: own.GetName()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
}

// fileUpward has an office file a deficiency with a body above.
func (o office) fileUpward(t *testing.T, name, body, on string) error {
	t.Helper()
	_, err := o.found.FileDeficiency(t.Context(), &riskv1.FileDeficiencyRequest{
		Name: name, Filing: &riskv1.Filing{FiledWith: body, FiledOn: on, ReceiptNumber: "收〔2026〕9号"},
	})
	return err
}

func TestT16_WhatIsImportantOfFinancesIsFiledUpward(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	group, section := as(s, "leading_group_office", commerce), as(s, "administrator", markets)
	funds := group.notes(t, &riskv1.Deficiency{Unit: markets, Kind: "off_book_funds", Text: "摊位费未入账"})
	assert.Equal(t, "2026-11-09 2026-11-04", funds.GetFileBy()+" "+funds.GetFileRemindOn())
	top := group.notes(t, &riskv1.Deficiency{Unit: commerce, Kind: "financial_discipline", Text: "超标准接待"})
	own := section.notes(t, &riskv1.Deficiency{Unit: markets, Kind: "state_assets", Text: "资产未登记"})
	small := group.notes(t, &riskv1.Deficiency{Unit: markets, Kind: "financial_management", Text: "票据混用"})
	none := group.notes(t, &riskv1.Deficiency{Unit: markets, Kind: "off_book_funds", Text: "现金不符"})
	none, err := group.found.WithdrawDeficiency(t.Context(), &riskv1.WithdrawDeficiencyRequest{Name: none.GetName(), Reason: "已核对"})
	require.NoError(t, err)
	assert.Empty(t, none.GetFileBy())
	unfiled := func() (names []string) {
		listed, err := group.found.ListDeficiencies(t.Context(), &riskv1.ListDeficienciesRequest{Unit: commerce, Unfiled: true})
		require.NoError(t, err)
		for _, d := range listed.GetDeficiencies() {
			names = append(names, d.GetName())
		}
		return names
	}
	assert.Equal(t, []string{top.GetName(), funds.GetName(), own.GetName()}, unfiled())

	suitetest.RequireRefused(t, group.fileUpward(t, small.GetName(), "city_commission", "2026-11-02"), codes.FailedPrecondition, "NOT_TO_BE_FILED")
	suitetest.RequireRefused(t, group.fileUpward(t, none.GetName(), "city_commission", "2026-11-02"), codes.FailedPrecondition, "WRONG_STATE")
	suitetest.RequireRefused(t, section.fileUpward(t, own.GetName(), "city_commission", "2026-11-02"), codes.PermissionDenied, "OWN_DEFICIENCY")
	suitetest.RequireFieldFaults(t, group.fileUpward(t, funds.GetName(), "moon", "2026-11-01"),
		map[string]string{"filing.filed_with": "UNKNOWN_TERM", "filing.filed_on": "NOT_BEFORE"})
	for _, d := range []*riskv1.Deficiency{top, own} {
		require.NoError(t, group.fileUpward(t, d.GetName(), "city_commission", "2026-11-02"))
	}
	suitetest.RequireFieldFaults(t, group.fileUpward(t, top.GetName(), "city_commission", "2026-11-02"),
		map[string]string{"filing.filed_with": "FILED_BEFORE"})
	assert.Equal(t, []string{funds.GetName()}, unfiled())

	s.Clock.Advance(8 * day)
	s.RunJob("risk.remind_deficiency_filings")
	assert.Equal(t, []string{"市场运行股存在重大问题：“摊位费未入账”。", "“摊位费未入账”应于 2026-11-09 前上报备案，现已逾期。"},
		said(t, s, "leading_group_office", commerce, funds.GetName(), 2), "who found it files it, and its leaders know")
	counted, err := group.found.CountDeficiencies(t.Context(), &riskv1.CountDeficienciesRequest{Unit: markets})
	require.NoError(t, err)
	assert.EqualValues(t, 1, counted.GetCounts()[1].GetUnfiledCount(), text(counted))
	require.NoError(t, group.fileUpward(t, funds.GetName(), "city_commission", "2026-11-10"))
	for unit, want := range map[string][2]int64{commerce: {2, 3}, markets: {0, 0}} {
		counts, _ := figuresOf(t, s, unit, "2026-11", "deficiencies_filed")
		assert.Equal(t, want, counts["deficiencies_filed"], unit)
	}
}

func TestT16_FaultyDeficienciesAreRefusedByTheField(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	group := as(s, "leading_group_office", commerce)
	elsewhere := as(s, "section", "units/commerce_trade").post(t, "units/commerce_trade", "股长", "section_head")
	_, err := group.found.CreateDeficiency(t.Context(), &riskv1.CreateDeficiencyRequest{Deficiency: &riskv1.Deficiency{
		Unit: markets, Kind: "luck", Text: "账目不清", Position: elsewhere,
	}})
	suitetest.RequireFieldFaults(t, err, map[string]string{
		"deficiency.kind": "UNKNOWN_TERM", "deficiency.position": "OTHER_UNIT",
	})
	for day, rule := range map[string]string{"2026-11-01": "PAST_DAY", "2026-12-31": "PUT_OFF"} {
		_, err = group.found.CreateDeficiency(t.Context(), &riskv1.CreateDeficiencyRequest{Deficiency: &riskv1.Deficiency{
			Unit: markets, Kind: "off_book_funds", Text: "账目不清", DueOn: day,
		}})
		suitetest.RequireFieldFaults(t, err, map[string]string{"deficiency.due_on": rule})
	}
	_, err = as(s, "section", markets).found.CreateDeficiency(t.Context(), &riskv1.CreateDeficiencyRequest{
		Deficiency: &riskv1.Deficiency{Unit: markets, Kind: "off_book_funds", Text: "账目不清"},
	})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	_, err = as(s, "administrator", markets).found.CreateDeficiency(t.Context(), &riskv1.CreateDeficiencyRequest{
		Deficiency: &riskv1.Deficiency{Unit: "units/commerce_trade", Kind: "off_book_funds", Text: "账目不清"},
	})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
}

func TestT17_EvadedProcurementIsFoundInAReport(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	group := as(s, "leading_group_office", commerce)
	s.RunJob("network.open_reports")
	const monthly = "reports/commerce_markets.procurement_monthly.2026-10"
	asked := &riskv1.CreateDeficiencyRequest{
		Deficiency: &riskv1.Deficiency{Unit: markets, Kind: "procurement_evaded", Text: "化整为零，规避公开招标"},
		Report:     monthly,
	}
	evaded, err := group.found.CreateDeficiency(t.Context(), asked)
	require.NoError(t, err)
	assert.Equal(t, monthly, evaded.GetSource())
	listed, err := group.found.ListDeficiencies(t.Context(), &riskv1.ListDeficienciesRequest{Unit: commerce, Source: monthly})
	require.NoError(t, err)
	require.Len(t, listed.GetDeficiencies(), 1)
	asked.Deficiency.Unit = "units/commerce_trade"
	_, err = group.found.CreateDeficiency(t.Context(), asked)
	suitetest.RequireFieldFaults(t, err, map[string]string{"report": "NOT_FOUND"})
}

func TestT14_GraveDeficienciesAreToldUpwardAndNobodyJudgesTheirOwn(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city := as(s, "administrator", suitetest.City)
	scheme, err := city.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: suitetest.City})
	require.NoError(t, err)
	scheme.DeficiencyKinds = []*riskv1.DeficiencyKind{{
		Id: "alone", Title: &typev1.Text{Zh: "个人擅自改变集体决策", En: "Changed alone"}, Grave: true,
		Limit: &typev1.DeadlineRule{Days: 10, Unit: typev1.DayUnit_DAY_UNIT_CALENDAR},
	}}
	_, err = city.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme, Replace: true})
	require.NoError(t, err)
	town, shire := as(s, "administrator", township), as(s, "administrator", county)
	deputy := as(s, "clerk", county).post(t, county, "分管副县长", "deputy")

	own := town.notes(t, &riskv1.Deficiency{Unit: township, Kind: "alone", Text: "项目未经集体研究"})
	assert.Len(t, said(t, s, "administrator", county, own.GetName(), 1), 1, "the unit above that did not find it")
	fromAbove := shire.notes(t, &riskv1.Deficiency{Unit: township, Kind: "alone", Text: "资金未经集体研究", Position: deputy})
	assert.Len(t, said(t, s, "administrator", suitetest.City, fromAbove.GetName(), 1), 1)
	fromCity := city.notes(t, &riskv1.Deficiency{Unit: township, Kind: "alone", Text: "任免未经集体研究"})

	judge := func(o office, d *riskv1.Deficiency) error {
		_, err := o.found.ConfirmDeficiency(t.Context(), &riskv1.ConfirmDeficiencyRequest{Name: d.GetName()})
		return err
	}
	for _, d := range []*riskv1.Deficiency{own, fromAbove, fromCity} {
		as(s, "clerk", township).correct(t, d.GetName())
		suitetest.RequireRefused(t, judge(town, d), codes.PermissionDenied, "OWN_DEFICIENCY")
	}
	suitetest.RequireRefused(t, judge(shire, fromAbove), codes.PermissionDenied, "OWN_DEFICIENCY")
	suitetest.RequireRefused(t, judge(shire, fromCity), codes.PermissionDenied, "NOT_FINDER")
	require.NoError(t, judge(shire, own))
	require.NoError(t, judge(city, fromAbove))
	require.NoError(t, judge(city, fromCity))
}

// Several are read at once, those that the caller may not read left out; a finding of another service calls them by their kinds.
func TestT16_DeficienciesAreReadTogether(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, group := as(s, "section", markets), as(s, "leading_group_office", commerce)
	own := group.notes(t, &riskv1.Deficiency{
		Unit: markets, Kind: "off_book_funds", Text: "摊位费未入账", Position: section.post(t, markets, "股长", "section_head"),
	})
	assert.Equal(t, "私设“小金库” "+markets, own.GetKindTitle().GetZh()+" "+own.GetOwnerUnit())
	others := group.notes(t, &riskv1.Deficiency{Unit: "units/commerce_finance", Kind: "off_book_funds", Text: "培训费未入账"})
	assert.Empty(t, others.GetOwnerUnit())
	read := func(o office) (names []string) {
		t.Helper()
		found, err := o.found.BatchGetDeficiencies(t.Context(), &riskv1.BatchGetDeficienciesRequest{
			Names: []string{others.GetName(), "deficiencies/none-0192f0c1", own.GetName()},
		})
		require.NoError(t, err)
		for _, d := range found.GetDeficiencies() {
			names = append(names, d.GetName())
		}
		return names
	}
	assert.Equal(t, []string{own.GetName(), others.GetName()}, read(group), "in the order of their names")
	assert.Equal(t, []string{own.GetName()}, read(section))
	_, err := as(s, "section", markets).found.BatchGetDeficiencies(t.Context(), &riskv1.BatchGetDeficienciesRequest{})
	suitetest.RequireFieldFaults(t, err, map[string]string{"names": "REQUIRED"})
}
