package reports_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const day = 24 * time.Hour

func TestC10_ReturnedReportIsResubmittedAsNextVersion(t *testing.T) {
	t.Parallel()
	d := newClerk(t, suitetest.New(t), networktest.Township)
	opened(t, d.clerk, november)
	first := d.send(t, "2026-11")
	assert.EqualValues(t, 1, first.GetVersion())

	self := networkv1.NewReportServiceClient(d.s.As("clerk", networktest.Township))
	_, err := self.AcceptReport(t.Context(), &networkv1.AcceptReportRequest{Name: november, Etag: first.GetEtag()})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_REPORT")
	beside := networkv1.NewReportServiceClient(d.s.As("clerk", networktest.OtherTownship))
	_, err = beside.ReturnReport(t.Context(), &networkv1.ReturnReportRequest{Name: november, Reason: "不全", Etag: first.GetEtag()})
	networktest.Refused(t, err, codes.NotFound)
	_, err = d.above.ReturnReport(t.Context(), &networkv1.ReturnReportRequest{Name: november, Reason: " \u200b"})
	networktest.Refused(t, err, codes.InvalidArgument, "reason", "etag")

	back := d.giveBack(t)
	assert.Equal(t, networkv1.ReportState_REPORT_STATE_RETURNED, back.GetState())
	require.Len(t, back.GetReturns(), 1)
	assert.Equal(t, "2026-12-08", back.GetReturns()[0].GetDue().GetDue(), "five working days from Tuesday the first")
	assert.NotEmpty(t, back.GetReturns()[0].GetDue().GetArithmetic().GetZh())
	_, err = d.above.AcceptReport(t.Context(), &networkv1.AcceptReportRequest{Name: november, Etag: back.GetEtag()})
	networktest.Refused(t, err, codes.FailedPrecondition)
	require.ErrorContains(t, err, "其他有权办理者可以：填写、", "what its unit does with the next version")

	assert.EqualValues(t, 2, d.get(t, "2026-11", 0).GetDraftVersion())
	assert.Equal(t, "两条已解决。", d.get(t, "2026-11", 2).GetValues()["handling"].GetText(),
		"what was written need not be written again")
	d.s.Clock.Advance(10 * day)
	spaced := full()
	spaced["handling"] = networktest.Text("两条，已 解决")
	d.confirm(t, "2026-11", spaced)
	_, err = d.clerk.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: november})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "RETURNED_UNCHANGED")
	require.ErrorContains(t, err, "原因分析不足。")
	d.confirm(t, "2026-11", networktest.Reworked(full(), "handling"))
	_, err = d.clerk.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: november})
	networktest.Refused(t, err, codes.InvalidArgument, "late_reason")
	_, err = d.clerk.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: november, LateReason: "经办人外出"})
	require.NoError(t, err)

	now := d.get(t, "2026-11", 0)
	assert.EqualValues(t, 2, now.GetVersion())
	assert.Zero(t, now.GetDraftVersion())
	assert.False(t, now.GetLate(), "the report came in time; it came again late")
	assert.True(t, now.GetReturns()[0].GetLate())
	assert.Equal(t, "经办人外出", now.GetReturns()[0].GetLateReason())
	assert.Equal(t, networkv1.ReportState_REPORT_STATE_ACCEPTED, d.accept(t).GetState())
	before := d.get(t, "2026-11", 1)
	assert.Equal(t, networkv1.ReportState_REPORT_STATE_RETURNED, before.GetState(), "the first version stays what it was")
	assert.Equal(t, first.GetSubmitTime().AsTime(), before.GetSubmitTime().AsTime())
	assert.Nil(t, before.GetReturns()[0].GetComeAgainTime())
}

