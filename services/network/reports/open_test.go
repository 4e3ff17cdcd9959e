package reports_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestC10_H6_MissedPeriodsAreOpenedOnceAfterAnOutage(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d := newClerk(t, s, networktest.Township)
	opened(t, d.clerk, november)
	opened(t, d.clerk, d.name("2026-10"))
	s.Clock.Advance(100 * day) // 10 February
	for range 2 {
		s.RunJob(reports.OpenReportsJob)
		for _, period := range []string{"2026-12", "2027-01", "2027-02"} {
			opened(t, d.clerk, d.name(period))
		}
	}
	listed, err := d.above.ListReports(t.Context(), &networkv1.ListReportsRequest{Unit: networktest.City, PageSize: 1000})
	require.NoError(t, err)
	assert.Len(t, listed.GetReports(), 59*5)
	overdue, err := d.above.ListReports(t.Context(), &networkv1.ListReportsRequest{
		Unit: networktest.Township, Schedule: "monthly", Overdue: true,
	})
	require.NoError(t, err)
	require.Len(t, overdue.GetReports(), 4)
	assert.Equal(t, "2027-01", overdue.GetReports()[0].GetPeriod(), "February's may still be in time")
}

func TestC10_ReportIsOpenedManuallyOnce(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d := newClerk(t, s, networktest.Township)
	opened(t, d.clerk, november)
	ask := &networkv1.OpenReportRequest{
		Unit: networktest.Township, Schedule: "monthly", Period: "2026-08", CloseOn: "2026-11-30", Reason: "补报八月情况",
	}
	_, err := d.clerk.OpenReport(t.Context(), ask)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_REPORT")
	made, err := d.above.OpenReport(t.Context(), ask)
	require.NoError(t, err)
	assert.Equal(t, networktest.City, made.GetOpenedBy())
	assert.Equal(t, "2026-11-30", made.GetCloseOn())
	assert.Equal(t, "schemes/c@2026-01-01", made.GetSchemeVersion())
	_, err = d.above.OpenReport(t.Context(), ask)
	networktest.Refused(t, err, codes.AlreadyExists)
	d.send(t, "2026-08")
	ask.Period = "2026-11"
	_, err = d.above.OpenReport(t.Context(), ask)
	networktest.Refused(t, err, codes.AlreadyExists)

	for name, c := range map[string]struct {
		spoil func(*networkv1.OpenReportRequest)
		named []string
	}{
		"ahead":           {func(r *networkv1.OpenReportRequest) { r.Period = "2027-03" }, []string{"period"}},
		"a closed window": {func(r *networkv1.OpenReportRequest) { r.CloseOn = "" }, []string{"close_on"}},
		"a past day":      {func(r *networkv1.OpenReportRequest) { r.CloseOn = "2026-11-01" }, []string{"close_on"}},
		"a wrong kind":    {func(r *networkv1.OpenReportRequest) { r.Period = "2026" }, []string{"period"}},
		"schedule and day": {func(r *networkv1.OpenReportRequest) { r.Schedule, r.CloseOn = "daily", "2026-02-30" }, []string{
			"schedule", "close_on",
		}},
		"no reason":         {func(r *networkv1.OpenReportRequest) { r.Reason = "\t" }, []string{"reason"}},
		"before any scheme": {func(r *networkv1.OpenReportRequest) { r.Period = "2025-12" }, []string{"period"}},
		"year out of range": {func(r *networkv1.OpenReportRequest) { r.Period = "0001-01" }, []string{"period"}},
	} {
		r := &networkv1.OpenReportRequest{
			Unit: networktest.Township, Schedule: "monthly", Period: "2026-07", CloseOn: "2026-11-30", Reason: "补报",
		}
		c.spoil(r)
		_, err := d.above.OpenReport(t.Context(), r)
		require.Equal(t, codes.InvalidArgument, codeOf(err), name)
		assert.ElementsMatch(t, c.named, networktest.Fields(t, err), name)
	}
}

func TestC10_FaultyScheduleIsRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	schemes := networkv1.NewSchemeServiceClient(s.As("administrator", networktest.City))
	held, err := schemes.GetEffectiveScheme(t.Context(), &networkv1.GetEffectiveSchemeRequest{Unit: networktest.City})
	require.NoError(t, err)
	scheme := held
	scheme.EffectiveFrom = "2026-12-01"
	scheme.Schedules[0].Window.CloseMonth = 1
	scheme.Schedules[0].Window.OpenDay, scheme.Schedules[0].Window.CloseDay = 20, 10
	scheme.Schedules[1].Form = "five_parts"
	_, err = schemes.CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: scheme})
	networktest.Refused(t, err, codes.InvalidArgument, "scheme.schedules[0].window", "scheme.schedules[1].form")
}
