package reports_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	otherCounty = "units/340504"
	thirdCounty = "units/340506"
)

func trees(s *suitetest.Suite) networkv1.TreeServiceClient {
	return networkv1.NewTreeServiceClient(s.As(access.Administrator, networktest.City))
}

// move moves a unit below another, from today where no day is given.
func move(t *testing.T, s *suitetest.Suite, unit, parent, from string) {
	t.Helper()
	_, err := trees(s).MoveUnit(t.Context(), &networkv1.MoveUnitRequest{
		Name: unit, Parent: parent, Reason: "区划调整", EffectiveFrom: from,
	})
	require.NoError(t, err)
}

// mergeRows merges a unit into another, from today where no day is given.
func mergeRows(t *testing.T, s *suitetest.Suite, unit, into, from string) {
	t.Helper()
	_, err := trees(s).MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Into: into, Units: []*networkv1.MergedUnit{{Name: unit}}, Reason: "区划调整", EffectiveFrom: from,
	})
	require.NoError(t, err)
}

// listOwed are the reports of a period in a unit's subtree.
func listOwed(t *testing.T, s *suitetest.Suite, unit, period string) []string {
	t.Helper()
	client := networkv1.NewReportServiceClient(s.As(access.Administrator, networktest.City))
	answer, err := client.ListReports(t.Context(), &networkv1.ListReportsRequest{Unit: unit, Period: period, PageSize: 1000})
	require.NoError(t, err)
	names := make([]string, len(answer.GetReports()))
	for i, r := range answer.GetReports() {
		names[i] = r.GetName()
	}
	return names
}

// removeSchedules gives a unit a scheme of its own that asks for no reports.
func removeSchedules(t *testing.T, s *suitetest.Suite, unit, from string) {
	t.Helper()
	client := networkv1.NewSchemeServiceClient(s.As(access.Administrator, networktest.City))
	scheme, err := client.GetEffectiveScheme(t.Context(), &networkv1.GetEffectiveSchemeRequest{Unit: unit})
	require.NoError(t, err)
	own := proto.CloneOf(scheme)
	own.Name, own.Unit, own.EffectiveFrom, own.Schedules = "schemes/own", unit, from, nil
	_, err = client.CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: own})
	require.NoError(t, err)
}

func TestC10_PlannedMoveOpensNoReportUnderAnotherScheme(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	removeSchedules(t, s, otherCounty, "2026-11-01")
	move(t, s, otherCounty, thirdCounty, "2026-12-15")
	s.Clock.Advance(30 * day) // 2 December
	s.RunJob(reports.OpenReportsJob)
	assert.Empty(t, listOwed(t, s, otherCounty, "2026-12"))
	assert.NotEmpty(t, listOwed(t, s, networktest.County, "2026-12"))
}

func TestC10_FutureSchemeLeavesTheCurrentOneEffective(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	removeSchedules(t, s, otherCounty, "2026-12-15")
	s.Clock.Advance(60 * day) // 1 January
	s.RunJob(reports.OpenReportsJob)
	assert.NotEmpty(t, listOwed(t, s, otherCounty, "2026-12"), "its window opened before the county's own scheme began")
	assert.Empty(t, listOwed(t, s, otherCounty, "2027-01"))
}

func TestH6_EndingUnitIsNotifiedOfLateReportsBelow(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	s.RunJob(reports.OpenReportsJob)
	mergeRows(t, s, otherCounty, thirdCounty, "2027-03-01")
	s.Clock.Advance(36 * day) // 8 December
	s.RunJob(reports.OpenReportsJob)
	s.RunJob(reports.RemindReportsJob)
	said := func(line string) bool { return strings.Contains(line, "reports_late_below") }
	for _, unit := range []string{networktest.County, otherCounty, thirdCounty} {
		assert.NotEmpty(t, filter(told(t, s, unit), said), unit)
	}
}

func TestC10_LateOpenedReportHasTodaysPath(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	s.RunJob(reports.OpenReportsJob)
	s.Clock.Advance(35 * day) // 7 December: the job did not run on the 1st
	move(t, s, networktest.Township, otherCounty, "")
	mergeRows(t, s, "units/340503003", "units/340503002", "")
	s.Clock.Advance(2 * day)
	s.RunJob(reports.OpenReportsJob)
	const late = "reports/340503001.monthly.2026-12"
	assert.Contains(t, listOwed(t, s, otherCounty, "2026-12"), late)
	assert.NotContains(t, listOwed(t, s, networktest.County, "2026-12"), late)
	assert.Contains(t, listOwed(t, s, "units/340503002", "2026-12"), "reports/340503003.monthly.2026-12",
		"it was asked until it ended, as it would have been without the outage")
	ask := &networkv1.GetReportRequest{Name: late}
	_, err := networkv1.NewReportServiceClient(s.As("handler", otherCounty)).GetReport(t.Context(), ask)
	require.NoError(t, err)
	_, err = networkv1.NewReportServiceClient(s.As("clerk", networktest.County)).GetReport(t.Context(), ask)
	networktest.Refused(t, err, codes.NotFound)
	sum := newClerk(t, s, networktest.Township).summed(t, networktest.County, "2026-12", "")
	assert.EqualValues(t, 1, childOf(t, sum, networktest.Township).GetExpected(), "it is counted where it stood on the day")
}

func TestC10_SuccessorSubmitsOwedReports(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	s.RunJob(reports.OpenReportsJob)
	const owed, successor = "reports/340503003.monthly.2026-11", "units/340503002"
	mergeRows(t, s, "units/340503003", successor, "")
	send(t, s, successor, owed)
	client := networkv1.NewReportServiceClient(s.As("clerk", successor))
	_, err := networkv1.NewReportServiceClient(s.As("clerk", networktest.Township)).SubmitZeroReport(t.Context(),
		&networkv1.SubmitZeroReportRequest{Name: owed})
	networktest.Refused(t, err, codes.NotFound)
	got, err := client.GetReport(t.Context(), &networkv1.GetReportRequest{Name: owed})
	require.NoError(t, err)
	assert.Equal(t, networkv1.ReportState_REPORT_STATE_SUBMITTED, got.GetState())
}

func TestC10_OpenReportIsWaivedAfterItsScheduleIsRemoved(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	s.RunJob(reports.OpenReportsJob)
	networktest.NewScheme(t, s, func(c *networkv1.Scheme) { c.Schedules = c.GetSchedules()[1:] })
	s.Clock.Advance(day)
	waived, extended := newClerk(t, s, networktest.Township), newClerk(t, s, networktest.OtherTownship)
	_, err := waived.grant(t, "2026-11", "")
	require.NoError(t, err)
	assert.True(t, waived.get(t, "2026-11", 0).GetExempted())
	_, err = extended.grant(t, "2026-11", "2026-12-20")
	require.NoError(t, err)
	assert.Equal(t, "2026-12-20", extended.get(t, "2026-11", 0).GetCloseOn())
	_, err = waived.grant(t, "2027-03", "")
	networktest.Refused(t, err, codes.InvalidArgument, "exception.schedule")
}

func filter(lines []string, keep func(string) bool) []string {
	var kept []string
	for _, line := range lines {
		if keep(line) {
			kept = append(kept, line)
		}
	}
	return kept
}
