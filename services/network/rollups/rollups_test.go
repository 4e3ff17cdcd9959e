package rollups_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/rollups"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestC12_RollUpCountsTheTipsOfASubtree(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	networktest.SubmitTip(t, s, networktest.OtherTownship, networktest.ValidTip()) // about the village, handled at the township
	leaders := networktest.ValidTip()
	leaders.Unit, leaders.AboutLeaders, leaders.SubjectArea, leaders.Urgent = networktest.Township, true, "collective_funds", true
	networktest.SubmitTip(t, s, networktest.Village, leaders) // handled at the county

	for unit, received := range map[string]int64{
		networktest.City: 2, networktest.County: 2, networktest.Township: 1, networktest.Village: 0, networktest.OtherTownship: 0,
	} {
		assert.Equal(t, received, total(t, s, unit).GetReceived(), unit)
	}
	all := &networkv1.GetRollUpRequest{
		Unit: networktest.County, FromPeriod: "2026-H1", ToPeriod: "2026", ByArea: true, ByChild: true, ByMonth: true,
	}
	assertCells(t, []*networkv1.RollUpCell{
		{Child: networktest.Township, SubjectArea: "collective_funds", Month: "2026-11", Received: 1, Urgent: 1},
		{Child: networktest.Township, SubjectArea: "work_style", Month: "2026-11", Received: 1},
	}, read(t, as(s, "handler", networktest.County), all))
	all.Unit = networktest.Township
	assertCells(t, []*networkv1.RollUpCell{
		{Child: networktest.Village, SubjectArea: "work_style", Month: "2026-11", Received: 1},
	}, read(t, as(s, "clerk", networktest.Township), all))
}

func TestC12_RollUpCountsAnActImmediately(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	receipt := networktest.SubmitTip(t, s, networktest.Village, networktest.ValidTip()).GetReceipt()
	clerk, tip := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township)), networktest.OnlyTip(t, s,
		networktest.Township)
	cell := &networkv1.RollUpCell{Received: 1}
	stands := func() {
		t.Helper()
		assertCells(t, []*networkv1.RollUpCell{cell}, []*networkv1.RollUpCell{total(t, s, networktest.City)})
	}
	stands()
	_, err := clerk.ReturnTip(t.Context(), &networkv1.ReturnTipRequest{
		Name: tip.GetName(), Criteria: []string{"factual"}, Reason: "请补充。",
	})
	require.NoError(t, err)
	cell.Returned = 1
	stands()
	better := networktest.ValidTip()
	better.Urgent, better.SubjectArea = true, "ethics"
	_, err = networkv1.NewTipServiceClient(s.Unauthenticated()).ResubmitTip(t.Context(), &networkv1.ResubmitTipRequest{
		Receipt: receipt, Content: better,
	})
	require.NoError(t, err)
	cell.Returned, cell.Urgent = 0, 1
	stands()
	byArea := read(t, admin(s), &networkv1.GetRollUpRequest{Unit: networktest.City, FromPeriod: "2026-11", ByArea: true})
	assertCells(t, []*networkv1.RollUpCell{{SubjectArea: "ethics", Received: 1, Urgent: 1}}, byArea)
	_, err = clerk.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: tip.GetName(), CriteriaMet: networktest.Criteria})
	require.NoError(t, err)
	cell.Accepted = 1
	stands()
	_, err = clerk.CloseTip(t.Context(), &networkv1.CloseTipRequest{Name: tip.GetName(), Outcome: "unfounded", Reason: "查无此事。"})
	require.NoError(t, err)
	cell.Accepted, cell.Closed, cell.Urgent, cell.Unfounded = 0, 1, 0, 1
	stands()
}

func TestC12_RolledBackChangeIsNotCounted(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	tips := networkv1.NewTipServiceClient(s.As("informant", networktest.Village))
	req := &networkv1.SubmitTipRequest{Content: networktest.ValidTip(), RequestId: uuid.NewString()}
	for range 2 {
		_, err := tips.SubmitTip(t.Context(), req)
		require.NoError(t, err)
	}
	bad := networktest.ValidTip()
	bad.SubjectArea = "none"
	_, err := tips.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: bad})
	networktest.Refused(t, err, codes.InvalidArgument)
	assert.EqualValues(t, 1, total(t, s, networktest.City).GetReceived(), "neither twice nor what was refused")
}

