package reports_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestC12_OverdueReportsAreCountedWithAllBelowForTheWarningService(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	s.RunJob("network.open_reports")
	warning := service(s, "warning")
	count := func() map[string]int64 {
		t.Helper()
		answer, err := warning.CountOverdueReports(t.Context(), &networkv1.CountOverdueReportsRequest{
			Units: []string{suitetest.City, networktest.County, networktest.Township, "units/none"},
		})
		require.NoError(t, err)
		return answer.GetCounts()
	}
	assert.Empty(t, count(), "nothing is overdue yet")
	s.Clock.Advance(8 * day) // 10 November: the reports of October were due on the 5th
	listed, err := networkv1.NewReportServiceClient(s.As(access.Administrator, suitetest.City)).ListReports(t.Context(),
		&networkv1.ListReportsRequest{Unit: suitetest.City, Overdue: true, PageSize: 1000})
	require.NoError(t, err)
	counts := count()
	assert.EqualValues(t, len(listed.GetReports()), counts[suitetest.City])
	assert.EqualValues(t, 1, counts[networktest.Township])
	assert.Greater(t, counts[networktest.County], counts[networktest.Township])
	assert.Less(t, counts[networktest.County], counts[suitetest.City])
	assert.NotContains(t, counts, "units/none")
	_, err = networkv1.NewReportServiceClient(s.As(access.Administrator, suitetest.City)).CountOverdueReports(t.Context(),
		&networkv1.CountOverdueReportsRequest{Units: []string{suitetest.City}})
	assert.Equal(t, "SERVICES_ONLY", suitetest.Reason(err))
}
