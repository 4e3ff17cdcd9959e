package units_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// TestC1_SuccessorHoldsTheRecords merges a township that has a tip, reports and an item in the register of another service.
func TestC1_SuccessorHoldsTheRecords(t *testing.T) {
	t.Parallel()
	const successor = "units/340503002"
	s := suitetest.New(t)
	content := networktest.ValidTip()
	content.Unit = networktest.Township // sent to it; what went past the village would go past what that becomes too
	_, err := networkv1.NewTipServiceClient(s.As("informant", networktest.OtherTownship)).SubmitTip(t.Context(),
		&networkv1.SubmitTipRequest{Content: content, Recipient: networktest.Township})
	require.NoError(t, err)
	old := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))
	tip := networktest.OnlyTip(t, s, networktest.City)
	positions := riskv1.NewPositionServiceClient(s.As("clerk", networktest.Township))
	_, err = positions.CreatePosition(t.Context(), &riskv1.CreatePositionRequest{Position: &riskv1.Position{
		Unit: networktest.Township, Title: "民政专干", Rank: "staff",
	}})
	require.NoError(t, err)
	const report = "reports/340503001.monthly.2026-11"
	reports := networkv1.NewReportServiceClient(s.As("clerk", successor))
	_, err = networkv1.NewReportServiceClient(s.As("clerk", networktest.Township)).GetReport(t.Context(),
		&networkv1.GetReportRequest{Name: report})
	require.NoError(t, err, "its monthly report was opened")
	_, err = reports.GetReport(t.Context(), &networkv1.GetReportRequest{Name: report})
	networktest.Refused(t, err, codes.NotFound)

	admin := as(s, "administrator", networktest.City)
	_, err = admin.MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units: []*networkv1.MergedUnit{{Name: networktest.Township}, {Name: networktest.Village}}, Into: successor, Reason: "撤并",
	})
	require.NoError(t, err)

	_, err = reports.GetReport(t.Context(), &networkv1.GetReportRequest{Name: report})
	require.NoError(t, err, "the name of the old unit still leads to its report")
	handler := networkv1.NewTipServiceClient(s.As("handler", successor))
	_, err = handler.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: tip.GetName(), CriteriaMet: networktest.Criteria})
	require.NoError(t, err, "the successor goes on with the tip")
	s.Clock.Advance(5 * time.Second) // for which it is remembered that there was such a unit
	_, err = old.GetTip(t.Context(), &networkv1.GetTipRequest{Name: tip.GetName()})
	require.Error(t, err, "who acted for a unit that is no more acts no more")
	s.RunJob("risk.follow_moves")
	listed, err := riskv1.NewPositionServiceClient(s.As("clerk", successor)).ListPositions(t.Context(),
		&riskv1.ListPositionsRequest{Unit: successor})
	require.NoError(t, err)
	assert.Len(t, listed.GetPositions(), 1, "the risk service followed")
	assert.Equal(t, 1, tips(t, s, networktest.City))
}

func TestC1_RecordsMoveOnTheDayOfAPlannedMove(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	_, err := admin.MoveUnit(t.Context(), moving(networktest.Township, otherCounty, "2026-11-04"))
	require.NoError(t, err)
	s.Clock.Advance(48 * time.Hour)
	s.RunJob("network.follow_moves")
	told, err := admin.ListMoves(t.Context(), &networkv1.ListMovesRequest{})
	require.NoError(t, err)
	require.Len(t, told.GetMoves(), 1)
	move := told.GetMoves()[0]
	assert.Equal(t, "340500.340503.340503001", move.GetFromPath())
	assert.Equal(t, "340500.340504.340503001", move.GetToPath())
	assert.Equal(t, "2026-11-04", move.GetEffectiveOn())
	again, err := admin.ListMoves(t.Context(), &networkv1.ListMovesRequest{AfterSequence: move.GetSequence()})
	require.NoError(t, err)
	assert.Empty(t, again.GetMoves())
}