// A unit that moves takes nothing along: what it handled counts where it was handled, also when its state changes later.
func TestC1_MoveDoesNotChangePastCounts(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	book := open(t, s)
	networktest.SubmitTip(t, s, networktest.Village, networktest.ValidTip())
	tip := networktest.OnlyTip(t, s, networktest.Township)
	_, err := book.Exec(t.Context(),
		`UPDATE tips SET handling_path = '340500.340504.340503001', unit_path = '340500.340504.340503001.340503001001'`)
	require.NoError(t, err)
	_, err = networkv1.NewTipServiceClient(s.As("clerk", networktest.City)).AcceptTip(t.Context(),
		&networkv1.AcceptTipRequest{Name: tip.GetName(), CriteriaMet: networktest.Criteria})
	require.NoError(t, err)
	assert.EqualValues(t, 1, total(t, s, networktest.County).GetAccepted())
	assert.Zero(t, total(t, s, "units/340504").GetReceived())
}

func TestX10_RollUpPagesAddUp(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	for i, area := range []string{"ethics", "work_style", "law_enforcement", "collective_funds", "project_approval"} {
		content := networktest.ValidTip()
		content.SubjectArea = area
		if i%2 == 1 {
			content.Unit = networktest.OtherTownship
		}
		networktest.SubmitTip(t, s, networktest.Village, content)
	}
	req := &networkv1.GetRollUpRequest{Unit: networktest.City, FromPeriod: "2026", ByArea: true, ByChild: true, ByMonth: true}
	whole := read(t, admin(s), proto.CloneOf(req))
	require.Len(t, whole, 5)
	req.PageSize = 2
	assertCells(t, whole, read(t, admin(s), proto.CloneOf(req)))
	first, err := admin(s).GetRollUp(t.Context(), req)
	require.NoError(t, err)
	req.PageToken, req.ByArea = first.GetNextPageToken(), false
	_, err = admin(s).GetRollUp(t.Context(), req)
	networktest.Refused(t, err, codes.InvalidArgument, "page_token")
}

//nolint:paralleltest,tparallel // the cases share one suite, in which they change nothing
func TestX10_FaultyRollUpRequestsAreRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	for name, c := range map[string]struct {
		req   *networkv1.GetRollUpRequest
		code  codes.Code
		named []string
	}{
		"no period": {
			&networkv1.GetRollUpRequest{Unit: networktest.Township}, codes.InvalidArgument,
			[]string{"from_period"},
		},
		"no periods at all": {&networkv1.GetRollUpRequest{
			Unit: networktest.Township, FromPeriod: "2026-13", ToPeriod: "x",
			PageSize: 1001,
		}, codes.InvalidArgument, []string{"from_period", "to_period", "page_size"}},
		"backwards": {
			&networkv1.GetRollUpRequest{Unit: networktest.Township, FromPeriod: "2026-11", ToPeriod: "2026-10"},
			codes.InvalidArgument,
			[]string{"to_period"},
		},
		"eleven years": {
			&networkv1.GetRollUpRequest{Unit: networktest.Township, FromPeriod: "2016", ToPeriod: "2026"},
			codes.InvalidArgument,
			[]string{"to_period"},
		},
		"ten years": {
			&networkv1.GetRollUpRequest{Unit: networktest.Township, FromPeriod: "2017", ToPeriod: "2026"},
			codes.OK, nil,
		},
		"no unit":        {&networkv1.GetRollUpRequest{FromPeriod: "2026"}, codes.InvalidArgument, []string{"unit"}},
		"the unit above": {&networkv1.GetRollUpRequest{Unit: networktest.County, FromPeriod: "2026"}, codes.NotFound, nil},
		"another's unit": {
			&networkv1.GetRollUpRequest{Unit: networktest.OtherTownship, FromPeriod: "2026"}, codes.NotFound,
			nil,
		},
		"a query": {
			&networkv1.GetRollUpRequest{Unit: "units/*.{0,}", FromPeriod: "2026"}, codes.InvalidArgument,
			[]string{"unit"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := as(s, "clerk", networktest.Township).GetRollUp(t.Context(), c.req)
			networktest.Refused(t, err, c.code, c.named...)
		})
	}
	_, err := as(s, "informant", networktest.Township).GetRollUp(t.Context(), &networkv1.GetRollUpRequest{
		Unit: networktest.Township, FromPeriod: "2026",
	})
	networktest.Refused(t, err, codes.PermissionDenied)
}

