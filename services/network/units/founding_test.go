package units_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// founds has an office found a collection point of a village's level.
func (o office) founds(t *testing.T, id, parent, day string) {
	t.Helper()
	u := unit(parent, collection, village)
	u.Title, u.EffectiveFrom = id, day
	_, err := o.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: id, Unit: u})
	require.NoError(t, err)
}

func (o office) disbands(t *testing.T, id, day string) (*networkv1.Unit, error) {
	t.Helper()
	return o.DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{Name: "units/" + id, EffectiveFrom: day, Reason: "误设"})
}

func TestC1_PlannedFoundingIsTakenBack(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	handler := as(s, "handler", networktest.City)
	handler.founds(t, "group1", networktest.Township, "2026-12-01")
	_, err := handler.disbands(t, "group1", "2026-11-30")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "UNIT_TO_COME")
	_, err = as(s, "clerk", networktest.OtherTownship).disbands(t, "group1", "2026-12-01")
	networktest.Refused(t, err, codes.NotFound)
	taken, err := handler.disbands(t, "group1", "2026-12-01")
	require.NoError(t, err)
	assert.Equal(t, "原定 2026-12-01 设立的group1不再设立。", told(t, s, networktest.Township)[0])
	handler.gone(t, "units/group1", "2026-12-01")
	handler.gone(t, "units/group1", "2027-06-01")

	_, err = handler.cancel(t, &networkv1.TreeChange{Name: taken.GetChange()})
	require.NoError(t, err, "as any planned change")
	assert.Equal(t, networktest.Township, handler.on(t, "units/group1", "2026-12-01").GetParent())
	_, err = handler.disbands(t, "group1", "2026-12-01")
	require.NoError(t, err)
	handler.founds(t, "group1", "units/340503002", "2026-12-01") // where it was meant to be
	s.Clock.Advance(40 * 24 * time.Hour)
	s.RunJob("network.follow_moves")
	assert.Equal(t, "units/340503002", handler.on(t, "units/group1", "").GetParent())
}

func TestC1_FoundingThatIsNamedStays(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	handler := as(s, "handler", networktest.City)
	handler.founds(t, "group1", networktest.Township, "2026-12-01")
	handler.founds(t, "group2", "units/group1", "2026-12-05")
	_, err := handler.disbands(t, "group1", "2026-12-01")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "UNIT_NAMED")
	require.ErrorContains(t, err, "group2")
	_, err = handler.disbands(t, "group2", "2026-12-05")
	require.NoError(t, err)

	_, err = handler.DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{
		Name: networktest.Village, ChildrenTo: "units/group1", EffectiveFrom: "2026-12-10", Reason: "撤并",
	})
	require.NoError(t, err)
	_, err = handler.disbands(t, "group1", "2026-12-01")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "UNIT_NAMED")
	require.ErrorContains(t, err, "沙塘社区居委会", "whose records it is to have")
	assert.Equal(t, networktest.Township, handler.on(t, "units/group1", "2026-12-01").GetParent(), "nothing half done")
	_, err = handler.cancel(t, handler.planned(t, networktest.City)[0])
	require.NoError(t, err)
	_, err = handler.disbands(t, "group1", "2026-12-01")
	require.NoError(t, err)
}

func TestC1_PartOfASplitIsNotTakenBackAlone(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	handler := as(s, "administrator", networktest.City)
	_, err := handler.SplitUnit(t.Context(), &networkv1.SplitUnitRequest{
		Name: networktest.Township, Keep: true, EffectiveFrom: "2026-12-01", Reason: "分设", Parts: []*networkv1.SplitPart{{
			UnitId: "new_town", Unit: unit("", reporting, handler.on(t, networktest.Township, "").GetLevel()),
		}},
	})
	require.NoError(t, err)
	_, err = handler.disbands(t, "new_town", "2026-12-01")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "UNIT_NAMED")
	require.ErrorContains(t, err, "沙塘路街道")
}

