package units_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const neighbour = "units/340503002" // a township of the same district

// told is what a unit was told of the tree, the newest first.
func told(t *testing.T, s *suitetest.Suite, unit string) (titles []string) {
	t.Helper()
	listed, err := networkv1.NewInboxServiceClient(s.As("clerk", unit)).ListMessages(t.Context(), &networkv1.ListMessagesRequest{
		Unit: unit, Kinds: []string{
			"inbox.units_founded", "inbox.unit_updated", "inbox.unit_renamed", "inbox.unit_moved", "inbox.unit_moved_in_system", "inbox.unit_put_on_system_line",
			"inbox.units_merged",
			"inbox.unit_split", "inbox.unit_split_off", "inbox.unit_disbanded", "inbox.tree_change_cancelled",
			"inbox.contact_points_ended", "inbox.unit_not_founded",
		},
	})
	require.NoError(t, err)
	for _, m := range listed.GetMessages() {
		titles = append(titles, m.GetTitle())
	}
	return titles
}

func TestC1_UnitsConcernedHearOfAChangeOfTheTree(t *testing.T) {
	t.Parallel()
	part := &networkv1.Unit{
		Title: "新街道", Kind: networkv1.UnitKind_UNIT_KIND_REPORTING_POINT, Level: typev1.Level_LEVEL_TOWNSHIP,
		Parent: networktest.County,
	}
	for name, c := range map[string]struct {
		change func(office) error
		says   string
		told   []string
	}{
		"moved": {
			func(o office) error {
				_, err := o.MoveUnit(t.Context(), moving(networktest.Township, otherCounty, ""))
				return err
			},
			"沙塘路街道自 2026-11-02 起由花山区划转至雨山区。",
			[]string{networktest.Township, networktest.County, otherCounty},
		},
		"moved on the system line": {
			func(o office) error {
				_, err := o.MoveUnit(t.Context(), &networkv1.MoveUnitRequest{
					Name: networktest.Township, SystemParent: neighbour, Reason: "归口",
				})
				return err
			},
			"沙塘路街道自 2026-11-02 起归口解放路街道（系统，条）。",
			[]string{networktest.Township, neighbour},
		},
		"merged": {
			func(o office) error {
				_, err := o.MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
					Units: []*networkv1.MergedUnit{{Name: networktest.Township}}, Into: neighbour, Reason: "撤并",
				})
				return err
			},
			"沙塘路街道自 2026-11-02 起并入解放路街道。",
			[]string{neighbour, networktest.County, networktest.Village},
		},
		"split off": {
			func(o office) error {
				_, err := o.SplitUnit(t.Context(), &networkv1.SplitUnitRequest{
					Name: networktest.Township, Keep: true, Reason: "分设",
					Parts: []*networkv1.SplitPart{{UnitId: "new_town", Unit: part, Children: []string{networktest.Village}}},
				})
				return err
			},
			"自 2026-11-02 起从沙塘路街道分设新街道。",
			[]string{networktest.Township, "units/new_town", networktest.County, networktest.Village},
		},
		"disbanded": {
			func(o office) error {
				_, err := o.DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{Name: networktest.Village, Reason: "撤销"})
				return err
			},
			"沙塘社区居委会自 2026-11-02 起撤销，由沙塘路街道承继。",
			[]string{networktest.Township},
		},
		"renamed": {
			func(o office) error {
				_, err := o.UpdateUnit(t.Context(), renaming(networktest.Township, "新街道", ""))
				return err
			},
			"沙塘路街道自 2026-11-02 起更名为新街道。",
			[]string{networktest.Township},
		},
		"founded": {
			func(o office) error {
				_, err := o.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: "new_town", Unit: part})
				return err
			},
			"花山区之下自 2026-11-02 起设立新街道。",
			[]string{networktest.County},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := suitetest.New(t)
			require.NoError(t, c.change(as(s, "handler", networktest.City)))
			for _, unit := range []string{
				networktest.City, networktest.County, networktest.Township, neighbour, networktest.Village, otherCounty,
			} {
				if !slices.Contains(c.told, unit) && unit != networktest.Township && unit != networktest.Village {
					assert.Empty(t, told(t, s, unit), unit)
				}
			}
			for _, unit := range c.told {
				assert.Equal(t, []string{c.says}, told(t, s, unit), unit)
			}
		})
	}
}

