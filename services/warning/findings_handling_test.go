package warning_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	findingOpen     = warningv1.FindingState_FINDING_STATE_OPEN
	findingTakenUp  = warningv1.FindingState_FINDING_STATE_TAKEN_UP
	findingSolved   = warningv1.FindingState_FINDING_STATE_SOLVED
	findingSetAside = warningv1.FindingState_FINDING_STATE_SET_ASIDE
	findingPassedUp = warningv1.FindingState_FINDING_STATE_PASSED_UP
)

// november is a unit's analysis of November.
func (o office) november(t *testing.T, unit string) *warningv1.Analysis {
	t.Helper()
	made, err := o.analyses.RunAnalysis(t.Context(), &warningv1.RunAnalysisRequest{Unit: unit, Period: "2026-11"})
	require.NoError(t, err)
	return made
}

// townshipFinds is what a township finds about itself in November, in two areas.
func townshipFinds(t *testing.T, s *suitetest.Suite) (clerk office, ethics, style *warningv1.Finding) {
	t.Helper()
	clerk = as(s, "clerk", township)
	clerk.tip(t, village, "ethics", 3)
	clerk.tip(t, village, "work_style", 4)
	for _, f := range clerk.found(t, clerk.november(t, township)) {
		assert.Equal(t, township, f.GetCount().GetUnit())
		assert.Equal(t, findingOpen, f.GetState())
		assert.Equal(t, township, f.GetHandlingUnit())
		assert.Equal(t, "2026-11-23", f.GetDueOn(), "fifteen working days")
		if f.GetCount().GetSubjectArea() == "ethics" {
			ethics = f
		} else {
			style = f
		}
	}
	require.NotNil(t, ethics)
	require.NotNil(t, style)
	return clerk, ethics, style
}

func (o office) finding(t *testing.T, name string) *warningv1.Finding {
	t.Helper()
	read, err := o.findings.GetFinding(t.Context(), &warningv1.GetFindingRequest{Name: name})
	require.NoError(t, err)
	return read
}

func (o office) solve(t *testing.T, name string) *warningv1.Finding {
	t.Helper()
	made, err := o.findings.SolveFinding(t.Context(), &warningv1.SolveFindingRequest{Name: name, Solution: "收支已逐笔公开。"})
	require.NoError(t, err)
	return made
}

func (o office) passUp(t *testing.T, name string) *warningv1.Finding {
	t.Helper()
	made, err := o.findings.PassUpFinding(t.Context(), &warningv1.PassUpFindingRequest{Name: name, Reason: "涉及区级部门，请上级处理。"})
	require.NoError(t, err)
	return made
}

// toHandle are the names of the findings that a unit is to handle.
func (o office) toHandle(t *testing.T, unit string) (names []string) {
	t.Helper()
	for _, f := range o.listed(t, &warningv1.ListFindingsRequest{Unit: unit, ToHandle: true}) {
		names = append(names, f.GetName())
	}
	return names
}

