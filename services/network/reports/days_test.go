package reports_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"pgregory.net/rapid"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// refer passes on the only tip that a unit handles.
func refer(t *testing.T, s *suitetest.Suite, from, to string) {
	t.Helper()
	_, err := networkv1.NewTipServiceClient(s.As("handler", from)).ReferTip(t.Context(), &networkv1.ReferTipRequest{
		Name: networktest.OnlyTip(t, s, from).GetName(), ToUnit: to, Reason: "请办理。",
	})
	require.NoError(t, err)
}

func (d *clerk) compute(t *testing.T, period string) *networkv1.Report {
	t.Helper()
	answer, err := d.clerk.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: d.name(period)})
	require.NoError(t, err)
	return answer
}

func TestC10_TablesCountWhatWasReferred(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d := newClerk(t, s, networktest.Township)
	opened(t, d.clerk, november)
	networktest.SubmitTip(t, s, networktest.OtherTownship, networktest.ValidTip())
	refer(t, s, networktest.Township, networktest.County)
	counted := func(period string) map[string]int64 {
		sums, report := map[string]int64{}, d.compute(t, period)
		for _, column := range []string{"collected", "received", "sent", "referred", "handled"} {
			sums[column] = networktest.Sum(report, "tips_by_area", column)
		}
		return sums
	}
	assert.Equal(t, map[string]int64{"collected": 1, "received": 1, "referred": 1, "sent": 0, "handled": 0}, counted("2026-11"))
	d.end(t, "2026-11")
	_, err := d.clerk.SubmitZeroReport(t.Context(), &networkv1.SubmitZeroReportRequest{Name: november})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NOT_ZERO")
	d.send(t, "2026-11")

	s.RunJob(reports.OpenReportsJob)
	opened(t, d.clerk, d.name("2026-12"))
	refer(t, s, networktest.County, networktest.Township)
	assert.Equal(t, map[string]int64{"collected": 0, "received": 0, "referred": 0, "sent": 0, "handled": 0}, counted("2026-12"),
		"November's report has told of it")
}

// What staff enter and address past their own unit, that unit sent; what they enter about its leaders is in no table of its own.
func TestC10_TablesCountWhatStaffSentOn(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d := newClerk(t, s, networktest.Township)
	opened(t, d.clerk, november)
	client := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))
	leaders := networktest.ValidTip()
	leaders.Unit, leaders.AboutLeaders = networktest.Township, true
	for _, content := range []*networkv1.TipContent{networktest.ValidTip(), leaders} {
		content.OccurredOn = ""
		_, err := client.RegisterTip(t.Context(), &networkv1.RegisterTipRequest{
			Unit: networktest.Township, Content: content, Recipient: networktest.City, ReceivedOn: "2026-11-02", ReceivedBy: "王登记",
		})
		require.NoError(t, err)
	}
	answer := d.compute(t, "2026-11")
	assert.EqualValues(t, 1, networktest.Sum(answer, "tips_by_area", "sent"))
	assert.Zero(t, networktest.Sum(answer, "tips_by_area", "received"))
}

func TestC10_WhatIsReferredDownCountsWhenItCame(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d := newClerk(t, s, networktest.Township)
	client := networkv1.NewTipServiceClient(s.As("informant", networktest.OtherTownship))
	_, err := client.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{
		Content: networktest.ValidTip(), Recipient: networktest.County,
	})
	require.NoError(t, err)
	d.end(t, "2026-11")
	s.RunJob(reports.OpenReportsJob)
	refer(t, s, networktest.County, networktest.Township)
	assert.Zero(t, networktest.Sum(d.compute(t, "2026-11"), "tips_by_area", "received"), "in November the county had it")
	december := d.compute(t, "2026-12")
	assert.EqualValues(t, 1, networktest.Sum(december, "tips_by_area", "received"))
	assert.Zero(t, networktest.Sum(december, "tips_by_area", "collected"))
}

func TestC10_WhatAWaivedReportWouldCoverGoesIntoTheNext(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d := newClerk(t, s, networktest.Township)
	opened(t, d.clerk, november)
	networktest.SubmitTip(t, s, networktest.OtherTownship, networktest.ValidTip())
	d.end(t, "2026-11")
	s.RunJob(reports.OpenReportsJob)
	assert.Equal(t, "2026-12-01", d.compute(t, "2026-12").GetCoverFrom(), "November's is owed and will cover its own")
	d.end(t, "2026-12")
	d.confirm(t, "2026-12", full())
	_, err := d.grant(t, "2026-11", "")
	require.NoError(t, err)
	_, err = d.clerk.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: d.name("2026-12")})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "TABLES_OUTDATED")
	assert.Contains(t, err.Error(), "2026-11-01")
	sent := d.send(t, "2026-12")
	assert.Equal(t, "2026-11-01", sent.GetCoverFrom())
	assert.EqualValues(t, 1, networktest.Sum(sent, "tips_by_area", "received"))
}

// TestC10_NoDayFallsBetweenReportsOrCountsTwice opens some months by hand, of which some are waived and the others sent in any
// order: these share all days from the first to the last, each day in one.
func TestC10_NoDayFallsBetweenReportsOrCountsTwice(t *testing.T) {
	t.Parallel()
	d := newClerk(t, withEarlierScheme(t, suitetest.New(t)), networktest.Township)
	year := 2025
	rapid.Check(t, func(rt *rapid.T) {
		year--
		var owed []string
		for month := range 5 {
			period := fmt.Sprintf("%d-%02d", year, month+1)
			_, err := d.above.OpenReport(t.Context(), &networkv1.OpenReportRequest{
				Unit: networktest.Township, Schedule: "monthly", Period: period, CloseOn: "2026-11-30", Reason: "补报",
			})
			require.NoError(rt, err)
			if rapid.Bool().Draw(rt, "waived") && month < 4 {
				_, err := d.grant(t, period, "")
				require.NoError(rt, err)
			} else {
				owed = append(owed, period)
			}
		}
		var covered [][2]string
		for _, period := range rapid.Permutation(owed).Draw(rt, "order") {
			sent := d.send(t, period)
			covered = append(covered, [2]string{sent.GetCoverFrom(), sent.GetCoverTo()})
		}
		requireEachDayOnce(rt, covered)
		require.Equal(rt, fmt.Sprintf("%d-01-01", year), covered[0][0], "also where the first is waived")
		require.Equal(rt, fmt.Sprintf("%d-05-31", year), covered[len(covered)-1][1])
	})
}

// requireEachDayOnce checks that spans are one run of days, and sorts them.
func requireEachDayOnce(t *rapid.T, covered [][2]string) {
	slices.SortFunc(covered, func(a, b [2]string) int { return cmp.Compare(a[0], b[0]) })
	for i := 1; i < len(covered); i++ {
		before, err := calendar.ParseDate(covered[i-1][1])
		require.NoError(t, err)
		require.Equal(t, before.AddDays(1).String(), covered[i][0], covered)
	}
}
