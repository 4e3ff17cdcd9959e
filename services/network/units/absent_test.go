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

// requireAbsent requires that a call was refused for a unit that one field names.
func requireAbsent(t *testing.T, err error, field, reason, says string) {
	t.Helper()
	found := suitetest.FieldViolations(t, err)
	require.Len(t, found, 1, "%v", err)
	assert.Equal(t, []string{field, reason, says}, []string{found[0].GetField(), found[0].GetReason(), found[0].GetDescription()})
}

func merging(unit, into, day string) *networkv1.MergeUnitsRequest {
	return &networkv1.MergeUnitsRequest{
		Units: []*networkv1.MergedUnit{{Name: unit}}, Into: into, EffectiveFrom: day, Reason: "撤并",
	}
}

func TestC1_WhatIsNotThereYetSaysFromWhenItIs(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	handler := as(s, "handler", networktest.City)
	const coming = "units/group1"
	handler.founds(t, "group1", networktest.Township, "2026-12-01")
	for field, call := range map[string]func(office) error{
		"unit.name": func(o office) error {
			_, err := o.UpdateUnit(t.Context(), renaming(coming, "一组", ""))
			return err
		},
		"name": func(o office) error {
			_, err := o.MoveUnit(t.Context(), moving(coming, networktest.OtherTownship, "2026-11-30"))
			return err
		},
		"parent": func(o office) error {
			_, err := o.MoveUnit(t.Context(), moving(networktest.Village, coming, ""))
			return err
		},
		"units[0].name": func(o office) error {
			_, err := o.MergeUnits(t.Context(), merging(coming, networktest.Village, ""))
			return err
		},
		"into": func(o office) error {
			_, err := o.MergeUnits(t.Context(), merging(networktest.Village, coming, ""))
			return err
		},
		"unit.system_parent": func(o office) error {
			u := unit(networktest.Township, collection, village)
			u.SystemParent = coming
			_, err := o.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: "group2", Unit: u})
			return err
		},
	} {
		requireAbsent(t, call(handler), field, "UNIT_TO_COME", "group1自 2026-12-01 起才设立，此前不能使用。")
	}
	_, err := as(s, "clerk", networktest.OtherTownship).disbands(t, "group1", "")
	networktest.Refused(t, err, codes.NotFound)
}

func TestC1_WhatEndsLaterSaysWhoGoesOn(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	handler := as(s, "handler", networktest.City)
	const ending, elsewhere = networktest.OtherTownship, "units/340503002"
	_, err := handler.MergeUnits(t.Context(), merging(ending, networktest.Township, "2026-12-01"))
	require.NoError(t, err)
	for field, call := range map[string]func() error{
		"name": func() error {
			_, err := handler.MoveUnit(t.Context(), moving(ending, otherCounty, ""))
			return err
		},
		"parent": func() error {
			_, err := handler.MoveUnit(t.Context(), moving(networktest.Village, ending, "2026-12-02"))
			return err
		},
		"unit.parent": func() error {
			_, err := handler.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
				UnitId: "group1", Unit: unit(ending, collection, village),
			})
			return err
		},
		"into": func() error {
			_, err := handler.MergeUnits(t.Context(), merging(elsewhere, ending, ""))
			return err
		},
		"units[0].name": func() error {
			_, err := handler.MergeUnits(t.Context(), merging(ending, elsewhere, ""))
			return err
		},
	} {
		title := handler.on(t, ending, "").GetTitle()
		requireAbsent(t, call(), field, "UNIT_ENDED", title+"自 2026-12-01 起撤并，由沙塘路街道承继，请改用承继单位。")
	}
}
