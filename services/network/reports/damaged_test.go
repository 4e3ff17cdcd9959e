package reports_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestADamagedSchemeIsReportedAndKeepsNoOtherFromTheJobs(t *testing.T) {
	t.Parallel()
	const october = "reports/340503001.monthly.2026-10"
	s := suitetest.New(t)
	networktest.NewScheme(t, s, func(c *networkv1.Scheme) { c.Name, c.Unit = "schemes/other", "units/340504" })
	_, err := networktest.Database(t, s).Exec(t.Context(),
		"UPDATE network.schemes SET body = jsonb_set(body, '{schedules}', '17') WHERE scheme_id = 'other'")
	require.NoError(t, err)
	met := testutil.ToFloat64(document.DamagedRows)
	remindUntil(s, "2026-11-02")
	assert.Greater(t, testutil.ToFloat64(document.DamagedRows), met)
	assert.Contains(t, told(t, s, networktest.Township), "2026-11-02 report_closes "+october)
	_, err = networkv1.NewReportServiceClient(s.As("clerk", networktest.Township)).GetReport(t.Context(),
		&networkv1.GetReportRequest{Name: october})
	require.NoError(t, err, "opened")
}
