package reports_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// byJuneAndNovember makes a scheme of the township that asks for a report by 20 June and by 20 November, whatever day that is.
func byJuneAndNovember(t *testing.T, schemes networkv1.SchemeServiceClient) *networkv1.Scheme {
	t.Helper()
	held, err := schemes.GetEffectiveScheme(t.Context(), &networkv1.GetEffectiveSchemeRequest{Unit: networktest.Township})
	require.NoError(t, err)
	scheme := held
	scheme.Name, scheme.Unit, scheme.EffectiveFrom = "schemes/own", networktest.Township, "2026-01-01"
	half := scheme.GetSchedules()[0]
	half.Id, half.PeriodKind = "half_yearly", typev1.PeriodKind_PERIOD_KIND_HALF_YEAR
	half.Window = &typev1.Window{OpenMonth: 1, OpenDay: 1, CloseMonth: 6, CloseDay: 20}
	half.CloseOnWorkday = false
	half.LaterWindows = []*typev1.Window{{OpenMonth: 1, OpenDay: 1, CloseMonth: 5, CloseDay: 20}}
	scheme.Schedules = []*networkv1.Schedule{half}
	return scheme
}

func TestH6_C10_HalfYearsHaveTheirOwnWindows(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	schemes := networkv1.NewSchemeServiceClient(s.As(access.Administrator, networktest.City))
	scheme := byJuneAndNovember(t, schemes)
	_, err := schemes.CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	s.RunJob(reports.OpenReportsJob)
	client := networkv1.NewReportServiceClient(s.As("clerk", networktest.Township))
	answer, err := client.ListReports(t.Context(), &networkv1.ListReportsRequest{
		Unit: networktest.Township, Schedule: "half_yearly",
	})
	require.NoError(t, err)
	require.Len(t, answer.GetReports(), 1, "the window of the first half had closed before the scheme was stored")
	assert.Equal(t, "2026-H2", answer.GetReports()[0].GetPeriod())
	assert.Equal(t, "2026-11-20", answer.GetReports()[0].GetCloseOn())
	s.Clock.Advance(90 * day) // 31 January
	s.RunJob(reports.OpenReportsJob)
	answer, err = client.ListReports(t.Context(), &networkv1.ListReportsRequest{Unit: networktest.Township, Period: "2027-H1"})
	require.NoError(t, err)
	require.Len(t, answer.GetReports(), 1)
	assert.Equal(t, "2027-06-20", answer.GetReports()[0].GetCloseOn(), "a Sunday")
}

func TestH6_FaultyWindowsAreRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	schemes := networkv1.NewSchemeServiceClient(s.As(access.Administrator, networktest.City))
	for name, later := range map[string][]*typev1.Window{
		"too many": {
			{OpenMonth: 1, OpenDay: 1, CloseMonth: 5, CloseDay: 20},
			{OpenMonth: 1, OpenDay: 1, CloseMonth: 5, CloseDay: 20},
		},
		"closes before it opens":   {{OpenMonth: 2, OpenDay: 1, CloseMonth: 1, CloseDay: 20}},
		"the first comes after it": {{OpenMonth: 13, OpenDay: 1, CloseMonth: 14, CloseDay: 20}},
	} {
		scheme := byJuneAndNovember(t, schemes)
		scheme.Schedules[0].LaterWindows = later
		_, err := schemes.CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: scheme})
		require.Equal(t, codes.InvalidArgument, codeOf(err), name)
		assert.Equal(t, []string{"scheme.schedules[0].later_windows"}, networktest.Fields(t, err), name)
	}
}

// By the schedule of the C profile the last day is the fifth; 5 December is a Saturday.
func TestC10_WindowThatEndsOnADayOffStaysOpenUntilTheNextWorkday(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	s.RunJob(reports.OpenReportsJob)
	client := networkv1.NewReportServiceClient(s.As("clerk", networktest.Township))
	assert.Equal(t, "2026-11-05", opened(t, client, "reports/340503001.monthly.2026-10").GetCloseOn())
	assert.Equal(t, "2026-12-07", opened(t, client, november).GetCloseOn())
}
