package rollups_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/rollups"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	accused = "units/340503004" // its leaders are meant
	taker   = "units/340503005" // handles it, and takes the accused over
)

// withSuccessor is a suite in which a township handled a tip about a village and one about the leaders of another township, and
// then took that township over.
func withSuccessor(t *testing.T) *suitetest.Suite {
	t.Helper()
	s := suitetest.New(t)
	leaders := networktest.ValidTip()
	leaders.Unit, leaders.AboutLeaders, leaders.Urgent = accused, true, true
	networktest.SubmitTip(t, s, networktest.Village, leaders)
	tip := networktest.OnlyTip(t, s, networktest.County)
	_, err := networkv1.NewTipServiceClient(s.As("clerk", networktest.County)).ReferTip(t.Context(),
		&networkv1.ReferTipRequest{Name: tip.GetName(), ToUnit: taker, Reason: "请办理。"})
	require.NoError(t, err)
	plain := networktest.ValidTip()
	plain.Unit = taker
	_, err = networkv1.NewTipServiceClient(s.As("informant", networktest.Village)).SubmitTip(t.Context(),
		&networkv1.SubmitTipRequest{Content: plain, Recipient: taker})
	require.NoError(t, err)
	_, err = networkv1.NewTreeServiceClient(s.As(access.Administrator, networktest.City)).MergeUnits(t.Context(),
		&networkv1.MergeUnitsRequest{Into: taker, Units: []*networkv1.MergedUnit{{Name: accused}}, Reason: "区划调整。"})
	require.NoError(t, err)
	return s
}

func TestC8_RollUpLeavesOutConcealedTips(t *testing.T) {
	t.Parallel()
	s := withSuccessor(t)
	for range 2 { // as deltas, and added up
		for _, role := range []string{"clerk", access.Administrator} {
			for _, by := range []bool{false, true} {
				cells := read(t, as(s, role, taker), &networkv1.GetRollUpRequest{
					Unit: taker, FromPeriod: "2026", ByChild: by, ByArea: by, ByMonth: by,
				})
				require.Len(t, cells, 1, "no cell of zeros")
				assert.EqualValues(t, 1, cells[0].GetReceived())
				assert.Zero(t, cells[0].GetUrgent())
			}
		}
		for _, reader := range []string{networktest.County, networktest.City} { // above them, nothing is left out
			cells := read(t, as(s, access.Administrator, reader), &networkv1.GetRollUpRequest{Unit: taker, FromPeriod: "2026"})
			assert.EqualValues(t, 2, cells[0].GetReceived(), reader)
			assert.EqualValues(t, 1, cells[0].GetUrgent(), reader)
		}
		_, err := (&rollups.Compactor{Store: open(t, s)}).Compact(t.Context())
		require.NoError(t, err)
	}
}

func TestC8_VerifyLeavesOutConcealedTips(t *testing.T) {
	t.Parallel()
	s := withSuccessor(t)
	book := open(t, s)
	_, err := (&rollups.Compactor{Store: book}).Compact(t.Context())
	require.NoError(t, err)
	verify := &networkv1.VerifyRollUpRequest{Unit: taker, FromPeriod: "2026"}
	own := as(s, access.Administrator, taker)
	sound, err := own.VerifyRollUp(t.Context(), verify)
	require.NoError(t, err)
	assert.Empty(t, sound.GetDifferences())
	_, err = book.Exec(t.Context(), "UPDATE roll_ups SET received = received + 7 WHERE unit_id = '340503005' AND child_id = ''")
	require.NoError(t, err)
	for reader, received := range map[string]int64{taker: 1, networktest.County: 2} {
		wrong, err := as(s, access.Administrator, reader).VerifyRollUp(t.Context(), verify)
		require.NoError(t, err)
		require.Len(t, wrong.GetDifferences(), 1)
		assert.Equal(t, received, wrong.GetDifferences()[0].GetCounted().GetReceived())
		assert.Equal(t, received+7, wrong.GetDifferences()[0].GetKept().GetReceived())
	}
	_, err = own.RepairRollUp(t.Context(), &networkv1.RepairRollUpRequest{Unit: taker, FromPeriod: "2026"})
	require.NoError(t, err)
	assert.EqualValues(t, 2, total(t, s, taker).GetReceived(), "whoever repairs, it is the whole that is kept")
}

// What services make of counts is read at the unit asked about and above it.
func TestC8_ServicesGetNoConcealedCounts(t *testing.T) {
	t.Parallel()
	s := withSuccessor(t)
	warning := networkv1.NewTipServiceClient(s.AsPrincipal(access.Principal{Subject: "services/warning", Service: "warning"}))
	for unit, want := range map[string]int64{taker: 1, networktest.County: 2} {
		counted, err := warning.CountTips(t.Context(), &networkv1.CountTipsRequest{Unit: unit, Period: "2026-11"})
		require.NoError(t, err)
		var received int64
		for _, c := range counted.GetCounts() {
			received += c.GetReceived()
		}
		assert.Equal(t, want, received, unit)
	}
}