func TestC1_UnitFoundedTodayEndsTomorrow(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	handler := as(s, "handler", networktest.City)
	handler.founds(t, "group1", networktest.Township, "")
	_, err := handler.disbands(t, "group1", "")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "FOUNDED_TODAY")
	require.ErrorContains(t, err, "2026-11-03")
	_, err = handler.UpdateUnit(t.Context(), renaming("units/group1", "一组", ""))
	require.NoError(t, err, "what is wrong about it is mended at once")
	_, err = handler.MoveUnit(t.Context(), &networkv1.MoveUnitRequest{
		Name: "units/group1", Parent: networktest.OtherTownship, Reason: "误设",
	})
	require.NoError(t, err)
	assert.Equal(t, networktest.OtherTownship, handler.on(t, "units/group1", "").GetParent())
	_, err = handler.disbands(t, "group1", "")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "FOUNDED_TODAY")
	_, err = handler.disbands(t, "group1", "2026-11-03")
	require.NoError(t, err)
	handler.gone(t, "units/group1", "2026-11-03")
}

func TestC1_ThatAUnitIsNotFoundedIsToldOnce(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	handler := as(s, "handler", networktest.City)
	handler.founds(t, "group1", networktest.Township, "2026-12-01")
	_, err := handler.disbands(t, "group1", "2026-12-01")
	require.NoError(t, err)
	before := told(t, s, networktest.Township)
	s.Clock.Advance(40 * 24 * time.Hour)
	s.RunJob("network.follow_moves")
	assert.Equal(t, before, told(t, s, networktest.Township))
}

func TestC1_WhatIsFoundedAnewIsToldAnew(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	handler := as(s, "handler", networktest.City)
	handler.founds(t, "group1", networktest.Township, "2026-12-01")
	_, err := handler.disbands(t, "group1", "2026-12-01")
	require.NoError(t, err)
	handler.founds(t, "group1", networktest.Township, "2026-12-01")
	const founded = "沙塘路街道之下自 2026-12-01 起设立group1。"
	assert.Equal(t, []string{founded, "原定 2026-12-01 设立的group1不再设立。", founded}, told(t, s, networktest.Township))
}

func TestC1_WhatIsFoundedBelowAUnitToComeIsTold(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	handler := as(s, "handler", networktest.City)
	handler.founds(t, "group1", networktest.Township, "2026-11-20")
	handler.founds(t, "group2", "units/group1", "2026-12-05")
	s.Clock.Advance(20 * 24 * time.Hour)
	s.RunJob("network.follow_moves")
	assert.Equal(t, []string{"group1之下自 2026-12-05 起设立group2。"}, told(t, s, "units/group1"))
}

func TestC1_C2_NothingIsFoundedBelowAUnitThatHasEndedByThen(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	handler := as(s, "handler", networktest.City)
	_, err := handler.DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{
		Name: networktest.Village, EffectiveFrom: "2026-12-01", Reason: "撤并",
	})
	require.NoError(t, err)
	found := func(parent, system string) error {
		u := unit(parent, collection, village)
		u.Title, u.EffectiveFrom, u.SystemParent = "一组", "2026-12-10", system
		_, err := handler.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: "group1", Unit: u})
		return err
	}
	for field, err := range map[string]error{
		"unit.parent": found(networktest.Village, ""), "unit.system_parent": found(networktest.Township, networktest.Village),
	} {
		networktest.Refused(t, err, codes.InvalidArgument, field)
		assert.Equal(t, "沙塘社区居委会自 2026-12-01 起撤并，由沙塘路街道承继，请改用承继单位。",
			suitetest.FieldViolations(t, err)[0].GetDescription())
	}
	_, err = handler.MoveUnit(t.Context(), &networkv1.MoveUnitRequest{
		Name: "units/340503001004", SystemParent: networktest.Village, Reason: "划转",
	})
	networktest.Refused(t, err, codes.InvalidArgument, "system_parent")
	assert.Equal(t, "UNIT_ENDED", suitetest.FieldViolations(t, err)[0].GetReason())
}
