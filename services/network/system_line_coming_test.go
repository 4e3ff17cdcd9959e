package network_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

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
