package rollups_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// A tip that comes right after a move counts where its units stand since, though many still remember where they stood.
func TestC1_TipAfterAMoveCountsInTheNewCounty(t *testing.T) {
	t.Parallel()
	const county = "units/340504"
	s := suitetest.New(t)
	networktest.SubmitTip(t, s, networktest.OtherTownship, networktest.ValidTip()) // so that the township is remembered
	_, err := networkv1.NewTreeServiceClient(s.As(access.Administrator, networktest.City)).MoveUnit(t.Context(),
		&networkv1.MoveUnitRequest{Name: networktest.Township, Parent: county, Reason: "区划调整。"})
	require.NoError(t, err)
	networktest.SubmitTip(t, s, networktest.OtherTownship, networktest.ValidTip())
	for unit, received := range map[string]int64{networktest.County: 1, county: 1, networktest.Township: 2, networktest.City: 2} {
		assert.Equal(t, received, total(t, s, unit).GetReceived(), unit)
	}
	listed, err := networkv1.NewTipServiceClient(s.As("clerk", county)).ListTips(t.Context(),
		&networkv1.ListTipsRequest{Unit: county})
	require.NoError(t, err)
	assert.Len(t, listed.GetTips(), 2, "the new county has both at once")
}

// What a unit handled that a merger ends stays where it counted, so that sums above are the same before and after. Counts of tips go
// by where they are now.
func TestC1_C12_AMergerLeavesTheSumsAboveAsTheyWere(t *testing.T) {
	t.Parallel()
	const neighbour, otherCounty = "units/340503002", "units/340504"
	for into, now := range map[string]map[string]int64{
		neighbour:                 {networktest.City: 3, networktest.County: 3, neighbour: 3, otherCounty: 0},
		networktest.OtherTownship: {networktest.City: 3, networktest.County: 1, networktest.OtherTownship: 2, otherCounty: 2},
	} {
		s := suitetest.New(t)
		about := networktest.ValidTip()
		about.Unit = "units/340503002001"
		networktest.SubmitTip(t, s, networktest.OtherTownship, networktest.ValidTip())
		networktest.SubmitTip(t, s, networktest.OtherTownship, networktest.ValidTip())
		networktest.SubmitTip(t, s, networktest.OtherTownship, about)
		before := map[string]int64{networktest.City: 3, networktest.County: 3, neighbour: 1, otherCounty: 0, networktest.OtherTownship: 0}
		children := &networkv1.GetRollUpRequest{Unit: networktest.County, FromPeriod: "2026-11", ByChild: true}
		byChild := read(t, admin(s), children)
		_, err := networkv1.NewTreeServiceClient(s.As(access.Administrator, networktest.City)).MergeUnits(t.Context(),
			&networkv1.MergeUnitsRequest{
				Units: []*networkv1.MergedUnit{{Name: networktest.Township}}, Into: into, Reason: "撤并",
			})
		require.NoError(t, err)
		for unit, received := range before {
			assert.Equal(t, received, total(t, s, unit).GetReceived(), "rolled up for %s", unit)
		}
		assertCells(t, byChild, read(t, admin(s), children))
		for unit, received := range now {
			assert.Equal(t, received, counted(t, s, unit), "counted at %s", unit)
		}
	}
}

// counted is how many tips a subtree handles now.
func counted(t *testing.T, s *suitetest.Suite, unit string) (tips int64) {
	t.Helper()
	answer, err := networkv1.NewTipServiceClient(s.As(access.Administrator, networktest.City)).CountTips(t.Context(),
		&networkv1.CountTipsRequest{Unit: unit, Period: "2026-11"})
	require.NoError(t, err)
	for _, count := range answer.GetCounts() {
		tips += count.GetReceived()
	}
	return tips
}