func TestC10_AmendmentIsADraftBesideTheCurrentVersion(t *testing.T) {
	t.Parallel()
	d := newClerk(t, suitetest.New(t), networktest.Township)
	opened(t, d.clerk, november)
	amend := func(reason string) (*networkv1.Report, error) {
		return d.clerk.AmendReport(t.Context(), &networkv1.AmendReportRequest{Name: november, Reason: reason})
	}
	_, err := amend("数字有误")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	d.send(t, "2026-11")
	accepted := d.accept(t)
	_, err = d.above.AmendReport(t.Context(), &networkv1.AmendReportRequest{Name: november, Reason: "代为更正"})
	networktest.Refused(t, err, codes.PermissionDenied)
	_, err = amend(strings.Repeat("长", 1001))
	networktest.Refused(t, err, codes.InvalidArgument, "reason")

	draft, err := amend("数字有误")
	require.NoError(t, err)
	assert.EqualValues(t, 2, draft.GetVersion())
	_, err = amend("再改一次")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "HAS_DRAFT")
	values := full()
	values["handling"] = networktest.Text("三条已解决。")
	d.confirm(t, "2026-11", values)
	stands := d.get(t, "2026-11", 0)
	assert.Equal(t, "两条已解决。", stands.GetValues()["handling"].GetText(), "until the next one is sent, the first stands")
	assert.Equal(t, accepted.GetEtag(), stands.GetEtag(), "what the unit writes beside it does not touch it")
	_, err = d.clerk.WriteReport(t.Context(), &networkv1.WriteReportRequest{
		Name: november, Values: values, Etag: stands.GetEtag(),
	})
	networktest.Refused(t, err, codes.Aborted)

	d.s.Clock.Advance(60 * day)
	sent, err := d.clerk.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: november})
	require.NoError(t, err)
	assert.False(t, sent.GetLate(), "in time is judged by the first version")
	assert.Equal(t, networkv1.ReportState_REPORT_STATE_SUBMITTED, sent.GetState(), "the new version is to be judged anew")
	assert.Nil(t, sent.GetAcceptTime())
	_, err = d.above.AcceptReport(t.Context(), &networkv1.AcceptReportRequest{Name: november, Etag: accepted.GetEtag()})
	networktest.Refused(t, err, codes.Aborted)
	past := d.get(t, "2026-11", 1)
	assert.Equal(t, "两条已解决。", past.GetValues()["handling"].GetText())
	assert.Equal(t, networkv1.ReportState_REPORT_STATE_ACCEPTED, past.GetState())
	assert.Empty(t, past.GetEtag())
	for _, version := range []int32{3, 99} {
		_, err = d.clerk.GetReport(t.Context(), &networkv1.GetReportRequest{Name: november, Version: version})
		networktest.Refused(t, err, codes.NotFound)
	}
}

func TestC10_VersionsAreListedInPages(t *testing.T) {
	t.Parallel()
	d := newClerk(t, suitetest.New(t), networktest.Township)
	opened(t, d.clerk, november)
	d.send(t, "2026-11")
	for i := range 3 {
		_, err := d.clerk.AmendReport(t.Context(), &networkv1.AmendReportRequest{Name: november, Reason: "更正" + strconv.Itoa(i)})
		require.NoError(t, err)
		if i < 2 {
			d.send(t, "2026-11")
		}
	}
	var versions []int32
	req := &networkv1.ListReportVersionsRequest{Name: november, PageSize: 1}
	for {
		answer, err := d.above.ListReportVersions(t.Context(), req)
		require.NoError(t, err)
		require.Len(t, answer.GetReports(), 1)
		versions = append(versions, answer.GetReports()[0].GetVersion())
		if req.PageToken = answer.GetNextPageToken(); req.PageToken == "" {
			break
		}
	}
	assert.Equal(t, []int32{4, 3, 2, 1}, versions)
	_, err := networkv1.NewReportServiceClient(d.s.As("clerk", networktest.OtherTownship)).ListReportVersions(t.Context(), req)
	networktest.Refused(t, err, codes.NotFound)
}

