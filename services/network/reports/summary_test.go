package reports_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func codeOf(err error) codes.Code { return status.Code(err) }

// summed asks how the townships below a unit met what they owed for a span of months.
func (d *clerk) summed(t *testing.T, unit, from, to string) *networkv1.SummarizeReportsResponse {
	t.Helper()
	answer, err := d.above.SummarizeReports(t.Context(), &networkv1.SummarizeReportsRequest{
		Unit: unit, Schedule: "monthly", FromPeriod: from, ToPeriod: to, ByChild: true,
	})
	require.NoError(t, err)
	return answer
}

func childOf(t *testing.T, answer *networkv1.SummarizeReportsResponse, unit string) *networkv1.ReportSummary {
	t.Helper()
	for _, c := range answer.GetChildren() {
		if c.GetUnit() == unit {
			return c
		}
	}
	require.Fail(t, "no summary of "+unit)
	return nil
}

func pair(r *networkv1.ReportRatio) [2]int64 { return [2]int64{r.GetNumerator(), r.GetDenominator()} }

func TestC10_RatesAreRatiosOfOwedReports(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	inTime, late, zero := newClerk(t, s, networktest.Township), newClerk(t, s, "units/340503002"), newClerk(t, s,
		networktest.OtherTownship)
	exempt := newClerk(t, s, "units/340503003")
	opened(t, inTime.clerk, november)
	inTime.send(t, "2026-11")
	inTime.giveBack(t)
	_, err := zero.clerk.SubmitZeroReport(t.Context(), &networkv1.SubmitZeroReportRequest{Name: zero.name("2026-11")})
	require.NoError(t, err)
	_, err = exempt.grant(t, "2026-11", "")
	require.NoError(t, err)

	open := inTime.summed(t, networktest.County, "2026-11", "")
	county := open.GetTotal()
	assert.Zero(t, county.GetOverdue())
	assert.Equal(t, [2]int64{1, 1}, pair(county.GetTimeliness()), "what may still come in time is left out")
	assert.Equal(t, [2]int64{1, county.GetExpected() - 1}, pair(county.GetReporting()))

	s.Clock.Advance(11 * day)
	late.confirm(t, "2026-11", wordy())
	_, err = late.clerk.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: late.name("2026-11"), LateReason: "汛期"})
	require.NoError(t, err)
	late.accept(t)

	county = inTime.summed(t, networktest.County, "2026-11", "").GetTotal()
	owed := county.GetExpected() - 1
	assert.EqualValues(t, 1, county.GetExempted())
	assert.EqualValues(t, 2, county.GetSubmitted())
	assert.EqualValues(t, 1, county.GetOnTime())
	assert.EqualValues(t, 1, county.GetLate())
	assert.Equal(t, owed-2, county.GetOverdue())
	assert.EqualValues(t, 1, county.GetAccepted())
	assert.EqualValues(t, 1, county.GetReturned())
	assert.Equal(t, [2]int64{2, owed}, pair(county.GetReporting()))
	assert.Equal(t, [2]int64{1, owed}, pair(county.GetTimeliness()))
	assert.Equal(t, [2]int64{6 + 2, 12}, pair(county.GetCompleteness()), "one told no information")

	city := inTime.summed(t, networktest.City, "2026-10", "2026-11")
	assert.EqualValues(t, 2*59, city.GetTotal().GetExpected())
	assert.EqualValues(t, 1, childOf(t, city, "units/340504").GetZero())
	assert.Equal(t, [2]int64{0, 0}, pair(childOf(t, city, "units/340504").GetCompleteness()),
		"a zero report is asked for nothing")
	var sum int64
	for _, c := range city.GetChildren() {
		sum += c.GetExpected()
	}
	assert.Equal(t, city.GetTotal().GetExpected(), sum)
	own := childOf(t, inTime.summed(t, networktest.Township, "2026-11", ""), networktest.Township)
	assert.EqualValues(t, 1, own.GetExpected(), "what the unit at the top owes itself is among them")
}

