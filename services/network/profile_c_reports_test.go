package network_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
)

func codeOf(err error) string { return status.Code(err).String() }

func (c *city) summary(t *testing.T, unit, schedule, from, to string) *networkv1.ReportSummary {
	t.Helper()
	return must(c.centre.SummarizeReports(t.Context(), &networkv1.SummarizeReportsRequest{
		Unit: unit, Schedule: schedule, FromPeriod: from, ToPeriod: to,
	}))(t).GetTotal()
}

func (c *city) monthly(t *testing.T) {
	const october = "2026-10"
	c.jump("2026-11-01")
	c.live("2026-11-02")
	name := reportOf(town, "monthly", october)
	sent := send(t, c.clerk(town), name, networktest.Information("work_style"))
	assert.EqualValues(t, 19, networktest.Sum(sent, "tips_by_area", "received"), "what the township handled in October")
	must(c.clerk(otherTown).SubmitZeroReport(t.Context(), &networkv1.SubmitZeroReportRequest{Name: reportOf(otherTown, "monthly",
		october)}))(t)
	must(c.centre.GrantReportException(t.Context(), &networkv1.GrantReportExceptionRequest{Exception: &networkv1.ReportException{
		Unit: waivedTown, Schedule: "monthly", Period: october, Waived: true, Reason: "防汛",
	}}))(t)
	back := must(c.centre.ReturnReport(t.Context(), &networkv1.ReturnReportRequest{
		Name: name, Reason: "原因不明",
		Etag: sent.GetEtag(),
	}))(t)
	assert.Equal(t, "2026-11-09", back.GetReturns()[0].GetDue().GetDue())
	send(t, c.clerk(town), name, networktest.Reworked(networktest.Information("work_style"), "handling"))
	must(c.clerk(town).AmendReport(t.Context(), &networkv1.AmendReportRequest{Name: name, Reason: "漏填一处"}))(t)
	last := send(t, c.clerk(town), name, networktest.Information("work_style"))
	must(c.centre.AcceptReport(t.Context(), &networkv1.AcceptReportRequest{Name: name, Etag: last.GetEtag()}))(t)

	c.live("2026-11-06")
	late := reportOf(lateTown, "monthly", october)
	confirm(t, c.clerk(lateTown), late, networktest.Information("work_style"))
	must(c.clerk(lateTown).SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: late, LateReason: "防汛"}))(t)
	assert.Equal(t, []string{"2026-11-02 report_closes", "2026-11-05 report_closes_today", "2026-11-06 report_late"},
		c.told(t, lateTown, late))
	assert.Contains(t, c.told(t, county, county), "2026-11-06 reports_late_below")
	sum := c.summary(t, c.root, "monthly", october, "")
	assertRates(t, sum, 59, 1, 2, 1)
	assert.Equal(t, [2]int64{1, 1}, [2]int64{sum.GetZero(), sum.GetAccepted()})
	assertComplete(t, sum, 2*6)
}

func (c *city) move(t *testing.T) {
	c.jump("2026-11-16")
	before := c.rolled(t, county).GetReceived()
	must(c.keeper().MoveUnit(t.Context(), &networkv1.MoveUnitRequest{Name: town, Parent: otherCounty, Reason: "区划调整"}))(t)
	c.forget()
	_, name := c.submitted(t, c.inOffice(c.townOfficer), tip(village, "work_style", "web"))
	settle(t, c.clerk(town), name, "solved")
	assert.Equal(t, before, c.rolled(t, county).GetReceived(), "the past stays where it was")
	assert.EqualValues(t, 1, c.rolled(t, otherCounty).GetReceived())
}

func (c *city) quarterly(t *testing.T) {
	c.jump("2026-12-30")
	name := reportOf(branch, "quarterly", period)
	assert.Equal(t, "2026-10-01", must(c.clerk(branch).GetReport(t.Context(), &networkv1.GetReportRequest{Name: name}))(t).GetOpenOn(),
		"it was founded in the quarter")
	c.live("2027-01-01")
	send(t, c.clerk(agency), reportOf(agency, "quarterly", period), networktest.FourParts("ethics"))
	c.live("2027-01-12")
	told := c.told(t, branch, name)
	require.NotEmpty(t, told)
	assert.Equal(t, []string{"2027-01-04 report_closes", "2027-01-11 report_closes_today", "2027-01-12 report_late"},
		told[len(told)-3:])
	assert.Equal(t, []string{"2027-01-12 reports_late_below"}, c.told(t, agency, agency))
	assertRates(t, c.summary(t, c.root, "quarterly", period, ""), 2, 0, 1, 0)
	assertRates(t, c.summary(t, agency, "quarterly", period, ""), 2, 0, 1, 0)
}

func (c *city) owed(t *testing.T) {
	towns := func(unit string, month string) int64 { return c.summary(t, unit, "monthly", month, "").GetExpected() }
	for month, moved := range map[string]int64{"2026-10": 0, "2026-11": 0, "2026-12": 1} {
		assert.EqualValues(t, 59, towns(c.root, month), month)
		assert.Equal(t, towns(county, "2026-10")-moved, towns(county, month), month)
		assert.Equal(t, towns(otherCounty, "2026-10")+moved, towns(otherCounty, month), month)
	}
	assert.EqualValues(t, 3*59, c.summary(t, c.root, "monthly", "2026-10", "2026-12").GetExpected())
}

func (c *city) rollUp(t *testing.T) {
	c.jump("2027-01-15")
	all := c.rolled(t, c.root)
	assert.Equal(t, []int64{22, 22, 4, 2}, []int64{all.GetReceived(), all.GetClosed(), all.GetUnfounded(), all.GetUrgent()})
	assert.EqualValues(t, 20, c.rolled(t, county).GetReceived(), "nineteen of the township and one past it")
	assert.EqualValues(t, 1, c.rolled(t, otherCounty).GetReceived())
	assert.EqualValues(t, 20, c.rolled(t, town).GetReceived(), "before the move and after it")
	cells := must(c.centre.GetRollUp(t.Context(), &networkv1.GetRollUpRequest{
		Unit: c.root, FromPeriod: period, ByArea: true,
		ByMonth: true,
	}))(t)
	var sum int64
	for _, cell := range cells.GetCells() {
		sum += cell.GetReceived()
	}
	assert.EqualValues(t, 22, sum)
}
