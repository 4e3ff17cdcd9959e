package reports_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// closed sends a tip to a unit, which handles it to its end.
func closed(t *testing.T, s *suitetest.Suite, unit string, content *networkv1.TipContent) {
	t.Helper()
	county, clerk := networkv1.NewTipServiceClient(s.As("clerk", networktest.County)), networkv1.NewTipServiceClient(
		s.As("clerk", unit),
	)
	networktest.SubmitTip(t, s, networktest.OtherTownship, content)
	tip := networktest.OnlyTip(t, s, networktest.County)
	_, err := county.ReferTip(t.Context(), &networkv1.ReferTipRequest{Name: tip.GetName(), ToUnit: unit, Reason: "请办理。"})
	require.NoError(t, err)
	_, err = clerk.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: tip.GetName(), CriteriaMet: networktest.Criteria})
	require.NoError(t, err)
	_, err = clerk.CloseTip(t.Context(), &networkv1.CloseTipRequest{Name: tip.GetName(), Outcome: "unfounded", Reason: "查无此事。"})
	require.NoError(t, err)
}

// A unit's tables count what it handled until it takes over the unit whose leaders a tip is about: from then on neither the
// tables nor the outcomes tell of it.
func TestC10_TablesLeaveOutConcealedTips(t *testing.T) {
	t.Parallel()
	const accused, taker = "units/340503004", "units/340503005"
	s := suitetest.New(t)
	s.RunJob(reports.OpenReportsJob)
	leaders := networktest.ValidTip()
	leaders.Unit, leaders.AboutLeaders = accused, true
	closed(t, s, taker, leaders)
	computed := func() *networkv1.Report {
		answer, err := networkv1.NewReportServiceClient(s.As("clerk", taker)).ComputeReport(t.Context(),
			&networkv1.ComputeReportRequest{Name: "reports/340503005.monthly.2026-11"})
		require.NoError(t, err)
		return answer
	}
	before := computed()
	assert.EqualValues(t, 1, networktest.Sum(before, "tips_by_area", "received"), "as yet it is another's leaders")
	require.Len(t, before.GetTables()["outcomes_by_area"].GetRows(), 1)
	assert.Equal(t, accused, before.GetTables()["outcomes_by_area"].GetRows()[0].GetCells()["unit"].GetText())

	mergeRows(t, s, accused, taker, "")
	after := computed()
	assert.Empty(t, after.GetTables()["tips_by_area"].GetRows())
	assert.Empty(t, after.GetTables()["outcomes_by_area"].GetRows())
	assert.NotEmpty(t, after.GetTables()["outcomes"].GetRows())
	assert.Zero(t, networktest.Sum(after, "outcomes", "closed"))
	assert.Zero(t, networktest.Sum(after, "outcomes", "closed_in_period"))
}

// What an ended unit handled is counted, in the report that its successor writes for it, as either of them may know it.
func TestC10_SuccessorsReportLeavesOutTipsAboutItsLeaders(t *testing.T) {
	t.Parallel()
	const handler, successor = "units/340503005", "units/340503004"
	s := suitetest.New(t)
	s.RunJob(reports.OpenReportsJob)
	leaders := networktest.ValidTip()
	leaders.Unit, leaders.AboutLeaders = successor, true
	closed(t, s, handler, leaders)
	mergeRows(t, s, handler, successor, "")
	answer, err := networkv1.NewReportServiceClient(s.As("clerk", successor)).ComputeReport(t.Context(),
		&networkv1.ComputeReportRequest{Name: "reports/340503005.monthly.2026-11"})
	require.NoError(t, err)
	assert.Empty(t, answer.GetTables()["tips_by_area"].GetRows())
	assert.Empty(t, answer.GetTables()["outcomes_by_area"].GetRows())
}
