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

// offices founds an office under each of two townships, both called the same, and one more under the first.
func offices(t *testing.T, admin office) {
	t.Helper()
	for id, u := range map[string]*networkv1.Unit{
		"office1": called("监督办", unit(networktest.Township, collection, village)),
		"office2": called("监督办", unit(networktest.OtherTownship, collection, village)),
		"office3": called("信访办", unit(networktest.Township, collection, village)),
	} {
		_, err := admin.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: id, Unit: u})
		require.NoError(t, err, "%s: only siblings must differ", id)
	}
}

func TestC1_NewSiblingsHaveTitlesOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	offices(t, admin)
	for _, title := range []string{"监督办", " 监督办 ", "监督\u200b办"} {
		_, err := admin.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
			UnitId: "office4", Unit: called(title, unit(networktest.Township, collection, village)),
		})
		networktest.Refused(t, err, codes.InvalidArgument, "unit.title")
		assert.Equal(t, "监督办（office4）与同一上级下的监督办（office1）重名。", suitetest.FieldViolations(t, err)[0].GetDescription())
	}
	batch := &networkv1.BatchCreateUnitsRequest{}
	for id, title := range []string{"甲", "信访办", "（东）", "(东)"} {
		batch.Requests = append(batch.Requests, &networkv1.CreateUnitRequest{
			UnitId: "batch" + string(rune('a'+id)), Unit: called(title, unit(networktest.Township, collection, village)),
		})
	}
	_, err := admin.BatchCreateUnits(t.Context(), batch)
	networktest.Refused(t, err, codes.InvalidArgument, "requests[1].unit.title", "requests[3].unit.title")
}

func TestC1_NoChangeGivesSiblingsOneTitle(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	offices(t, admin)
	refused := func(err error, field string) {
		t.Helper()
		networktest.Refused(t, err, codes.InvalidArgument, field)
		assert.Contains(t, suitetest.FieldViolations(t, err)[0].GetDescription(), "重名")
	}
	_, err := admin.UpdateUnit(t.Context(), renaming("units/office3", "监督办", "2026-12-01"))
	refused(err, "unit.title")
	_, err = admin.MoveUnit(t.Context(), moving("units/office2", networktest.Township, ""))
	refused(err, "parent")
	_, err = admin.MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units: []*networkv1.MergedUnit{{Name: networktest.OtherTownship}}, Into: networktest.Township, Reason: "合并",
		EffectiveFrom: "2026-12-01",
	})
	refused(err, "into")
	_, err = admin.DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{
		Name: networktest.OtherTownship, ChildrenTo: networktest.Township, Reason: "撤销", EffectiveFrom: "2026-12-01",
	})
	refused(err, "children_to")
	_, err = admin.SplitUnit(t.Context(), &networkv1.SplitUnitRequest{
		Name: "units/office3", Keep: true, Reason: "拆分", EffectiveFrom: "2026-12-01",
		Parts: []*networkv1.SplitPart{
			{UnitId: "part1", Unit: &networkv1.Unit{Title: "甲", Kind: collection, Level: village}},
			{UnitId: "part2", Unit: &networkv1.Unit{Title: "监督办", Kind: collection, Level: village}},
		},
	})
	refused(err, "parts[1].unit.title")
}

func TestC1_TitlesOfSiblingsCountByDays(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	offices(t, admin)
	renamed, err := admin.UpdateUnit(t.Context(), renaming("units/office1", "监督室", "2026-12-01"))
	require.NoError(t, err)
	_, err = admin.UpdateUnit(t.Context(), renaming("units/office3", "监督办", "2026-11-30"))
	networktest.Refused(t, err, codes.InvalidArgument, "unit.title")
	_, err = admin.UpdateUnit(t.Context(), renaming("units/office3", "监督办", "2026-12-01"))
	require.NoError(t, err, "from then on the title is free")
	_, err = admin.CancelTreeChange(t.Context(), &networkv1.CancelTreeChangeRequest{Name: renamed.GetChange(), Reason: "不改"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "TITLE_TAKEN")
	_, err = admin.DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{Name: "units/office1", EffectiveFrom: "2026-12-05", Reason: "撤销"})
	require.NoError(t, err)
	_, err = admin.UpdateUnit(t.Context(), renaming("units/office3", "监督室", "2026-12-05"))
	require.NoError(t, err, "so is that of a unit that has ended")
}

func TestC1_WhatIsToEndIsNotSaidToHaveEnded(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	_, err := admin.MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units: []*networkv1.MergedUnit{{Name: networktest.OtherTownship}}, Into: networktest.Township, Reason: "合并",
		EffectiveFrom: "2026-12-01",
	})
	require.NoError(t, err)
	_, err = admin.UpdateUnit(t.Context(), renaming(networktest.OtherTownship, "新街道", "2026-12-02"))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "UNIT_ENDED")
	require.ErrorContains(t, err, "自 2026-12-01 起撤并")
}

func TestC1_AMergerNamesAllUnitsThatWouldShareATitle(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	offices(t, admin)
	_, err := admin.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
		UnitId: "office4", Unit: called("信访办", unit(networktest.OtherTownship, collection, village)),
	})
	require.NoError(t, err)
	_, err = admin.MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units: []*networkv1.MergedUnit{{Name: networktest.OtherTownship}, {Name: networktest.Township}},
		Into:  "units/340503002", Reason: "合并",
	})
	networktest.Refused(t, err, codes.InvalidArgument, "into", "into")
	for i, says := range []string{
		"监督办（office1）与同一上级下的监督办（office2）重名。", "信访办（office3）与同一上级下的信访办（office4）重名。",
	} {
		assert.Equal(t, says, suitetest.FieldViolations(t, err)[i].GetDescription())
	}
}

func TestC1_UnitsOfOneSystemLineMayShareATitle(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	offices(t, admin)
	for _, id := range []string{"office1", "office2"} {
		_, err := admin.MoveUnit(t.Context(), &networkv1.MoveUnitRequest{
			Name: "units/" + id, SystemParent: "units/office3", Reason: "条线",
		})
		require.NoError(t, err)
	}
}
