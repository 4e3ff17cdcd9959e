package reports_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// texts are what a unit's messages say, the newest first.
func texts(t *testing.T, s *suitetest.Suite, unit string) []string {
	t.Helper()
	answer, err := networkv1.NewInboxServiceClient(s.As(access.Administrator, networktest.City)).ListMessages(t.Context(),
		&networkv1.ListMessagesRequest{Unit: unit, PageSize: 100})
	require.NoError(t, err)
	lines := make([]string, len(answer.GetMessages()))
	for i, m := range answer.GetMessages() {
		lines[i] = m.GetTitle()
	}
	return lines
}

func TestC10_ThoseConcernedAreToldOfAReportByItsTitle(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d := newClerk(t, s, networktest.Township)
	opened(t, d.clerk, november)
	granted, err := d.grant(t, "2026-11", "2026-12-20")
	require.NoError(t, err)
	_, err = d.exceptions.RevokeReportException(t.Context(), &networkv1.RevokeReportExceptionRequest{
		Name: granted.GetName(), Reason: "有误",
	})
	require.NoError(t, err)
	_, err = d.grant(t, "2027-01", "")
	require.NoError(t, err)
	_, err = d.above.OpenReport(t.Context(), &networkv1.OpenReportRequest{
		Unit: networktest.Township, Schedule: "monthly", Period: "2026-08", CloseOn: "2026-11-30", Reason: "补报",
	})
	require.NoError(t, err)
	d.send(t, "2026-11")
	d.giveBack(t)
	d.confirm(t, "2026-11", networktest.Reworked(full(), "handling"))
	_, err = d.clerk.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: d.name("2026-11")})
	require.NoError(t, err)
	d.accept(t)
	assert.Equal(t, []string{
		"《乡镇月报》（2026-11）已接收。",
		"《乡镇月报》（2026-11）已被退回，请修改后重新报送：原因分析不足。",
		"《乡镇月报》（2026-08）已开始报送，2026-11-30 截止。",
		"《乡镇月报》（2027-01）已准予免报。",
		"《乡镇月报》（2026-11）的免报或延期已撤销，须按期报送。",
		"《乡镇月报》（2026-11）已准予延期至 2026-12-20。",
	}, texts(t, s, networktest.Township))
	unit, err := networkv1.NewUnitServiceClient(s.As("handler", networktest.City)).GetUnit(t.Context(),
		&networkv1.GetUnitRequest{Name: networktest.Township})
	require.NoError(t, err)
	for _, judge := range []string{networktest.County, networktest.City} {
		assert.Equal(t, []string{
			unit.GetTitle() + "报送了《乡镇月报》（2026-11）第 2 版。", unit.GetTitle() + "报送了《乡镇月报》（2026-11）。",
		}, slices.DeleteFunc(texts(t, s, judge), func(text string) bool { return !strings.Contains(text, "月报") }), judge)
	}
}

func TestC10_WhatACountyAcceptedTheCityReturns(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d := newClerk(t, s, networktest.Township)
	opened(t, d.clerk, november)
	sent := d.send(t, "2026-11")
	county := networkv1.NewReportServiceClient(s.As("handler", networktest.County))
	accepted, err := county.AcceptReport(t.Context(), &networkv1.AcceptReportRequest{Name: november, Etag: sent.GetEtag()})
	require.NoError(t, err)
	_, err = county.ReturnReport(t.Context(), &networkv1.ReturnReportRequest{
		Name: november, Reason: "再看一次", Etag: accepted.GetEtag(),
	})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "ACCEPTED_BELOW_ONLY")
	back := d.giveBack(t)
	assert.Equal(t, networkv1.ReportState_REPORT_STATE_RETURNED, back.GetState())
	assert.EqualValues(t, 2, back.GetDraftVersion())
	assert.Contains(t, texts(t, s, networktest.County), "本单位接收的沙塘路街道《乡镇月报》（2026-11）已被上级退回：原因分析不足。")
	write := &networkv1.WriteReportRequest{Name: november, Values: full(), Etag: back.GetEtag()}
	_, err = d.clerk.WriteReport(t.Context(), write)
	suitetest.RequireRefused(t, err, codes.Aborted, "DRAFT_ETAG")
	write.Etag = back.GetDraftEtag()
	written, err := d.clerk.WriteReport(t.Context(), write)
	require.NoError(t, err, "the answer has what the next writer gives")
	assert.Equal(t, written.GetEtag(), d.get(t, "2026-11", 0).GetDraftEtag())
}

func TestC10_ReportsAreListedByWhatAnOfficeLooksFor(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d := newClerk(t, s, networktest.Township)
	opened(t, d.clerk, november)
	s.Clock.Advance(40 * day) // 12 December
	s.RunJob(reports.OpenReportsJob)
	d.confirm(t, "2026-11", full())
	_, err := d.clerk.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: november, LateReason: "汛期"})
	require.NoError(t, err)
	listed := func(req *networkv1.ListReportsRequest) []string {
		req.Unit = networktest.Township
		answer, err := d.above.ListReports(t.Context(), req)
		require.NoError(t, err)
		var periods []string
		for _, r := range answer.GetReports() {
			periods = append(periods, r.GetPeriod())
		}
		return periods
	}
	month, quarter := typev1.PeriodKind_PERIOD_KIND_MONTH, typev1.PeriodKind_PERIOD_KIND_QUARTER
	assert.Equal(t, []string{"2026-11"}, listed(&networkv1.ListReportsRequest{Late: true}))
	assert.Equal(t, []string{"2026-12", "2026-11", "2026-10"}, listed(&networkv1.ListReportsRequest{FromPeriod: "2026-Q4"}))
	assert.Equal(t, []string{"2026-10"}, listed(&networkv1.ListReportsRequest{ToPeriod: "2026-10", PeriodKind: month}))
	assert.Empty(t, listed(&networkv1.ListReportsRequest{FromPeriod: "2026-Q4", PeriodKind: quarter}))
	for field, req := range map[string]*networkv1.ListReportsRequest{
		"late": {Late: true, Overdue: true}, "to_period": {FromPeriod: "2026-11", ToPeriod: "2026-10"},
		"schedule": {Schedule: "daily"}, "period": {Period: "9999-12"}, "from_period": {FromPeriod: "0000"},
	} {
		req.Unit = networktest.Township
		_, err := d.above.ListReports(t.Context(), req)
		networktest.Refused(t, err, codes.InvalidArgument, field)
	}
}