func TestC10_ReturnedReportKeepsItsDraft(t *testing.T) {
	t.Parallel()
	d := newClerk(t, suitetest.New(t), networktest.Township)
	opened(t, d.clerk, november)
	d.send(t, "2026-11")
	_, err := d.clerk.AmendReport(t.Context(), &networkv1.AmendReportRequest{Name: november, Reason: "补充"})
	require.NoError(t, err)
	values := full()
	values["handling"] = networktest.Text("补充后的内容。")
	d.confirm(t, "2026-11", values)
	d.giveBack(t)
	draft := d.get(t, "2026-11", 2)
	assert.Equal(t, "补充后的内容。", draft.GetValues()["handling"].GetText())
	assert.Len(t, draft.GetReturns(), 1)
	sent, err := d.clerk.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: november, Etag: draft.GetEtag()})
	require.NoError(t, err)
	assert.NotNil(t, sent.GetReturns()[0].GetComeAgainTime())
}

func TestC10_AnyClerkOfTheUnitContinuesAReport(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d := newClerk(t, s, networktest.Township)
	opened(t, d.clerk, november)
	d.confirm(t, "2026-11", full())
	successor := networkv1.NewReportServiceClient(s.AsPrincipal(access.Principal{
		Subject: "accounts/successor", Unit: networktest.Township, Roles: []string{"clerk"},
	}))
	sent, err := successor.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: november})
	require.NoError(t, err)
	assert.Equal(t, networkv1.ReportState_REPORT_STATE_SUBMITTED, sent.GetState())
}

func TestC10_RepeatedSubmitReturnsTheCurrentReport(t *testing.T) {
	t.Parallel()
	d := newClerk(t, suitetest.New(t), networktest.Township)
	opened(t, d.clerk, november)
	submit := func() (*networkv1.Report, error) {
		answer, err := d.clerk.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: november})
		return answer, err
	}
	_, err := submit()
	assert.Equal(t, "WRONG_STATE", suitetest.Reason(err), "what was never sent does not stand")
	sent := d.send(t, "2026-11")
	again, err := submit()
	require.NoError(t, err)
	assert.Equal(t, sent.GetEtag(), again.GetEtag())
	assert.Equal(t, sent.GetSubmitTime(), again.GetSubmitTime())
	_, err = d.above.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: november})
	networktest.Refused(t, err, codes.PermissionDenied)
	_, err = d.clerk.AmendReport(t.Context(), &networkv1.AmendReportRequest{Name: november, Reason: "更正"})
	require.NoError(t, err)
	_, err = submit()
	assert.Equal(t, "DRAFT_WRONG_STATE", suitetest.Reason(err), "the next version is being written")
}

func TestC10_ZeroReportIsSubmittedInOneCall(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d, told := newClerk(t, s, networktest.OtherTownship), newClerk(t, s, networktest.Township)
	opened(t, d.clerk, d.name("2026-11"))
	networktest.SubmitTip(t, s, networktest.OtherTownship, networktest.ValidTip())
	zero := func(d *clerk) (*networkv1.Report, error) {
		return d.clerk.SubmitZeroReport(t.Context(), &networkv1.SubmitZeroReportRequest{
			Name: d.name("2026-11"), RequestId: uuid.NewString(),
		})
	}
	_, err := d.above.SubmitZeroReport(t.Context(), &networkv1.SubmitZeroReportRequest{Name: d.name("2026-11")})
	networktest.Refused(t, err, codes.PermissionDenied)
	for _, wait := range []time.Duration{28 * day, day} { // on the 2nd and on the last day
		_, err = zero(d)
		suitetest.RequireRefused(t, err, codes.FailedPrecondition, "PERIOD_NOT_ENDED")
		assert.Contains(t, err.Error(), "2026-11-30")
		s.Clock.Advance(wait)
	}
	first, err := zero(d)
	require.NoError(t, err)
	assert.True(t, first.GetZero())
	assert.Equal(t, networkv1.ReportState_REPORT_STATE_SUBMITTED, first.GetState())
	again, err := zero(d)
	require.NoError(t, err)
	assert.Equal(t, first.GetEtag(), again.GetEtag(), "saying it again changes nothing")
	d.accept(t)
	again, err = zero(d)
	require.NoError(t, err)
	assert.Equal(t, networkv1.ReportState_REPORT_STATE_ACCEPTED, again.GetState())
	d.amend(t)
	assert.True(t, d.get(t, "2026-11", 0).GetZero(), "the version that stands stays")
	assert.False(t, d.send(t, "2026-11").GetZero())

	_, err = zero(told)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NOT_ZERO")
	fields := suitetest.FieldViolations(t, err)
	require.Len(t, fields, 3)
	assert.Equal(t, `tables["tips_by_channel"]`, fields[0].GetField())
	assert.Contains(t, fields[0].GetDescription(), "1 ", "the count is named")
}

