package units_test

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func child(part, i int) string { return fmt.Sprintf("parts[%d].children[%d]", part, i) }

func moving(unit, parent, day string) *networkv1.MoveUnitRequest {
	return &networkv1.MoveUnitRequest{Name: unit, Parent: parent, EffectiveFrom: day, Reason: "划转"}
}

//nolint:paralleltest,tparallel // the cases share one suite, whose end state is checked
func TestC1_FaultyMovesAreRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	_, err := admin.MoveUnit(t.Context(), moving("units/340503002", otherCounty, "2026-12-01"))
	require.NoError(t, err, "one that is planned")
	for name, c := range map[string]struct {
		req    *networkv1.MoveUnitRequest
		code   codes.Code
		named  []string
		reason string
	}{
		"below itself": {
			req: moving(networktest.County, networktest.Village, ""), code: codes.InvalidArgument,
			named: []string{"parent"},
		},
		"under itself": {
			req: moving(networktest.County, networktest.County, ""), code: codes.InvalidArgument,
			named: []string{"parent"},
		},
		"where it is": {
			req: moving(networktest.Township, networktest.County, ""), code: codes.InvalidArgument,
			named: []string{"parent"},
		},
		"to nowhere": {
			req: moving(networktest.Township, "units/none", ""), code: codes.InvalidArgument,
			named: []string{"parent"},
		},
		"of none": {req: moving("units/none", networktest.County, ""), code: codes.NotFound},
		"yesterday": {
			req: moving(networktest.Township, otherCounty, "2026-11-01"), code: codes.InvalidArgument,
			named: []string{"effective_from"},
		},
		"in another century": {
			req: moving(networktest.Township, otherCounty, "2199-12-31"), code: codes.InvalidArgument,
			named: []string{"effective_from"},
		},
		"on no day": {
			req: moving(networktest.Township, otherCounty, "2026-02-30"), code: codes.InvalidArgument,
			named: []string{"effective_from"},
		},
		"a county under a township": {
			req: moving(otherCounty, networktest.Township, ""), code: codes.InvalidArgument,
			named: []string{"parent"},
		},
		"the root": {
			req: moving(networktest.City, networktest.County, ""), code: codes.FailedPrecondition,
			reason: "ROOT_FIXED",
		},
		"what moves later": {
			req: moving("units/340503002", "units/340506", ""), code: codes.FailedPrecondition,
			reason: "LATER_CHANGE",
		},
		"under what moves later": {
			req: moving(networktest.Village, "units/340503002", ""), code: codes.FailedPrecondition, reason: "LATER_CHANGE",
		},
		"nothing asked": {req: moving(networktest.Township, "", ""), code: codes.InvalidArgument, named: []string{"parent"}},
		"on and off the system line": {
			req: &networkv1.MoveUnitRequest{
				Name: networktest.Township, SystemParent: networktest.County, OffSystemLine: true, Reason: "两可",
				Parent: "units/none",
			},
			code: codes.InvalidArgument, named: []string{"system_parent", "parent"},
		},
		"without a reason": {
			req: &networkv1.MoveUnitRequest{Name: networktest.Township, Parent: otherCounty}, code: codes.InvalidArgument,
			named: []string{"reason"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := admin.MoveUnit(t.Context(), c.req)
			networktest.Refused(t, err, c.code, c.named...)
			if c.reason != "" {
				assert.Equal(t, c.reason, suitetest.Reason(err))
			}
		})
	}
	moves, err := admin.ListMoves(t.Context(), &networkv1.ListMovesRequest{})
	require.NoError(t, err)
	assert.Empty(t, moves.GetMoves(), "nothing moved today")
}

