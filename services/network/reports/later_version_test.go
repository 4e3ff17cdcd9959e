package reports_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// November was sent, and is due once, whatever window a later version gives it; who has not sent it is reminded by the window that
// it was opened with.
func TestH6_C10_ALaterVersionRemindsOfNothingThatWasSent(t *testing.T) {
	t.Parallel()
	const other = "reports/340504001.monthly.2026-11"
	s := suitetest.New(t)
	remindUntil(s, "2026-11-30")
	send(t, s, networktest.Township, november)
	reports := networkv1.NewReportServiceClient(s.As("handler", networktest.City))
	read := func(name string) *networkv1.Report {
		t.Helper()
		report, err := reports.GetReport(t.Context(), &networkv1.GetReportRequest{Name: name})
		require.NoError(t, err)
		return report
	}
	sent, owed := read(november), read(other)
	before := of(told(t, s, networktest.Township), november)
	networktest.NewScheme(t, s, func(c *networkv1.Scheme) {
		c.Schedules[0].Window.CloseDay += 15
		c.Schedules[0].CloseOnWorkday = false
	})
	remindUntil(s, clock.Today(s.Clock).AddDays(60).String())

	assert.Equal(t, before, of(told(t, s, networktest.Township), november), "nobody is reminded of what was sent")
	assert.True(t, proto.Equal(sent, read(november)), "what was sent stays as it was sent")
	assert.Equal(t, networkv1.ReportState_REPORT_STATE_SUBMITTED, sent.GetState())
	assert.Equal(t, owed.GetCloseOn(), read(other).GetCloseOn())
	lines := of(told(t, s, networktest.OtherTownship), other)
	assert.Equal(t, []string{
		"2026-12-02 report_closes " + other, "2026-12-07 report_closes_today " + other, "2026-12-08 report_late " + other,
	}, lines[:3], "one due day")
	for _, line := range lines[3:] {
		assert.Contains(t, line, " report_late ")
	}
	for unit, submitted := range map[string]int64{networktest.Township: 1, networktest.OtherTownship: 0} {
		sum, err := reports.SummarizeReports(t.Context(), &networkv1.SummarizeReportsRequest{
			Unit: unit, Schedule: "monthly", FromPeriod: "2026-11",
		})
		require.NoError(t, err)
		assert.Equal(t, []int64{1, submitted, submitted}, []int64{
			sum.GetTotal().GetExpected(), sum.GetTotal().GetSubmitted(), sum.GetTotal().GetOnTime(),
		}, unit)
	}
	assert.Equal(t, "2027-01-20", read("reports/340503001.monthly.2026-12").GetCloseOn(), "the next month is the version's")
}