func TestC10_SummariesArePagedAndChecked(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d := newClerk(t, s, networktest.Township)
	opened(t, d.clerk, november)
	whole := d.summed(t, networktest.City, "2026-11", "")
	var children []string
	req := &networkv1.SummarizeReportsRequest{
		Unit: networktest.City, Schedule: "monthly", FromPeriod: "2026-11", ByChild: true, PageSize: 2,
	}
	for {
		answer, err := d.above.SummarizeReports(t.Context(), req)
		require.NoError(t, err)
		assert.EqualValues(t, 59, answer.GetTotal().GetExpected())
		for _, c := range answer.GetChildren() {
			children = append(children, c.GetUnit())
		}
		if req.PageToken = answer.GetNextPageToken(); req.PageToken == "" {
			break
		}
	}
	assert.Len(t, children, len(whole.GetChildren()))
	for i, c := range whole.GetChildren() {
		assert.Equal(t, c.GetUnit(), children[i])
	}
	for _, span := range [][2]string{{"2026-11", "2026-10"}, {"2026-11", "2026-Q4"}} {
		_, err := d.above.SummarizeReports(t.Context(), &networkv1.SummarizeReportsRequest{
			Unit: networktest.City, Schedule: "monthly", FromPeriod: span[0], ToPeriod: span[1],
		})
		networktest.Refused(t, err, codes.InvalidArgument, "to_period")
	}
	_, err := d.clerk.SummarizeReports(t.Context(), &networkv1.SummarizeReportsRequest{
		Unit: networktest.City, Schedule: "monthly", FromPeriod: "2026-11",
	})
	networktest.Refused(t, err, codes.NotFound)
}

func TestC10_DenominatorsDoNotChangeLater(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d := newClerk(t, s, networktest.Township)
	opened(t, d.clerk, november)
	opened(t, d.clerk, d.name("2026-10"))
	expected := d.summed(t, networktest.City, "2026-11", "").GetTotal().GetExpected()

	_, err := networkv1.NewUnitServiceClient(s.As(access.Administrator, networktest.City)).CreateUnit(t.Context(),
		&networkv1.CreateUnitRequest{
			UnitId: "340503099", Unit: &networkv1.Unit{
				Title: "新设街道", Kind: networkv1.UnitKind_UNIT_KIND_REPORTING_POINT, Level: typev1.Level_LEVEL_TOWNSHIP,
				DivisionCode: "340503099", Parent: networktest.County,
			},
		})
	require.NoError(t, err)
	conn := networktest.Database(t, s)
	const after = "340503002"
	// disbanded today
	tag, err := conn.Exec(t.Context(), "UPDATE network.units SET valid_to = '2026-11-02' WHERE unit_id = $1", after)
	require.NoError(t, err)
	require.EqualValues(t, 1, tag.RowsAffected())
	// moved
	_, err = conn.Exec(t.Context(),
		`UPDATE network.reports SET unit_path = '340500.340504.340503003' WHERE unit_id = '340503003'`)
	require.NoError(t, err)
	s.RunJob(reports.OpenReportsJob)
	opened(t, d.clerk, november)

	now := d.summed(t, networktest.City, "2026-11", "")
	wantedNow := expected + 1
	assert.Equal(t, wantedNow, now.GetTotal().GetExpected(), "disbanding and moving take nobody out; who is founded comes in")
	assert.Equal(t, expected, d.summed(t, networktest.City, "2026-10", "").GetTotal().GetExpected(), "the past stays as it was")
	assert.EqualValues(t, 1, childOf(t, d.summed(t, networktest.County, "2026-11", ""), "units/"+after).GetExpected())
	assert.EqualValues(t, 1, childOf(t, d.summed(t, networktest.County, "2026-11", ""), "units/340503003").GetExpected(),
		"as the tree then was")
	read, err := d.above.GetReport(t.Context(), &networkv1.GetReportRequest{Name: "reports/" + after + ".monthly.2026-11"})
	require.NoError(t, err, "the reports of a unit that is no more are still there")
	assert.Equal(t, "units/"+after, read.GetUnit())
}

func TestT24_AnExemptedReportIsInNoFigure(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d, complete := newClerk(t, s, networktest.Township), newClerk(t, s, networktest.OtherTownship)
	opened(t, d.clerk, november)
	_, err := d.grant(t, "2026-11", "")
	require.NoError(t, err)
	complete.send(t, "2026-11")
	s.Clock.Advance(60 * day)
	answer, err := networkv1.NewFigureServiceClient(s.As("handler", networktest.City)).ListFigures(t.Context(),
		&networkv1.ListFiguresRequest{
			Root: networktest.City, Units: []string{networktest.Township, networktest.OtherTownship}, Period: "2026-12",
			Measures: []string{"network.report_timeliness"},
		})
	require.NoError(t, err)
	assert.Zero(t, answer.GetFigures()[0].GetDenominator())
	assert.EqualValues(t, 1, answer.GetFigures()[1].GetNumerator())
	answer, err = networkv1.NewFigureServiceClient(s.As("handler", networktest.City)).ListFigures(t.Context(),
		&networkv1.ListFiguresRequest{
			Root: networktest.City, Units: []string{networktest.OtherTownship}, Period: "2026-12",
			Measures: []string{"network.report_completeness"},
		})
	require.NoError(t, err)
	assert.EqualValues(t, 1, answer.GetFigures()[0].GetNumerator())
	assert.EqualValues(t, 1, answer.GetFigures()[0].GetDenominator())
}