func TestX10_WrongCountsAreFoundAndRepaired(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	book, verify := open(t, s), &networkv1.VerifyRollUpRequest{Unit: networktest.County, FromPeriod: "2026"}
	for range 3 {
		networktest.SubmitTip(t, s, networktest.Village, networktest.ValidTip())
	}
	_, err := (&rollups.Compactor{Store: book}).Compact(t.Context())
	require.NoError(t, err)
	sound, err := admin(s).VerifyRollUp(t.Context(), verify)
	require.NoError(t, err)
	assert.Empty(t, sound.GetDifferences())

	_, err = book.Exec(t.Context(),
		"UPDATE roll_ups SET received = received + 7, closed = 1 WHERE unit_id = '340503' AND child_id = ''")
	require.NoError(t, err)
	_, err = book.Exec(t.Context(), "DELETE FROM roll_ups WHERE unit_id = '340503' AND child_id = '340503001'")
	require.NoError(t, err)
	_, err = book.Exec(t.Context(), "UPDATE tip_series SET received = received + 5 WHERE unit_id = '340503001001'")
	require.NoError(t, err)
	networktest.SubmitTip(t, s, networktest.Village, networktest.ValidTip()) // perhaps not yet added up when it is looked at
	wrong, err := admin(s).VerifyRollUp(t.Context(), verify)
	require.NoError(t, err)
	require.Len(t, wrong.GetDifferences(), 2)
	whole := wrong.GetDifferences()[0]
	assert.EqualValues(t, 7, whole.GetKept().GetReceived()-whole.GetCounted().GetReceived())
	assert.EqualValues(t, 1, whole.GetKept().GetClosed()-whole.GetCounted().GetClosed())
	assert.Equal(t, networktest.Township, wrong.GetDifferences()[1].GetCounted().GetChild())

	require.Len(t, wrong.GetSeriesDifferences(), 1)
	series := wrong.GetSeriesDifferences()[0]
	assert.Equal(t, networktest.Village, series.GetKept().GetUnit())
	assert.EqualValues(t, 5, series.GetKept().GetReceived()-series.GetCounted().GetReceived())
	elsewhere, err := admin(s).VerifyRollUp(t.Context(), &networkv1.VerifyRollUpRequest{Unit: networktest.City, FromPeriod: "2025"})
	require.NoError(t, err)
	assert.Empty(t, elsewhere.GetSeriesDifferences())

	repair := &networkv1.RepairRollUpRequest{Unit: networktest.County, FromPeriod: "2026", RequestId: uuid.NewString()}
	_, err = as(s, "clerk", networktest.County).RepairRollUp(t.Context(), repair)
	networktest.Refused(t, err, codes.PermissionDenied)
	for range 2 {
		done, err := admin(s).RepairRollUp(t.Context(), repair)
		require.NoError(t, err)
		assert.EqualValues(t, 3, done.GetRepaired())
	}
	sound, err = admin(s).VerifyRollUp(t.Context(), verify)
	require.NoError(t, err)
	assert.Empty(t, sound.GetDifferences())
	assert.Empty(t, sound.GetSeriesDifferences())
	assert.EqualValues(t, 4, total(t, s, networktest.County).GetReceived())

	_, err = book.Exec(t.Context(), "UPDATE tip_series SET handling_path = 'elsewhere' WHERE unit_id = '340503001001'")
	require.NoError(t, err)
	repair.RequestId = uuid.NewString()
	_, err = admin(s).RepairRollUp(t.Context(), repair)
	require.NoError(t, err)
	sound, err = admin(s).VerifyRollUp(t.Context(), verify)
	require.NoError(t, err)
	assert.Empty(t, sound.GetSeriesDifferences(), "it is kept where it is handled")
}

func assertCells(t *testing.T, want, got []*networkv1.RollUpCell) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		assert.True(t, proto.Equal(want[i], got[i]), "cell %d: want %v, got %v", i, want[i], got[i])
	}
}
