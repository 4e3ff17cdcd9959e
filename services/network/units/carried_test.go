package units_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// names has a unit name its own office today (C7).
func (o office) names(t *testing.T, unit string) {
	t.Helper()
	_, err := o.UpdateUnit(t.Context(), &networkv1.UpdateUnitRequest{
		Unit: &networkv1.Unit{Name: unit, ResponsibleOffice: "办公室"}, UpdateMask: enumMask("responsible_office"), Reason: "明确责任",
	})
	require.NoError(t, err)
}

// splitsOff decides that a part comes of a unit, which goes on, and gives the change.
func (o office) splitsOff(t *testing.T, unit, part, day string) *networkv1.TreeChange {
	t.Helper()
	was := o.on(t, unit, day)
	split, err := o.SplitUnit(t.Context(), &networkv1.SplitUnitRequest{
		Name: unit, Keep: true, EffectiveFrom: day, Reason: "分设", Parts: []*networkv1.SplitPart{{
			UnitId: part, Unit: &networkv1.Unit{Title: part, Kind: was.GetKind(), Level: was.GetLevel()},
		}},
	})
	require.NoError(t, err)
	return &networkv1.TreeChange{Name: split.GetUnits()[0].GetChange()}
}

func TestC7_WhatAUnitSaysOfItselfOutlivesACancelledPlan(t *testing.T) {
	t.Parallel()
	const day, other = "2026-12-01", "units/340503002"
	for name, plan := range map[string]func(o office) error{
		"disbanded": func(o office) error {
			_, err := o.DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{
				Name: networktest.Township, ChildrenTo: other, EffectiveFrom: day, Reason: "撤销",
			})
			return err
		},
		"merged": func(o office) error {
			_, err := o.MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
				Units: []*networkv1.MergedUnit{{Name: networktest.Township}}, Into: other, EffectiveFrom: day, Reason: "合并",
			})
			return err
		},
		"moved": func(o office) error {
			_, err := o.MoveUnit(t.Context(), moving(networktest.Township, otherCounty, day))
			return err
		},
		"renamed": func(o office) error {
			_, err := o.UpdateUnit(t.Context(), renaming(networktest.Township, "甲镇", day))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := suitetest.New(t)
			admin := as(s, "administrator", networktest.City)
			before := admin.on(t, networktest.Township, "2026-12-20")
			require.NoError(t, plan(admin))
			as(s, "clerk", networktest.Township).names(t, networktest.Township)
			admin.names(t, networktest.Village)
			admin.names(t, other)
			_, err := admin.cancel(t, admin.planned(t, networktest.City)[0])
			require.NoError(t, err)
			for _, unit := range []string{networktest.Township, networktest.Village, other} {
				assert.Equal(t, "办公室", admin.on(t, unit, "2026-12-20").GetResponsibleOffice())
				assert.LessOrEqual(t, len(admin.versions(t, unit)), 2, "until today and since")
			}
			after := admin.on(t, networktest.Township, "2026-12-20")
			assert.Equal(t, before.GetTitle(), after.GetTitle())
			assert.Equal(t, before.GetAncestors(), after.GetAncestors())
			assert.Equal(t, networktest.Township, admin.on(t, networktest.Village, "2026-12-20").GetParent())
		})
	}
}

func TestC7_WhatIsPlannedForALaterDayHoldsAfterACancelledPlan(t *testing.T) {
	t.Parallel()
	admin := as(suitetest.New(t), "administrator", networktest.City)
	admin.renames(t, "乙镇", "2026-12-10")
	plan := admin.moves(t, networktest.Village, "units/340503002", "2026-12-05")
	earlier := admin.renames(t, "甲镇", "2026-12-05")
	admin.renames(t, "丙镇", "")
	_, err := admin.cancel(t, earlier)
	require.NoError(t, err)
	for day, title := range map[string]string{"": "丙镇", "2026-12-06": "丙镇", "2026-12-10": "乙镇"} {
		assert.Equal(t, title, admin.on(t, networktest.Township, day).GetTitle())
	}
	_, err = admin.cancel(t, plan)
	require.NoError(t, err)
}

func TestC2_PlanStaysWhileAPartOfItsUnitDoes(t *testing.T) {
	t.Parallel()
	admin := as(suitetest.New(t), "administrator", networktest.City)
	moved := admin.moves(t, networktest.Village, "units/340503002", "2026-12-01")
	part := admin.splitsOff(t, networktest.Village, "part", "2026-12-02")
	_, err := admin.cancel(t, moved)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "CHANGE_HAS_DEPENDANTS")
	require.ErrorContains(t, err, part.GetName(), "the plan that is to be cancelled first")

	further := admin.splitsOff(t, "units/part", "further", "2026-12-03")
	_, err = admin.cancel(t, part)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "CHANGE_HAS_DEPENDANTS")
	for _, plan := range []*networkv1.TreeChange{further, part, moved} {
		_, err = admin.cancel(t, plan)
		require.NoError(t, err)
	}
	assert.Equal(t, networktest.Township, admin.on(t, networktest.Village, "2026-12-30").GetParent())

	admin.founds(t, "group1", networktest.Township, "2026-12-01")
	admin.splitsOff(t, "units/group1", "group2", "2026-12-05")
	_, err = admin.disbands(t, "group1", "2026-12-01")
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "UNIT_NAMED")
	require.ErrorContains(t, err, "group2", "which comes of it")
}

func TestC1_AFoundingThatWasTakenBackHoldsNoPlan(t *testing.T) {
	t.Parallel()
	admin := as(suitetest.New(t), "administrator", networktest.City)
	part := admin.splitsOff(t, networktest.Township, "part", "2026-12-01")
	admin.founds(t, "group1", "units/part", "2026-12-05")
	_, err := admin.cancel(t, part)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "UNIT_ORPHANED")
	_, err = admin.disbands(t, "group1", "2026-12-05")
	require.NoError(t, err)
	back := admin.planned(t, networktest.City)[0]
	_, err = admin.cancel(t, part)
	require.NoError(t, err)
	_, err = admin.cancel(t, back)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "UNIT_ORPHANED")
}