func TestC15_WhatATownshipCanSolveItSolvesAndRecords(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, ethics, style := townshipFinds(t, s)
	name := ethics.GetName()
	req := &warningv1.SolveFindingRequest{
		Name: name, Solution: "收支已逐笔公开。", SolvedBy: "村务监督委员会", SolvedOn: "2026-11-03",
		Attachments: []string{"attachments/340503-0192f0c1"},
	}
	_, err := clerk.findings.SolveFinding(t.Context(), req)
	suitetest.RequireFieldFaults(t, err, map[string]string{"solved_on": "FUTURE", "attachments[0]": "UNKNOWN_ATTACHMENT"})
	file := filesOf(s.As("clerk", township)).attach(t, name)
	req.SolvedOn, req.Attachments = "2026-11-01", []string{file}
	_, err = as(s, "clerk", county).findings.SolveFinding(t.Context(), req)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	_, err = as(s, "clerk", other).findings.SolveFinding(t.Context(), req)
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = as(s, "reviewer", township).findings.SolveFinding(t.Context(), req)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	req.Etag = ethics.GetEtag()
	done, err := clerk.findings.SolveFinding(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, findingSolved, done.GetState())
	assert.Empty(t, done.GetDueOn())
	assert.Empty(t, done.GetRemindOn())
	assert.Equal(t, "2026-11-02", done.GetFirstHandledOn())
	require.Len(t, done.GetHistory(), 1)
	event := done.GetHistory()[0]
	assert.Equal(t, []string{"solve", township, "收支已逐笔公开。", "村务监督委员会", "2026-11-01", file}, []string{
		event.GetAct(), event.GetUnit(), event.GetNote(), event.GetSolvedBy(), event.GetSolvedOn(), event.GetAttachments()[0],
	})
	_, err = clerk.findings.SolveFinding(t.Context(), &warningv1.SolveFindingRequest{Name: name, Solution: "又"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	_, err = filesOf(s.As("clerk", township)).begin(t, name)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	assert.Equal(t, []string{style.GetName()}, clerk.toHandle(t, township))

	set, err := clerk.findings.SetAsideFinding(t.Context(), &warningv1.SetAsideFindingRequest{Name: style.GetName(), Reason: "反映重复。"})
	require.NoError(t, err)
	assert.Equal(t, findingSetAside, set.GetState())
	assert.Empty(t, clerk.toHandle(t, township))
}

// An analysis that is run again leaves alone how what it finds again is handled, and keeps what was handled and is found no more.
func TestC15_C12_AnAnalysisLeavesTheHandlingAlone(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, ethics, style := townshipFinds(t, s)
	done := clerk.solve(t, ethics.GetName())
	clerk.tip(t, village, "ethics", 1)
	clerk.november(t, township)
	again := clerk.finding(t, ethics.GetName())
	assert.EqualValues(t, 4, again.GetCount().GetTips())
	assert.Equal(t, findingSolved, again.GetState())
	assert.Len(t, again.GetHistory(), 1)
	assert.Empty(t, again.GetDueOn())
	assert.NotEqual(t, done.GetEtag(), again.GetEtag())

	scheme, err := as(s, "administrator", suitetest.City).schemes.GetEffectiveScheme(t.Context(),
		&warningv1.GetEffectiveSchemeRequest{Unit: suitetest.City})
	require.NoError(t, err)
	scheme.EffectiveFrom = "2026-11-02"
	for _, level := range scheme.GetWarningLevels() {
		level.Criterion = ""
	}
	_, err = as(s, "administrator", suitetest.City).schemes.CreateScheme(t.Context(), &warningv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	clerk.november(t, township)
	assert.Equal(t, findingSolved, clerk.finding(t, ethics.GetName()).GetState())
	_, err = clerk.findings.GetFinding(t.Context(), &warningv1.GetFindingRequest{Name: style.GetName()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
}

func TestC15_AUnitAboveMayHaveWhatWasSolvedHandledAgain(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, ethics, _ := townshipFinds(t, s)
	name := ethics.GetName()
	clerk.solve(t, name)
	req := &warningv1.ReopenFindingRequest{Name: name, Reason: "又有反映。"}
	_, err := as(s, "clerk", other).findings.ReopenFinding(t.Context(), req)
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	opened, err := as(s, "clerk", county).findings.ReopenFinding(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, findingOpen, opened.GetState())
	assert.Equal(t, "2026-11-23", opened.GetDueOn())
	assert.Equal(t, "2026-11-02", opened.GetFirstHandledOn(), "it was handled in time")
	assert.Equal(t, []string{"inbox.finding_reopened"}, told(t, s, township, name, 1))
}

func TestC15_WhatATownshipCannotSolveGoesUpAndComesBackAnswered(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, ethics, style := townshipFinds(t, s)
	county, above := as(s, "clerk", county), "units/340503"
	city := as(s, "handler", suitetest.City)
	name := ethics.GetName()
	up := clerk.passUp(t, name)
	assert.Equal(t, findingPassedUp, up.GetState())
	assert.Equal(t, above, up.GetHandlingUnit())
	assert.Equal(t, []string{name}, county.toHandle(t, above))
	assert.Equal(t, []string{style.GetName()}, clerk.toHandle(t, township))
	assert.Equal(t, []string{"inbox.finding_passed_up"}, told(t, s, above, name, 1))
	_, err := clerk.findings.SolveFinding(t.Context(), &warningv1.SolveFindingRequest{Name: name, Solution: "已办"})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	_, err = clerk.findings.ReturnFinding(t.Context(), &warningv1.ReturnFindingRequest{Name: style.GetName(), Answer: "已阅"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")

	back, err := county.findings.ReturnFinding(t.Context(), &warningv1.ReturnFindingRequest{Name: name, Answer: "区里已明确公开格式，请照此办理。"})
	require.NoError(t, err)
	assert.Equal(t, findingOpen, back.GetState())
	assert.Equal(t, township, back.GetHandlingUnit())
	assert.Equal(t, []string{"inbox.finding_returned"}, told(t, s, township, name, 1))

	clerk.passUp(t, name)
	s.Clock.Advance(24 * time.Hour)
	top := county.passUp(t, name)
	assert.Equal(t, suitetest.City, top.GetHandlingUnit())
	assert.EqualValues(t, 2, top.GetLevelsUp())
	assert.Equal(t, "2026-11-24", top.GetDueOn(), "each unit has the days of the scheme")
	assert.Equal(t, "2026-11-23", top.GetFirstDueOn())
	assert.Contains(t, city.toHandle(t, suitetest.City), name)
	_, err = city.findings.PassUpFinding(t.Context(), &warningv1.PassUpFindingRequest{Name: name, Reason: "请省里处理"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NONE_ABOVE")
	half, err := city.findings.ReturnFinding(t.Context(), &warningv1.ReturnFindingRequest{Name: name, Answer: "由区里研究。"})
	require.NoError(t, err)
	assert.Equal(t, findingPassedUp, half.GetState(), "it is the county's again")
	assert.Equal(t, above, half.GetHandlingUnit())
	assert.Equal(t, findingSolved, county.solve(t, name).GetState())
	assert.Equal(t, []string{"inbox.finding_returned", "inbox.finding_answered"}, told(t, s, township, name, 2))

	counted, err := county.findings.CountFindings(t.Context(), &warningv1.CountFindingsRequest{Unit: above, Period: "2026-Q4"})
	require.NoError(t, err)
	require.Len(t, counted.GetCounts(), 2)
	for _, c := range counted.GetCounts() {
		assert.Equal(t, township, c.GetUnit())
		assert.EqualValues(t, 1, c.GetCount())
		assert.Contains(t, []warningv1.FindingState{findingOpen, findingSolved}, c.GetState())
	}
	counted, err = county.findings.CountFindings(t.Context(), &warningv1.CountFindingsRequest{Unit: above, Period: "2026-Q3"})
	require.NoError(t, err)
	assert.Empty(t, counted.GetCounts())
	_, err = county.findings.CountFindings(t.Context(), &warningv1.CountFindingsRequest{Unit: above, Period: "2026-13"})
	require.Error(t, err)
	assert.Len(t, clerk.listed(t, &warningv1.ListFindingsRequest{
		Unit: township, States: []warningv1.FindingState{findingSolved},
	}), 1)
}

func TestC15_T7_AWarningTakesAFindingUpAndReleasesItWhenWithdrawn(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	_, ethics, _ := townshipFinds(t, s)
	city := as(s, "handler", suitetest.City)
	name := ethics.GetName()
	req := notice("blue")
	req.Finding = name
	first := city.issue(t, req).GetName()
	taken := city.finding(t, name)
	assert.Equal(t, findingTakenUp, taken.GetState())
	assert.Empty(t, taken.GetDueOn())
	assert.Equal(t, first, taken.GetHistory()[0].GetRecord())
	assert.Equal(t, []string{"inbox.finding_answered"}, told(t, s, township, name, 1))
	req.AgainReason = "另有反映"
	second := city.issue(t, req).GetName()
	city.withdrawn(t, s, first)
	assert.Equal(t, findingTakenUp, city.finding(t, name).GetState(), "another warning follows it")
	city.withdrawn(t, s, second)
	open := city.finding(t, name)
	assert.Equal(t, findingOpen, open.GetState())
	assert.Equal(t, "2026-11-23", open.GetDueOn())
	assert.Equal(t, "release_finding", open.GetHistory()[len(open.GetHistory())-1].GetAct())
	assert.Contains(t, told(t, s, township, name, 3), "inbox.finding_reopened")
}

// withdrawn withdraws a warning, as a reviewer does.
func (o office) withdrawn(t *testing.T, s *suitetest.Suite, name string) {
	t.Helper()
	as(s, "reviewer", suitetest.City).withdraw(t, name)
}

func TestC15_C13_AReferralTakesAFindingUpAndReleasesItWhenDeclined(t *testing.T) {
	t.Parallel()
	s := withBureaus(t)
	clerk, ethics, style := townshipFinds(t, s)
	name := ethics.GetName()
	clerk.passUp(t, name)
	clerk.passUp(t, style.GetName())
	as(s, "clerk", county).passUp(t, name)
	centre, department := deskOf(s, "handler", suitetest.City), deskOf(s, "clerk", bureau)
	asked := referral(suitetest.City, bureau)
	asked.Findings = []string{style.GetName()}
	_, err := centre.CreateReferral(t.Context(), &warningv1.CreateReferralRequest{Referral: asked})
	suitetest.RequireFieldFaults(t, err, map[string]string{"referral.findings[0]": "OTHER_UNIT"})
	asked.Findings = []string{name}
	r := centre.draft(t, asked)
	city := as(s, "handler", suitetest.City)
	assert.Equal(t, findingPassedUp, city.finding(t, name).GetState(), "a draft takes nothing up")
	centre.send(t, r.GetName())
	assert.Equal(t, findingTakenUp, city.finding(t, name).GetState())
	department.decline(t, r.GetName())
	assert.Equal(t, findingPassedUp, city.finding(t, name).GetState(), "it is the city's again")
	centre.send(t, r.GetName())
	assert.Equal(t, findingTakenUp, city.finding(t, name).GetState())
	_, err = centre.WithdrawReferral(t.Context(), &warningv1.WithdrawReferralRequest{Name: r.GetName(), Reason: "重复"})
	require.NoError(t, err)
	assert.Equal(t, suitetest.City, city.finding(t, name).GetHandlingUnit())
	assert.Equal(t, findingPassedUp, city.finding(t, name).GetState())
}

func TestC15_WhatWaitsIsRemindedOfListedAndMeasured(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, ethics, style := townshipFinds(t, s)
	kinds := func(unit, resource string, n int) []string { return told(t, s, unit, resource, n) }
	advanceTo(t, s, 2026, time.November, 18)
	s.RunJob("warning.remind_findings")
	assert.Equal(t, []string{"inbox.finding_due_sum"}, kinds(township, township, 1), "of both at once")
	clerk.solve(t, ethics.GetName())
	advanceTo(t, s, 2026, time.November, 23)
	s.RunJob("warning.remind_findings")
	assert.Equal(t, []string{"inbox.finding_due"}, kinds(township, style.GetName(), 1))
	assert.Empty(t, clerk.listed(t, &warningv1.ListFindingsRequest{Unit: township, Overdue: true}))
	advanceTo(t, s, 2026, time.November, 24)
	for range 2 {
		s.RunJob("warning.remind_findings")
	}
	assert.Equal(t, []string{"inbox.finding_due", "inbox.finding_overdue"}, kinds(township, style.GetName(), 2))
	assert.Equal(t, []string{"inbox.finding_overdue_below"}, kinds(county, style.GetName(), 1))
	late := as(s, "clerk", county).listed(t, &warningv1.ListFindingsRequest{Unit: county, Overdue: true})
	require.Len(t, late, 1)
	assert.Equal(t, style.GetName(), late[0].GetName())
	counted, err := clerk.findings.CountFindings(t.Context(), &warningv1.CountFindingsRequest{Unit: township})
	require.NoError(t, err)
	var overdue int64
	for _, c := range counted.GetCounts() {
		overdue += c.GetOverdueCount()
	}
	assert.EqualValues(t, 1, overdue)
	measured, err := as(s, "handler", suitetest.City).figures.ListFigures(t.Context(), &warningv1.ListFiguresRequest{
		Root: suitetest.City, Units: []string{township, other}, Period: "2026-11", Measures: []string{"warning.findings_handled_on_time"},
	})
	require.NoError(t, err)
	assert.EqualValues(t, 1, measured.GetFigures()[0].GetNumerator())
	assert.EqualValues(t, 2, measured.GetFigures()[0].GetDenominator())
	assert.Len(t, measured.GetFigures()[0].GetRecords(), 2)
	assert.Zero(t, measured.GetFigures()[1].GetDenominator())
}

func TestC15_C3_FindingsFollowTheUnitsThatHandleThem(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, ethics, style := townshipFinds(t, s)
	clerk.passUp(t, style.GetName())
	tree := networkv1.NewTreeServiceClient(s.As("administrator", suitetest.City))
	require.NoError(t, suitetest.Endings()["merged"].End(t.Context(), tree))
	s.RunJob("warning.follow_moves")
	successor, above := as(s, "clerk", other), as(s, "clerk", county)
	assert.Equal(t, []string{ethics.GetName()}, successor.toHandle(t, other))
	assert.Equal(t, []string{style.GetName()}, above.toHandle(t, county), "the county has what was passed up to it, not the successor")
	assert.Equal(t, findingSolved, successor.solve(t, ethics.GetName()).GetState())

	_, err := tree.MoveUnit(t.Context(), &networkv1.MoveUnitRequest{Name: other, Parent: stranger, Reason: "区划调整"})
	require.NoError(t, err)
	s.RunJob("warning.follow_moves")
	assert.Equal(t, stranger, as(s, "handler", suitetest.City).finding(t, style.GetName()).GetHandlingUnit())
	assert.Contains(t, told(t, s, stranger, style.GetName(), 1), "inbox.finding_passed_up")
	assert.Contains(t, told(t, s, county, "", 1), "inbox.finding_passed_on", "of what it may read no more, no name")
}

// Whoever may not read findings reads none of their files.
func TestC15_C8_FilesOfFindingsAreForWhoReadsThem(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	office := as(s, "leading_group_office", commerce)
	_, err := office.tips.RegisterTip(t.Context(), &networkv1.RegisterTipRequest{
		Unit: commerce, ReceivedOn: "2026-11-02", ReceivedBy: "值班室", Content: &networkv1.TipContent{
			Unit: finance, SubjectArea: "finance", Channel: "letter", Title: "收费公示", Body: "两处窗口没有公示收费标准。",
		},
	})
	require.NoError(t, err)
	found := office.found(t, office.november(t, commerce))
	require.Len(t, found, 1)
	name := found[0].GetName()
	_, err = filesOf(s.As("section", commerce)).ListAttachments(t.Context(), &typev1.ListAttachmentsRequest{Owner: name})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = filesOf(s.As("leading_group_office", commerce)).ListAttachments(t.Context(), &typev1.ListAttachmentsRequest{Owner: name})
	require.NoError(t, err)
	assert.Equal(t, "2026-11-23", found[0].GetDueOn())
	assert.Equal(t, findingSolved, office.solve(t, name).GetState())
}

// A prominent problem is told with its form, extent, degree and cause.
func TestC10_C12_WhoeverHandlesAFindingWritesWhatTheProblemIs(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, ethics, style := townshipFinds(t, s)
	problem := &warningv1.FindingProblem{
		Form: "办酒收礼时有发生。", Extent: "涉及三个村。", Degree: "金额不大，次数较多。", Cause: "报备制度不落实。", Remedy: "逐月公示。",
	}
	req := &warningv1.DescribeFindingRequest{Name: ethics.GetName(), Problem: problem}
	for _, o := range []office{as(s, "informant", village), as(s, "clerk", other)} {
		_, err := o.findings.DescribeFinding(t.Context(), req)
		assert.Contains(t, []codes.Code{codes.PermissionDenied, codes.NotFound}, status.Code(err))
	}
	_, err := clerk.findings.DescribeFinding(t.Context(), &warningv1.DescribeFindingRequest{
		Name: ethics.GetName(), Problem: &warningv1.FindingProblem{Extent: "三个村"},
	})
	suitetest.RequireFieldFaults(t, err, map[string]string{"problem.form": "REQUIRED"})
	written, err := clerk.findings.DescribeFinding(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, township, written.GetProblem().GetUnit())
	assert.Equal(t, findingOpen, written.GetState(), "it is still to be handled")
	assert.Equal(t, ethics.GetDueOn(), written.GetDueOn(), "in the same time")
	assert.Equal(t, "describe_finding", written.GetHistory()[0].GetAct())

	clerk.november(t, township)
	assert.Equal(t, "报备制度不落实。", clerk.finding(t, ethics.GetName()).GetProblem().GetCause(), "an analysis leaves it alone")
	_, err = clerk.findings.SolveFinding(t.Context(), &warningv1.SolveFindingRequest{Name: ethics.GetName(), Solution: "已整改"})
	require.NoError(t, err)
	_, err = as(s, "handler", suitetest.City).findings.DescribeFinding(t.Context(), req)
	require.NoError(t, err, "by those above too, when it is solved")

	city, press := as(s, "handler", suitetest.City), pressOf(s, "handler", suitetest.City)
	for _, f := range city.found(t, city.run(t, "2026-11")) {
		if f.GetCount().GetSubjectArea() == "ethics" {
			req.Name = f.GetName()
		}
	}
	_, err = city.findings.DescribeFinding(t.Context(), req)
	require.NoError(t, err)
	b := press.draft(t, &warningv1.Bulletin{
		Unit: suitetest.City, Kind: "brief", Period: "2026-11", Title: "十一月简报", Addressees: []*warningv1.BulletinAddressee{{Unit: township}},
	})
	told := map[string]string{}
	for _, row := range section(b, "findings").GetRows() {
		told[row.GetLabel().GetZh()] = row.GetProblem()
	}
	assert.Contains(t, told[ethics.GetSubjectAreaTitle().GetZh()], "报备制度不落实。")
	assert.Empty(t, told[style.GetSubjectAreaTitle().GetZh()], "of that nobody has written")
	assert.Contains(t, press.page(t, b.GetName()), "报备制度不落实。")
}
