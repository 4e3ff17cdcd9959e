package network_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// plan has a unit of the system founded in the county from December on.
func (s system) plan(name, title, systemParent string) {
	s.t.Helper()
	_, err := networkv1.NewUnitServiceClient(s.As("clerk", cityBureau)).CreateUnit(s.t.Context(), &networkv1.CreateUnitRequest{
		UnitId: name[len("units/"):], Unit: &networkv1.Unit{
			Title: title, Kind: networkv1.UnitKind_UNIT_KIND_MONITORING_POINT, Level: typev1.Level_LEVEL_COUNTY, Parent: county,
			SystemParent: systemParent, EffectiveFrom: "2026-12-01",
		},
	})
	require.NoError(s.t, err)
}

func TestC2_C3_RefusalsNameTheUnitsThatMayThoughTheyAreToCome(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	const later, window = "units/finance_yushan", "units/finance_window"
	s.plan(later, "雨山财政局", cityBureau)
	s.plan(window, "办事窗口", later)
	_, err := networkv1.NewTreeServiceClient(s.As("clerk", county)).DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{
		Name: window, EffectiveFrom: "2026-12-01", Reason: "不再设立",
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NOT_DELEGATED")
	require.ErrorContains(t, err, "按方案可由以下单位办理：马鞍山市、雨山财政局、财政局finance。")

	wanted := networktest.Officer(county, window, regular)
	wanted.TermFrom = "2026-12-01"
	_, err = networkv1.NewOfficerServiceClient(s.As("clerk", county)).AppointOfficer(t.Context(),
		&networkv1.AppointOfficerRequest{Officer: wanted})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_TIER")
	require.ErrorContains(t, err, "按方案可由以下单位聘任：马鞍山市、雨山财政局、财政局finance。")
}

func TestC1_C2_WhatTheCityCorrectsHoldsNoMergerOfAnAgencyButWhatItPlansDoes(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	const other = "units/finance_yushan"
	require.NoError(t, s.create("clerk", cityBureau, other, county, cityBureau, typev1.Level_LEVEL_COUNTY))
	agency, city := networkv1.NewTreeServiceClient(s.As("clerk", cityBureau)), networkv1.NewTreeServiceClient(s.As("handler", networktest.City))
	merged, err := agency.MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units: []*networkv1.MergedUnit{{Name: other}}, Into: countyBureau, EffectiveFrom: "2026-12-10", Reason: "合并",
	})
	require.NoError(t, err)
	rename := func(unit, title, day string) *networkv1.Unit {
		renamed, err := city.UpdateUnit(t.Context(), &networkv1.UpdateUnitRequest{
			Unit: &networkv1.Unit{Name: unit, Title: title}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"title"}}, EffectiveFrom: day,
			Reason: "更正",
		})
		require.NoError(t, err)
		return renamed
	}
	rename(other, "雨山区财政局", "")
	rename(countyBureau, "花山区财政局", "")
	planned := rename(other, "雨山财政局", "2026-12-05")
	cancel := func(by networkv1.TreeServiceClient, change string) error {
		_, err := by.CancelTreeChange(t.Context(), &networkv1.CancelTreeChangeRequest{Name: change, Reason: "批复收回"})
		return err
	}
	err = cancel(agency, merged.GetChange())
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "CHANGE_HAS_DEPENDANTS")
	require.ErrorContains(t, err, "雨山财政局已另行计划自 2026-12-05 起变动，请先取消该项计划（"+planned.GetChange()+"），由马鞍山市或其上级办理。")
	require.NoError(t, cancel(city, planned.GetChange()))
	require.NoError(t, cancel(agency, merged.GetChange()))
	for unit, title := range map[string]string{other: "雨山区财政局", countyBureau: "花山区财政局"} {
		found, err := networkv1.NewUnitServiceClient(s.As("clerk", cityBureau)).GetUnit(t.Context(),
			&networkv1.GetUnitRequest{Name: unit, AsOf: "2026-12-20"})
		require.NoError(t, err)
		assert.Equal(t, title, found.GetTitle())
	}
}

func TestC2_AnAgencySplitsAUnitOfItsSystemInOthersTerritory(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	tree := networkv1.NewTreeServiceClient(s.As("clerk", cityBureau))
	split := func(parent string) (*networkv1.SplitUnitResponse, error) {
		return tree.SplitUnit(t.Context(), &networkv1.SplitUnitRequest{
			Name: countyBureau, Keep: true, Reason: "分设", Parts: []*networkv1.SplitPart{{
				UnitId: "tax", Unit: &networkv1.Unit{
					Title: "税务局", Kind: networkv1.UnitKind_UNIT_KIND_MONITORING_POINT, Level: typev1.Level_LEVEL_COUNTY, Parent: parent,
				},
			}},
		})
	}
	_, err := split("units/340504")
	networktest.Refused(t, err, codes.NotFound, "parts[0].unit.parent")
	answer, err := split("")
	require.NoError(t, err)
	part := answer.GetUnits()[0]
	assert.Equal(t, []string{county, cityBureau}, []string{part.GetParent(), part.GetSystemParent()}, "where the old one stands")
}