func TestC10_SchedulesAreHeldAgainstWhatIsAsked(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d := newClerk(t, s, networktest.Township)
	opened(t, d.clerk, november)
	for field, req := range map[string]*networkv1.SummarizeReportsRequest{
		"schedule": {Schedule: "daily", FromPeriod: "2026-11"}, "from_period": {Schedule: "monthly", FromPeriod: "2026-Q4"},
	} {
		req.Unit = networktest.City
		_, err := d.above.SummarizeReports(t.Context(), req)
		networktest.Refused(t, err, codes.InvalidArgument, field)
	}
	_, err := d.exceptions.ListReportExceptions(t.Context(), &networkv1.ListReportExceptionsRequest{
		Unit: networktest.City, Schedule: "daily",
	})
	networktest.Refused(t, err, codes.InvalidArgument, "schedule")
	_, err = d.above.OpenReport(t.Context(), &networkv1.OpenReportRequest{
		Unit: networktest.County, Schedule: "monthly", Period: "2026-Q4", CloseOn: "2026-11-30", Reason: "补报",
	})
	networktest.Refused(t, err, codes.InvalidArgument, "unit", "period")
	_, err = d.exceptions.GrantReportException(t.Context(), &networkv1.GrantReportExceptionRequest{
		Exception: &networkv1.ReportException{
			Unit: networktest.County, Schedule: "monthly", Period: "2026-12", Waived: true, Reason: "无此任务",
		},
	})
	networktest.Refused(t, err, codes.InvalidArgument, "exception.unit")
}

func TestC10_WhoSentAReportBackHearsThatItDidNotComeAgain(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d := newClerk(t, s, networktest.Township)
	opened(t, d.clerk, november)
	d.send(t, "2026-11")
	d.giveBack(t)
	due := d.get(t, "2026-11", 1).GetReturns()[0].GetDue()
	told := func(unit string) (kinds []string) {
		answer, err := networkv1.NewInboxServiceClient(s.As(access.Administrator, networktest.City)).ListMessages(t.Context(),
			&networkv1.ListMessagesRequest{Unit: unit, Kinds: []string{"inbox.report_return_due", "inbox.report_return_overdue"}})
		require.NoError(t, err)
		for _, m := range answer.GetMessages() {
			assert.Contains(t, m.GetTitle(), due.GetDue())
			kinds = append(kinds, m.GetKind())
		}
		return kinds
	}
	above := d.get(t, "2026-11", 1).GetReturns()[0].GetReturnedBy()
	for clock.Today(s.Clock).String() < due.GetRemindOn() {
		assert.Empty(t, told(networktest.Township))
		s.Clock.Advance(24 * time.Hour)
		s.RunJob(reports.RemindReportsJob)
	}
	assert.Equal(t, []string{"inbox.report_return_due"}, told(networktest.Township))
	for clock.Today(s.Clock).String() <= due.GetDue() {
		assert.Empty(t, told(above))
		s.Clock.Advance(24 * time.Hour)
		s.RunJob(reports.RemindReportsJob)
	}
	assert.Equal(t, []string{"inbox.report_return_overdue", "inbox.report_return_due"}, told(networktest.Township))
	assert.Equal(t, []string{"inbox.report_return_overdue"}, told(above))
}

func TestC10_H6_MessagesSayWhichEndedUnitAReportIsOf(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	const october, ofEnded = "reports/340503001.monthly.2026-10", "（事关沙塘路街道，该单位已撤并，由承继单位办理。）"
	s.RunJob(reports.OpenReportsJob)
	_, err := networkv1.NewTreeServiceClient(s.As("handler", networktest.City)).MergeUnits(t.Context(),
		&networkv1.MergeUnitsRequest{
			Units: []*networkv1.MergedUnit{{Name: networktest.Township}}, Into: networktest.OtherTownship, Reason: "撤并",
		})
	require.NoError(t, err)
	remindUntil(s, "2026-11-04")
	s.RunJob(reports.RemindReportsJob)
	own := texts(t, s, networktest.OtherTownship)
	assert.Contains(t, own, "《乡镇月报》（2026-10）尚未报送，今天截止。", "its own")
	assert.Contains(t, own, "《乡镇月报》（2026-10）尚未报送，今天截止。"+ofEnded)

	send(t, s, networktest.OtherTownship, october)
	assert.Equal(t, "平湖街道报送了《乡镇月报》（2026-10）。"+ofEnded, texts(t, s, networktest.City)[0])
	above := networkv1.NewReportServiceClient(s.As("handler", networktest.City))
	sent, err := above.GetReport(t.Context(), &networkv1.GetReportRequest{Name: october})
	require.NoError(t, err)
	_, err = above.AcceptReport(t.Context(), &networkv1.AcceptReportRequest{Name: october, Etag: sent.GetEtag()})
	require.NoError(t, err)
	assert.Equal(t, "《乡镇月报》（2026-10）已接收。"+ofEnded, texts(t, s, networktest.OtherTownship)[0])
}