func TestC1_MoveOutOfReachIsRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	county := as(s, "administrator", networktest.County)
	_, err := county.MoveUnit(t.Context(), moving(networktest.OtherTownship, networktest.County, ""))
	networktest.Refused(t, err, codes.NotFound)
	_, err = county.MoveUnit(t.Context(), moving(networktest.Township, otherCounty, ""))
	networktest.Refused(t, err, codes.InvalidArgument, "parent")
	for field, req := range map[string]*networkv1.MoveUnitRequest{
		"parent":        moving(networktest.Township, otherCounty, ""),
		"system_parent": {Name: networktest.Township, SystemParent: otherCounty, Reason: "条线"},
	} {
		_, err = as(s, "clerk", networktest.County).MoveUnit(t.Context(), req)
		networktest.Refused(t, err, codes.InvalidArgument, field)
		assert.Equal(t, "雨山区不在花山区的管辖范围内；按方案可由以下单位办理：马鞍山市。",
			suitetest.FieldViolations(t, err)[0].GetDescription())
	}
	moved, err := as(s, "administrator", networktest.City).MoveUnit(t.Context(), &networkv1.MoveUnitRequest{
		Name: networktest.Township, Parent: networktest.County, SystemParent: otherCounty, Reason: "条线",
	})
	require.NoError(t, err, "the parent stays, the other changes")
	assert.Equal(t, otherCounty, moved.GetSystemParent())
	_, err = county.DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{
		Name: networktest.OtherTownship, ChildrenTo: otherCounty, Reason: "越权",
	})
	networktest.Refused(t, err, codes.NotFound)
	_, err = county.MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units: []*networkv1.MergedUnit{{Name: networktest.Township}}, Into: networktest.OtherTownship, Reason: "越权",
	})
	networktest.Refused(t, err, codes.InvalidArgument, "into")
}

func TestC1_FaultyMergersAreRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	units := func(names ...string) (list []*networkv1.MergedUnit) {
		for _, name := range names {
			list = append(list, &networkv1.MergedUnit{Name: name})
		}
		return list
	}
	_, err := admin.MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units: units(networktest.City), Into: networktest.County, Reason: "根",
	})
	networktest.Refused(t, err, codes.FailedPrecondition, "units[0].name")
	assert.Equal(t, "ROOT_FIXED", suitetest.Reason(err))
	_, err = admin.MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units: units(networktest.Township, networktest.Township, networktest.County), Into: networktest.County, Reason: "重复",
	})
	networktest.Refused(t, err, codes.InvalidArgument, "units[1].name", "units[2].name")
	_, err = admin.MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units: units(networktest.County), Into: networktest.Township, Reason: "并入下级",
	})
	networktest.Refused(t, err, codes.InvalidArgument, "into")
	_, err = admin.MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{Units: units(networktest.County), Reason: "无去处"})
	networktest.Refused(t, err, codes.InvalidArgument, "into")
	_, err = admin.MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units: units(networktest.County), NewUnitId: "x", Reason: "新单位有误",
		NewUnit: &networkv1.Unit{
			Title: "新", Kind: 1, Level: typev1.Level_LEVEL_COUNTY, Parent: networktest.City, DivisionCode: "340504",
		},
	})
	networktest.Refused(t, err, codes.InvalidArgument, "new_unit.division_code")
}

func TestC1_SystemLineCycleIsRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	for _, id := range []string{"a", "b", "c"} {
		_, err := admin.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: id, Unit: called(id, agency(networktest.City))})
		require.NoError(t, err)
	}
	line := func(unit, above, day string) error {
		_, err := admin.MoveUnit(t.Context(), &networkv1.MoveUnitRequest{
			Name: unit, SystemParent: above, EffectiveFrom: day, Reason: "条线",
		})
		return err
	}
	require.NoError(t, line("units/b", "units/a", ""))
	require.NoError(t, line("units/c", "units/b", "2027-01-01"))
	networktest.Refused(t, line("units/a", "units/c", ""), codes.InvalidArgument, "system_parent")
	networktest.Refused(t, line("units/a", "units/a", ""), codes.InvalidArgument, "system_parent")
	_, err := admin.DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{
		Name: "units/b", EffectiveFrom: "2026-12-01", Reason: "撤销",
	})
	networktest.Refused(t, err, codes.FailedPrecondition, "children_to")
	assert.Equal(t, "ORPHANED_UNITS", suitetest.Reason(err))
	_, err = admin.DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{
		Name: "units/b", ChildrenTo: "units/a", EffectiveFrom: "2026-12-01", Reason: "撤销",
	})
	require.NoError(t, err)
	assert.Equal(t, "units/a", admin.on(t, "units/c", "2027-01-01").GetSystemParent())
}

