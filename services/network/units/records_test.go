package units_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// soon is how long the suite's own work may take to come round.
const soon = time.Minute

// eventually waits until something holds.
func eventually(t *testing.T, done func(context.Context) bool, why string) {
	t.Helper()
	require.NoError(t, clock.PollUntil(t.Context(), soon, 50*time.Millisecond, func(ctx context.Context) (bool, error) {
		return done(ctx), nil
	}), why)
}

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
	old := networkv1.NewTipServiceClient(s.As("handler", networktest.Township))
	tip := networktest.OnlyTip(t, s, networktest.City)
	powers := riskv1.NewPowerItemServiceClient(s.As("clerk", networktest.Township))
	_, err = powers.CreatePowerItem(t.Context(), &riskv1.CreatePowerItemRequest{PowerItem: &riskv1.PowerItem{
		Unit: networktest.Township, Title: "低保审核", LegalBasis: "《社会救助暂行办法》", Positions: []string{"民政专干"},
	}})
	require.NoError(t, err)
	const report = "reports/340503001.monthly.2026-11"
	reports := networkv1.NewReportServiceClient(s.As("clerk", successor))
	eventually(t, func(ctx context.Context) bool {
		_, err := networkv1.NewReportServiceClient(s.As("clerk", networktest.Township)).GetReport(ctx,
			&networkv1.GetReportRequest{Name: report})
		return err == nil
	}, "its monthly report was opened")
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
	risk := riskv1.NewPowerItemServiceClient(s.As("clerk", successor))
	eventually(t, func(ctx context.Context) bool {
		listed, err := risk.ListPowerItems(ctx, &riskv1.ListPowerItemsRequest{Unit: successor})
		return err == nil && len(listed.GetPowerItems()) == 1
	}, "the risk service followed")
	assert.Equal(t, 1, tips(t, s, networktest.City))
}

func TestC1_RecordsMoveOnTheDayOfAPlannedMove(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	_, err := admin.MoveUnit(t.Context(), moving(networktest.Township, otherCounty, "2026-11-04"))
	require.NoError(t, err)
	moves := func(ctx context.Context) []*networkv1.Move {
		answer, err := admin.ListMoves(ctx, &networkv1.ListMovesRequest{})
		require.NoError(t, err)
		return answer.GetMoves()
	}
	s.Clock.Advance(48 * time.Hour)
	eventually(t, func(ctx context.Context) bool { return len(moves(ctx)) == 1 }, "the move was told")
	assert.Equal(t, "340500.340503.340503001", moves(t.Context())[0].GetFromPath())
	assert.Equal(t, "340500.340504.340503001", moves(t.Context())[0].GetToPath())
	assert.Equal(t, "2026-11-04", moves(t.Context())[0].GetEffectiveOn())
	again, err := admin.ListMoves(t.Context(), &networkv1.ListMovesRequest{AfterSequence: moves(t.Context())[0].GetSequence()})
	require.NoError(t, err)
	assert.Empty(t, again.GetMoves())
}
