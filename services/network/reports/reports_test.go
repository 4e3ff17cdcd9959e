package reports_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const november = "reports/340503001.monthly.2026-11"

// opened reads a report that the schedule has opened.
func opened(t *testing.T, client networkv1.ReportServiceClient, name string) *networkv1.Report {
	t.Helper()
	report, err := client.GetReport(t.Context(), &networkv1.GetReportRequest{Name: name})
	require.NoError(t, err)
	return report
}

func TestC10_ReportIsOpenedComputedConfirmedAndSubmitted(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	client := networkv1.NewReportServiceClient(s.As("clerk", networktest.Township))
	report := opened(t, client, november)
	assert.Equal(t, "2026-12-07", report.GetCloseOn(), "the fifth is a Saturday")
	networktest.SubmitTip(t, s, networktest.OtherTownship, networktest.ValidTip())

	_, err := client.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: november})
	networktest.Refused(t, err, codes.FailedPrecondition)
	_, err = networkv1.NewReportServiceClient(s.As("clerk", networktest.County)).ComputeReport(t.Context(),
		&networkv1.ComputeReportRequest{Name: november})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	_, err = client.WriteReport(t.Context(), &networkv1.WriteReportRequest{
		Name: november, Values: networktest.Information("gossip"),
	})
	networktest.Refused(t, err, codes.InvalidArgument, `values["information"].table.rows[0].cells["subject_area"].choice`)
	_, err = client.WriteReport(t.Context(), &networkv1.WriteReportRequest{Name: november, Values: full()})
	require.NoError(t, err)
	computed, err := client.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: november})
	require.NoError(t, err)
	require.Len(t, computed.GetTables()["tips_by_area"].GetRows(), 1)
	assert.EqualValues(t, 1, networktest.Sum(computed, "tips_by_area", "received"))

	networktest.SubmitTip(t, s, networktest.OtherTownship, networktest.ValidTip())
	again, err := client.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: november})
	require.NoError(t, err)
	assert.EqualValues(t, 2, networktest.Sum(again, "tips_by_area", "received"))
	_, err = client.ConfirmReport(t.Context(), &networkv1.ConfirmReportRequest{Name: november, Etag: computed.GetEtag()})
	networktest.Refused(t, err, codes.Aborted)
	_, err = client.ConfirmReport(t.Context(), &networkv1.ConfirmReportRequest{Name: november})
	networktest.Refused(t, err, codes.InvalidArgument, "etag")
	confirm := func(computed *networkv1.Report) {
		_, err := client.ConfirmReport(t.Context(), &networkv1.ConfirmReportRequest{Name: november, Etag: computed.GetEtag()})
		require.NoError(t, err)
	}
	confirm(again)
	_, err = client.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: november})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "PERIOD_NOT_ENDED")
	end(t, s, "2026-11")
	_, err = client.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: november})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "TABLES_OUTDATED")
	last, err := client.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: november})
	require.NoError(t, err)
	confirm(last)
	sent, err := client.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: november})
	require.NoError(t, err)
	assert.False(t, sent.GetLate())
	assert.Equal(t, []string{"2026-11-01", "2026-11-30"}, []string{sent.GetCoverFrom(), sent.GetCoverTo()})
	_, err = client.WriteReport(t.Context(), &networkv1.WriteReportRequest{Name: november, Values: wordy()})
	networktest.Refused(t, err, codes.FailedPrecondition)
}

func TestC10_EveryTownshipOwesOneReportAPeriod(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	client := networkv1.NewReportServiceClient(s.As("handler", networktest.City))
	opened(t, client, november)
	opened(t, client, "reports/340503001.monthly.2026-10")
	listed, err := client.ListReports(t.Context(), &networkv1.ListReportsRequest{Unit: networktest.City, PageSize: 1000})
	require.NoError(t, err)
	assert.Len(t, listed.GetReports(), 118, "59 townships; October's window is still open on 2 November")
	for _, r := range listed.GetReports() {
		assert.Contains(t, []string{"2026-10", "2026-11"}, r.GetPeriod(),
			"nobody is asked for what was past when the scheme was stored")
	}
	own, err := networkv1.NewReportServiceClient(s.As("clerk", networktest.Township)).ListReports(t.Context(),
		&networkv1.ListReportsRequest{Unit: networktest.Township})
	require.NoError(t, err)
	assert.Len(t, own.GetReports(), 2)
	_, err = networkv1.NewReportServiceClient(s.As("clerk", networktest.OtherTownship)).GetReport(t.Context(),
		&networkv1.GetReportRequest{Name: november})
	networktest.Refused(t, err, codes.NotFound)
}

func TestC10_LateReportNeedsAReason(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	client := networkv1.NewReportServiceClient(s.As("clerk", networktest.Township))
	opened(t, client, november)
	s.Clock.Advance(40 * 24 * time.Hour)
	computed, err := client.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: november})
	require.NoError(t, err)
	_, err = client.ConfirmReport(t.Context(), &networkv1.ConfirmReportRequest{Name: november, Etag: computed.GetEtag()})
	require.NoError(t, err)
	_, err = client.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: november, LateReason: "汛期"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "REPORT_INCOMPLETE")
	_, err = client.WriteReport(t.Context(), &networkv1.WriteReportRequest{Name: november, Values: wordy()})
	require.NoError(t, err)
	_, err = client.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: november, LateReason: " "})
	networktest.Refused(t, err, codes.InvalidArgument, "late_reason")
	sent, err := client.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: november, LateReason: "汛期"})
	require.NoError(t, err)
	assert.True(t, sent.GetLate())

	figures, err := networkv1.NewFigureServiceClient(s.As("handler", networktest.City)).ListFigures(t.Context(),
		&networkv1.ListFiguresRequest{
			Root: networktest.City, Units: []string{networktest.Township, networktest.OtherTownship}, Period: "2026-12",
			Measures: []string{"network.report_timeliness"},
		})
	require.NoError(t, err)
	require.Len(t, figures.GetFigures(), 2)
	for _, f := range figures.GetFigures() {
		assert.EqualValues(t, 1, f.GetDenominator(), "November's report fell due in December")
		assert.EqualValues(t, 0, f.GetNumerator())
	}
}