func TestC10_ZeroReportIsRefusedWhenTipsWereClosed(t *testing.T) {
	t.Parallel()
	d := newClerk(t, suitetest.New(t), networktest.Township)
	networktest.SubmitTip(t, d.s, networktest.OtherTownship, networktest.ValidTip())
	d.s.Clock.Advance(30 * day) // 2 December
	d.s.RunJob("network.open_reports")
	opened(t, d.clerk, d.name("2026-12"))
	tips := networkv1.NewTipServiceClient(d.s.As("clerk", networktest.Township))
	tip := networktest.OnlyTip(t, d.s, networktest.Township).GetName()
	_, err := tips.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: tip, CriteriaMet: networktest.Criteria})
	require.NoError(t, err)
	_, err = tips.CloseTip(t.Context(), &networkv1.CloseTipRequest{Name: tip, Outcome: "solved", Reason: "已解决。"})
	require.NoError(t, err)
	d.end(t, "2026-12")
	_, err = d.clerk.SubmitZeroReport(t.Context(), &networkv1.SubmitZeroReportRequest{Name: d.name("2026-12")})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NOT_ZERO")
}

func TestC10_ZeroReportIsRefusedWhenProblemsAreWritten(t *testing.T) {
	t.Parallel()
	d := newClerk(t, suitetest.New(t), networktest.Township)
	opened(t, d.clerk, november)
	d.confirm(t, "2026-11", full())
	_, err := d.clerk.SubmitZeroReport(t.Context(), &networkv1.SubmitZeroReportRequest{Name: november})
	networktest.Refused(t, err, codes.FailedPrecondition, `values["information"]`)
	assert.Equal(t, networkv1.ReportState_REPORT_STATE_CONFIRMED, d.get(t, "2026-11", 0).GetState())
	d.send(t, "2026-11")
	_, err = d.clerk.SubmitZeroReport(t.Context(), &networkv1.SubmitZeroReportRequest{Name: november})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
}