func TestC1_ConcurrentMovesMakeNoCycle(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	const pairs = 8
	for i := range 2 * pairs {
		_, err := admin.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
			UnitId: fmt.Sprintf("p%d", i), Unit: called(strconv.Itoa(i), agency(networktest.City)),
		})
		require.NoError(t, err)
	}
	var all sync.WaitGroup
	moved := [pairs]atomic.Int32{}
	for i := range 2 * pairs {
		all.Go(func() {
			other := i ^ 1
			_, err := admin.MoveUnit(t.Context(), moving(fmt.Sprintf("units/p%d", i), fmt.Sprintf("units/p%d", other), ""))
			if err == nil {
				moved[i/2].Add(1)
			}
		})
	}
	all.Wait()
	for i := range pairs {
		assert.EqualValues(t, 1, moved[i].Load(), "of two that want to lie under each other one does")
	}
	assert.Equal(t, 633+2*pairs, admin.count(t, networktest.City, ""))
}

// atOnce makes units at the same time and gives the reasons of those refused, or of their faulty field; one is made.
func atOnce(t *testing.T, create func(i int) error) []string {
	t.Helper()
	const callers = 12
	var all sync.WaitGroup
	refused := make([]error, callers)
	for i := range callers {
		all.Go(func() { refused[i] = create(i) })
	}
	all.Wait()
	var reasons []string
	for _, err := range refused {
		if err != nil {
			reasons = append(reasons, refusal(t, err))
		}
	}
	assert.Len(t, reasons, callers-1, "one goes through of %v", refused)
	slices.Sort(reasons)
	return slices.Compact(reasons)
}

// refusal is why a unit was not made: what is wrong with which field, or why with none.
func refusal(t *testing.T, err error) string {
	t.Helper()
	for _, v := range suitetest.FieldViolations(t, err) {
		return v.GetField() + " " + v.GetReason()
	}
	return suitetest.Reason(err)
}

func TestC1_OneOfConcurrentCreationsWithOneNameWins(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	for round := range 3 {
		assert.Equal(t, []string{"unit_id ALREADY_EXISTS"}, atOnce(t, func(int) error {
			_, err := admin.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
				UnitId: fmt.Sprintf("same%d", round), Unit: called(strconv.Itoa(round), agency(networktest.City)),
			})
			return err
		}))
		assert.Equal(t, []string{"unit.division_code SAME_CODE"}, atOnce(t, func(i int) error {
			u := called(fmt.Sprintf("%d-%d", round, i), unit(networktest.Township, collection, village))
			u.DivisionCode = fmt.Sprintf("34050300190%d", round)
			_, err := admin.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
				UnitId: fmt.Sprintf("coded%d_%d", round, i), Unit: u,
			})
			return err
		}))
	}
	assert.Equal(t, []string{"unit.title SAME_TITLE"}, atOnce(t, func(i int) error {
		_, err := admin.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
			UnitId: fmt.Sprintf("titled%d", i), Unit: unit(networktest.County, monitoring, typev1.Level_LEVEL_COUNTY),
		})
		return err
	}))
	empty := suitetest.Empty(t)
	assert.Equal(t, []string{"unit.parent ROOT_EXISTS"}, atOnce(t, func(i int) error {
		id := fmt.Sprintf("root%d", i)
		_, err := as(empty, "administrator", "units/"+id).CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
			UnitId: id,
			Unit: &networkv1.Unit{
				Title: id, Kind: networkv1.UnitKind_UNIT_KIND_CENTER, Level: typev1.Level_LEVEL_CITY,
			},
		})
		return err
	}))
}
