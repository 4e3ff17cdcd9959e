package rollups_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/rollups"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// listSeries asks for all pages of a series.
func listSeries(
	t *testing.T, client networkv1.RollUpServiceClient, req *networkv1.ListTipSeriesRequest,
) (cells []*networkv1.TipSeriesCell) {
	t.Helper()
	for {
		page, err := client.ListTipSeries(t.Context(), req)
		require.NoError(t, err)
		cells = append(cells, page.GetCells()...)
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			return cells
		}
	}
}

// sums are what a reading counts about one unit in one area: received, returned, urgent, unfounded.
type sums map[[2]string][4]int64

func (s sums) add(unit, area string, counts ...int64) {
	at := s[[2]string{unit, area}]
	for i, n := range counts {
		at[i] += n
	}
	s[[2]string{unit, area}] = at
}

// requireSeriesAreCounts requires that series say of a unit, to a reader, what counting its tips does, before and after they are added up.
func requireSeriesAreCounts(t *testing.T, s *suitetest.Suite, unit, reader string) {
	t.Helper()
	counting := networkv1.NewTipServiceClient(s.As(access.Administrator, reader))
	for _, along := range []bool{false, true} {
		want, got := sums{}, sums{}
		counted, err := counting.CountTips(t.Context(),
			&networkv1.CountTipsRequest{Unit: unit, Period: "2026-11", AlongSystemLine: along})
		require.NoError(t, err)
		for _, c := range counted.GetCounts() {
			want.add(c.GetUnit(), c.GetSubjectArea(), c.GetReceived(), c.GetReturned(), c.GetUrgent(), c.GetUnfounded())
		}
		for _, c := range listSeries(t, as(s, access.Administrator, reader),
			&networkv1.ListTipSeriesRequest{Unit: unit, FromPeriod: "2026-11", AlongSystemLine: along}) {
			got.add(c.GetUnit(), c.GetSubjectArea(), c.GetReceived(), c.GetReturned(), c.GetUrgent(), c.GetUnfounded())
		}
		require.Equal(t, want, got, "%s read by %s", unit, reader)
	}
}

func TestC1_C12_SeriesFollowReferralsMovesAndMergers(t *testing.T) {
	t.Parallel()
	const otherCounty, neighbour = "units/340504", "units/340503002"
	s := suitetest.New(t)
	book := open(t, s)
	tips := networkv1.NewTipServiceClient(s.As("clerk", networktest.County))
	tree := networkv1.NewTreeServiceClient(s.As(access.Administrator, networktest.City))
	leaders := networktest.ValidTip()
	leaders.Unit, leaders.AboutLeaders, leaders.Urgent = networktest.Township, true, true
	for _, step := range []func(){
		func() {
			networktest.SubmitTip(t, s, networktest.Village, networktest.ValidTip())
			networktest.SubmitTip(t, s, networktest.OtherTownship, networktest.ValidTip())
			networktest.SubmitTip(t, s, networktest.Village, leaders) // which goes to the county
		},
		func() {
			handled, err := tips.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: networktest.County, AboutUnit: networktest.Township})
			require.NoError(t, err)
			_, err = tips.ReferTip(t.Context(), &networkv1.ReferTipRequest{
				Name: handled.GetTips()[0].GetName(), ToUnit: networktest.City, Recused: true, Reason: "需回避。",
			})
			require.NoError(t, err)
		},
		func() {
			_, err := tree.MoveUnit(t.Context(),
				&networkv1.MoveUnitRequest{Name: networktest.Township, Parent: otherCounty, Reason: "区划调整。"})
			require.NoError(t, err)
		},
		func() {
			_, err := tree.MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
				Units: []*networkv1.MergedUnit{{Name: networktest.Township}}, Into: neighbour, Reason: "撤并。",
			})
			require.NoError(t, err)
		},
	} {
		step()
		for range 2 { // as deltas, and added up
			for _, reader := range []string{networktest.City, networktest.County, neighbour} {
				requireSeriesAreCounts(t, s, reader, reader)
				requireSeriesAreCounts(t, s, reader, networktest.City)
			}
			sound, err := admin(s).VerifyRollUp(t.Context(), &networkv1.VerifyRollUpRequest{Unit: networktest.City, FromPeriod: "2026"})
			require.NoError(t, err)
			require.Empty(t, sound.GetSeriesDifferences())
			_, err = (&rollups.Compactor{Store: book}).Compact(t.Context())
			require.NoError(t, err)
		}
	}
	cells := listSeries(t, admin(s), &networkv1.ListTipSeriesRequest{Unit: neighbour, FromPeriod: "2026-11"})
	require.Len(t, cells, 1, "what the merged township handled is with its successor")
	assert.Equal(t, []string{networktest.Village, "work_style", "2026-11", "letter"},
		[]string{cells[0].GetUnit(), cells[0].GetSubjectArea(), cells[0].GetMonth(), cells[0].GetChannel()})
	assert.EqualValues(t, 2, cells[0].GetReceived())
}

func TestC12_FaultySpansOfSeriesAreRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	_, err := admin(s).ListTipSeries(t.Context(),
		&networkv1.ListTipSeriesRequest{Unit: networktest.City, FromPeriod: "2026-11", ToPeriod: "2026-10"})
	suitetest.RequireFieldFaults(t, err, map[string]string{"to_period": "PERIOD_ORDER"})
	_, err = as(s, access.Administrator, networktest.County).ListTipSeries(t.Context(),
		&networkv1.ListTipSeriesRequest{Unit: networktest.City, FromPeriod: "2026-11"})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
}