func TestC1_APlannedChangeIsToldOnceAndWhereItIsCancelled(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	centre := as(s, "handler", networktest.City)
	merge := func(unit string) *networkv1.Unit {
		merged, err := centre.MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
			Units: []*networkv1.MergedUnit{{Name: unit}}, Into: neighbour, EffectiveFrom: "2026-12-01", Reason: "撤并",
		})
		require.NoError(t, err)
		return merged
	}
	const says = "沙塘路街道自 2026-12-01 起并入解放路街道。"
	first := merge(networktest.Township)
	assert.Equal(t, []string{says}, told(t, s, networktest.Township), "it hears before it ends")
	assert.Equal(t, []string{says}, told(t, s, neighbour))
	_, err := centre.CancelTreeChange(t.Context(), &networkv1.CancelTreeChangeRequest{Name: first.GetChange(), Reason: "批复收回"})
	require.NoError(t, err)
	const off = "原定的机构变动已经取消：" + says
	assert.Equal(t, []string{off, says}, told(t, s, neighbour))

	merge(networktest.Township)
	s.Clock.Advance(30 * 24 * time.Hour)
	s.RunJob("network.follow_moves")
	s.RunJob("network.follow_moves")
	assert.Equal(t, []string{says, off, says}, told(t, s, networktest.County), "planned, cancelled, planned anew, and nothing more as it holds")
	assert.Equal(t, []string{says, off, says}, told(t, s, neighbour), "nor for the unit that it acts for")
}

// A part of a split hears of it on the day on which it comes, also where what had told the unit that ends goes on with it.
func TestC1_WhatComesOfAPlannedSplitHearsOfItOnce(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	centre := as(s, "handler", networktest.City)
	below, err := centre.ListUnits(t.Context(), &networkv1.ListUnitsRequest{
		Unit: networktest.Township, Levels: []typev1.Level{typev1.Level_LEVEL_VILLAGE},
	})
	require.NoError(t, err)
	var villages []string
	for _, unit := range below.GetUnits() {
		villages = append(villages, unit.GetName())
	}
	var parts []*networkv1.SplitPart
	for id, title := range map[string]string{"east": "东街道", "west": "西街道"} {
		part := &networkv1.SplitPart{UnitId: id, Unit: &networkv1.Unit{
			Title: title, Kind: networkv1.UnitKind_UNIT_KIND_REPORTING_POINT, Level: typev1.Level_LEVEL_TOWNSHIP, Parent: networktest.County,
		}}
		if id == "east" {
			part.Children = villages
		}
		parts = append(parts, part)
	}
	_, err = centre.SplitUnit(t.Context(), &networkv1.SplitUnitRequest{
		Name: networktest.Township, Parts: parts, EffectiveFrom: "2026-12-01", Reason: "分设",
	})
	require.NoError(t, err)
	says := told(t, s, networktest.Township)
	require.Len(t, says, 1)
	s.Clock.Advance(30 * 24 * time.Hour)
	s.RunJob("network.follow_moves")
	for _, unit := range []string{"units/east", "units/west", networktest.County} {
		assert.Equal(t, says, told(t, s, unit), unit)
	}
}

func TestC1_H6_ContactPointsThatEndAreListedAndTold(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	points := networkv1.NewContactPointServiceClient(s.As("administrator", networktest.Township))
	for _, title := range []string{"值班", "办公室"} {
		_, err := points.CreateContactPoint(t.Context(), &networkv1.CreateContactPointRequest{
			ContactPoint: &networkv1.ContactPoint{
				Unit: networktest.Township, Title: title,
				Address: &networkv1.ContactPoint_Webhook{Webhook: "https://hooks.example.org/in"},
			},
		})
		require.NoError(t, err)
	}
	merged, err := as(s, "handler", networktest.City).MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units: []*networkv1.MergedUnit{{Name: networktest.Township}}, Into: neighbour, EffectiveFrom: "2026-11-03", Reason: "撤并",
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"值班", "办公室"}, merged.GetEndedContactPoints())
	listed, err := points.ListContactPoints(t.Context(), &networkv1.ListContactPointsRequest{Unit: networktest.Township})
	require.NoError(t, err)
	assert.Len(t, listed.GetContactPoints(), 2, "until the day")

	s.Clock.Advance(24 * time.Hour)
	s.RunJob("network.follow_moves")
	s.RunJob("network.follow_moves")
	const says = "沙塘路街道已经撤并，其联系点“值班、办公室”随之停用。"
	assert.Equal(t, []string{says}, told(t, s, networktest.City), "it decided")
	assert.Equal(t, says, told(t, s, neighbour)[0], "and the successor")
	assert.Len(t, told(t, s, neighbour), 2)
}

func TestC1_FoundingsAreToldByTheDay(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	found := func(id, from string) *networkv1.CreateUnitRequest {
		return &networkv1.CreateUnitRequest{UnitId: id, Unit: &networkv1.Unit{
			Title: id, Kind: networkv1.UnitKind_UNIT_KIND_COLLECTION_POINT, Level: 5, Parent: networktest.Township,
			EffectiveFrom: from,
		}}
	}
	_, err := as(s, "administrator", networktest.City).BatchCreateUnits(t.Context(), &networkv1.BatchCreateUnitsRequest{
		Requests: []*networkv1.CreateUnitRequest{
			found("jia", "2026-11-02"), found("yi", "2027-01-01"), found("bing", "2026-11-02"),
		},
	})
	require.NoError(t, err)
	titles := strings.Join(told(t, s, networktest.Township), "\n")
	assert.Contains(t, titles, "自 2026-11-02 起设立jia、bing。")
	assert.Contains(t, titles, "自 2027-01-01 起设立yi。")
}
