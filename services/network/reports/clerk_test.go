package reports_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// clerk is where the reports of one unit are written, and those above it who judge them.
type clerk struct {
	s *suitetest.Suite
	// Clerk acts for the unit, above for the county.
	clerk, above networkv1.ReportServiceClient
	exceptions   networkv1.ReportExceptionServiceClient
	unit         string
}

func newClerk(t *testing.T, s *suitetest.Suite, unit string) *clerk {
	t.Helper()
	above := s.As("handler", networktest.City)
	return &clerk{
		s: s, unit: unit, clerk: networkv1.NewReportServiceClient(s.As("clerk", unit)),
		above: networkv1.NewReportServiceClient(above), exceptions: networkv1.NewReportExceptionServiceClient(above),
	}
}

// withEarlierScheme has the C scheme hold since long ago, so that reports of any past period can be opened by hand.
func withEarlierScheme(t *testing.T, s *suitetest.Suite) *suitetest.Suite {
	t.Helper()
	networktest.NewScheme(t, s, func(scheme *networkv1.Scheme) { scheme.EffectiveFrom = "1901-01-01" })
	return s
}

func (d *clerk) name(period string) string {
	return "reports/" + d.unit[len("units/"):] + ".monthly." + period
}

// full is what a report holds that lacks nothing.
func full() networktest.Values { return networktest.Information("work_style") }

// wordy is what a report holds at least.
func wordy() networktest.Values {
	return networktest.Values{"handling": networktest.Text("办结。")}
}

// reported is a cell of the only piece of information in a report.
func reported(values networktest.Values, column string) *networkv1.ReportValue {
	return values["information"].GetTable().GetRows()[0].GetCells()[column]
}

// confirm writes, computes and confirms the version that is being written.
func (d *clerk) confirm(t *testing.T, period string, values networktest.Values) {
	t.Helper()
	opened(t, d.clerk, d.name(period))
	d.end(t, period)
	_, err := d.clerk.WriteReport(t.Context(), &networkv1.WriteReportRequest{Name: d.name(period), Values: values})
	require.NoError(t, err)
	computed, err := d.clerk.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: d.name(period)})
	require.NoError(t, err)
	_, err = d.clerk.ConfirmReport(t.Context(), &networkv1.ConfirmReportRequest{Name: d.name(period), Etag: computed.GetEtag()})
	require.NoError(t, err)
}

// send sends the report of a period up in time.
func (d *clerk) send(t *testing.T, period string) *networkv1.Report {
	t.Helper()
	d.confirm(t, period, full())
	sent, err := d.clerk.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: d.name(period)})
	require.NoError(t, err)
	return sent
}

// end has a period end, if it has not: before, its report is not taken.
func (d *clerk) end(t *testing.T, period string) {
	t.Helper()
	end(t, d.s, period)
}

func end(t *testing.T, s *suitetest.Suite, period string) {
	t.Helper()
	p, err := calendar.ParsePeriod(period)
	require.NoError(t, err)
	if wait := p.Next().First().In(calendar.Shanghai).Sub(s.Clock.Now()); wait > 0 {
		s.Clock.Advance(wait + 9*time.Hour)
	}
}

func (d *clerk) get(t *testing.T, period string, version int32) *networkv1.Report {
	t.Helper()
	answer, err := d.clerk.GetReport(t.Context(), &networkv1.GetReportRequest{Name: d.name(period), Version: version})
	require.NoError(t, err)
	return answer
}

func (d *clerk) giveBack(t *testing.T) *networkv1.Report {
	t.Helper()
	answer, err := d.above.ReturnReport(t.Context(), &networkv1.ReturnReportRequest{
		Name: d.name("2026-11"), Reason: "原因分析不足。", Etag: d.get(t, "2026-11", 0).GetEtag(),
	})
	require.NoError(t, err)
	return answer
}

// accept accepts November's report.
func (d *clerk) accept(t *testing.T) *networkv1.Report {
	t.Helper()
	answer, err := d.above.AcceptReport(t.Context(), &networkv1.AcceptReportRequest{
		Name: d.name("2026-11"), Etag: d.get(t, "2026-11", 0).GetEtag(),
	})
	require.NoError(t, err)
	return answer
}