func TestC10_TablesCountHandlingOfTips(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d := newClerk(t, s, networktest.Township)
	opened(t, d.clerk, november)
	tips := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))
	for range 4 {
		networktest.SubmitTip(t, s, networktest.OtherTownship, networktest.ValidTip())
	}
	listed, err := tips.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: networktest.Township})
	require.NoError(t, err)
	require.Len(t, listed.GetTips(), 4)
	for i, outcome := range []string{"solved", "solved", "decided"} {
		name := listed.GetTips()[i].GetName()
		_, err := tips.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: name, CriteriaMet: networktest.Criteria})
		require.NoError(t, err)
		_, err = tips.CloseTip(t.Context(), &networkv1.CloseTipRequest{Name: name, Outcome: outcome, Reason: "已办结。"})
		require.NoError(t, err)
	}
	sent := d.send(t, "2026-11")
	assert.EqualValues(t, 3, networktest.Sum(sent, "outcomes", "closed_in_period"))
	assert.EqualValues(t, 4, networktest.Sum(sent, "tips_by_area", "received"))
	assert.EqualValues(t, 3, networktest.Sum(sent, "tips_by_area", "closed"))
	assert.EqualValues(t, 3, networktest.Sum(sent, "tips_by_area", "handled"))
	counts := map[string]float64{}
	for _, row := range sent.GetTables()["outcomes"].GetRows() {
		counts[row.GetCells()["outcome"].GetChoice()] = row.GetCells()["closed"].GetNumber()
	}
	assert.Equal(t, map[string]float64{"solved": 2, "to_be_solved": 0, "decided": 1, "transferred": 0, "unfounded": 0}, counts)
	rows := sent.GetTables()["outcomes_by_area"].GetRows()
	require.Len(t, rows, 2)
	assert.Equal(t, networktest.Village, rows[0].GetCells()["unit"].GetText())
	assert.Equal(t, "work_style", rows[0].GetCells()["subject_area"].GetChoice())

	s.Clock.Advance(9 * day) // 10 December
	name := listed.GetTips()[3].GetName()
	_, err = tips.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: name, CriteriaMet: networktest.Criteria})
	require.NoError(t, err)
	_, err = tips.CloseTip(t.Context(), &networkv1.CloseTipRequest{Name: name, Outcome: "solved", Reason: "已办结。"})
	require.NoError(t, err)
	s.RunJob("network.open_reports")
	opened(t, d.clerk, d.name("2026-12"))
	december := d.send(t, "2026-12")
	assert.Zero(t, networktest.Sum(december, "tips_by_area", "received"))
	assert.EqualValues(t, 1, networktest.Sum(december, "outcomes", "closed_in_period"), "November's report told it as open")
	assert.EqualValues(t, 1, networktest.Sum(december, "outcomes_by_area", "closed_in_period"))
	first := december.GetTables()["outcomes"].GetRows()[0].GetCells()
	assert.Equal(t, "solved", first["outcome"].GetChoice())
	assert.EqualValues(t, 1, int64(first["closed_in_period"].GetNumber()))
	assert.Zero(t, networktest.Sum(december, "outcomes", "closed"))
}

func TestC10_SubmitNeedsTheRequiredContent(t *testing.T) {
	t.Parallel()
	d := newClerk(t, suitetest.New(t), networktest.Township)
	opened(t, d.clerk, november)
	faulty := full()
	faulty["handling"] = networktest.Text("\u200b")
	faulty["information"] = networktest.Table(
		networktest.Values{"matter": networktest.Text("\u2060"), "unit": networktest.Text("a\u202eb")},
		networktest.Values{"matter": networktest.Text("\u0085"), "unit": networktest.Text("村")},
		networktest.Values{"matter": networktest.Text("\n"), "unit": networktest.Text("村")},
	)
	_, err := d.clerk.WriteReport(t.Context(), &networkv1.WriteReportRequest{Name: november, Values: faulty})
	at := func(column string) string { return `values["information"].table.rows[0].cells["` + column + `"]` }
	networktest.Refused(t, err, codes.InvalidArgument, at("unit")+".text") // what is blank is as if it were not there
	values := full()
	reported(values, "matter").Kind = nil
	d.confirm(t, "2026-11", values)
	// A text that came in before the rules refused it.
	_, err = networktest.Database(t, d.s).Exec(t.Context(),
		"UPDATE network.reports SET body = jsonb_set(body, '{values,handling,text}', to_jsonb($1::text)) WHERE unit_id = '340503001' AND period = '2026-11'", " \u200b\n")
	require.NoError(t, err)
	_, err = d.clerk.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: november})
	networktest.Refused(t, err, codes.FailedPrecondition, `values["handling"]`, at("matter"))
	values = full()
	reported(values, "unit").Kind, reported(values, "handling").Kind = nil, nil
	d.confirm(t, "2026-11", values)
	sent, err := d.clerk.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: november})
	require.NoError(t, err)
	assert.EqualValues(t, 4, sent.GetCompleteness().GetNumerator())
	assert.EqualValues(t, 6, sent.GetCompleteness().GetDenominator())
}
