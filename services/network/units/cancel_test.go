package units_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// planned are the changes still to come that concern a unit's subtree, the newest first.
func (o office) planned(t *testing.T, unit string) []*networkv1.TreeChange {
	t.Helper()
	answer, err := o.ListTreeChanges(t.Context(), &networkv1.ListTreeChangesRequest{Unit: unit, PlannedOnly: true})
	require.NoError(t, err)
	return answer.GetChanges()
}

func (o office) cancel(t *testing.T, c *networkv1.TreeChange) (*networkv1.TreeChange, error) {
	t.Helper()
	answer, err := o.CancelTreeChange(t.Context(), &networkv1.CancelTreeChangeRequest{Name: c.GetName(), Reason: "批复收回"})
	return answer, err
}

func (o office) versions(t *testing.T, unit string) []*networkv1.UnitVersion {
	t.Helper()
	answer, err := o.ListUnitVersions(t.Context(), &networkv1.ListUnitVersionsRequest{Name: unit})
	require.NoError(t, err)
	return answer.GetVersions()
}

func TestC1_PlannedChangeIsCancelledBeforeItsDay(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	before, etag := admin.versions(t, networktest.Township), admin.on(t, networktest.Township, "").GetEtag()
	_, err := admin.MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units: []*networkv1.MergedUnit{{Name: networktest.Township}}, Into: "units/340503002", EffectiveFrom: "2026-12-01",
		Reason: "撤并",
	})
	require.NoError(t, err)
	planned := admin.planned(t, networktest.City)
	require.Len(t, planned, 1)
	assert.Equal(t, networkv1.TreeAct_TREE_ACT_MERGE, planned[0].GetAct())
	assert.Equal(t, "2026-12-01", planned[0].GetEffectiveFrom())
	assert.ElementsMatch(t, []string{networktest.Township, "units/340503002"}, planned[0].GetUnits())
	assert.Equal(t, planned[0].GetName(), admin.versions(t, networktest.Township)[0].GetEndChange())
	assert.Equal(t, planned[0].GetName(), admin.versions(t, networktest.Village)[1].GetChange())
	assert.Len(t, as(s, "handler", networktest.County).planned(t, networktest.County), 1, "those it concerns see it as well")
	assert.Empty(t, as(s, "handler", otherCounty).planned(t, otherCounty))
	told, err := networkv1.NewInboxServiceClient(s.As("clerk", networktest.Township)).ListMessages(t.Context(),
		&networkv1.ListMessagesRequest{Unit: networktest.Township, Kinds: []string{"inbox.units_merged"}})
	require.NoError(t, err)
	named, err := as(s, "clerk", networktest.Township).GetTreeChange(t.Context(),
		&networkv1.GetTreeChangeRequest{Name: told.GetMessages()[0].GetResource()})
	require.NoError(t, err)
	assert.Equal(t, planned[0].String(), named.String(), "a message leads to it")
	_, err = as(s, "clerk", networktest.Township).GetTreeChange(t.Context(), &networkv1.GetTreeChangeRequest{Name: "treeChanges/none"})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")

	cancelled, err := admin.cancel(t, planned[0])
	require.NoError(t, err)
	assert.Equal(t, s.Clock.Now(), cancelled.GetCancelTime().AsTime())
	assert.Equal(t, "批复收回", cancelled.GetCancelReason())
	after := admin.versions(t, networktest.Township)
	require.Len(t, after, len(before))
	assert.Equal(t, before[0].String(), after[0].String(), "as if it had never been decided")
	assert.Equal(t, etag, admin.on(t, networktest.Township, "2026-12-01").GetEtag())
	assert.Len(t, admin.versions(t, networktest.Village), 1)
	assert.Empty(t, admin.planned(t, networktest.City))
	all, err := admin.ListTreeChanges(t.Context(), &networkv1.ListTreeChangesRequest{Unit: networktest.City})
	require.NoError(t, err)
	assert.Equal(t, cancelled.String(), all.GetChanges()[0].String(), "the list of changes keeps it")
	_, err = admin.cancel(t, planned[0])
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "CHANGE_CANCELLED")

	s.Clock.Advance(40 * 24 * time.Hour)
	s.RunJob("network.follow_moves")
	assert.Equal(t, networktest.County, admin.on(t, networktest.Village, "").GetAncestors()[1])
	moves, err := admin.ListMoves(t.Context(), &networkv1.ListMovesRequest{})
	require.NoError(t, err)
	assert.Empty(t, moves.GetMoves(), "no record follows what was cancelled")
}

func TestC1_CancelledSplitOrDisbandIsFullyReverted(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	code := admin.on(t, networktest.Village, "").GetDivisionCode()
	require.NotEmpty(t, code)
	_, err := admin.DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{
		Name: networktest.Village, EffectiveFrom: "2026-12-01", Reason: "撤销",
	})
	require.NoError(t, err)
	disband := admin.planned(t, networktest.City)[0]
	_, err = admin.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: "successor_of_code", Unit: &networkv1.Unit{
		Title: "新村", Kind: networkv1.UnitKind_UNIT_KIND_COLLECTION_POINT, Level: admin.on(t, networktest.Village, "").GetLevel(),
		Parent: networktest.Township, DivisionCode: code, EffectiveFrom: "2026-12-05",
	}})
	require.NoError(t, err)
	_, err = admin.cancel(t, disband)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "CODE_TAKEN")

	_, err = admin.SplitUnit(t.Context(), &networkv1.SplitUnitRequest{
		Name: "units/340503002", Keep: true, EffectiveFrom: "2026-12-01", Reason: "分设", Parts: []*networkv1.SplitPart{{
			UnitId: "new_town", Unit: &networkv1.Unit{
				Title: "新镇", Kind: networkv1.UnitKind_UNIT_KIND_REPORTING_POINT,
				Level: admin.on(t, networktest.Township, "").GetLevel(),
			},
		}},
	})
	require.NoError(t, err)
	split := admin.planned(t, networktest.City)[0]
	_, err = admin.MoveUnit(t.Context(), moving("units/340503001004", "units/new_town", "2026-12-10"))
	require.NoError(t, err)
	_, err = admin.cancel(t, split)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "CHANGE_HAS_DEPENDANTS")
	assert.Equal(t, "新镇", admin.on(t, "units/new_town", "2026-12-02").GetTitle(), "nothing half done")
	_, err = admin.cancel(t, admin.planned(t, networktest.City)[0])
	require.NoError(t, err, "that move first")
	_, err = admin.cancel(t, split)
	require.NoError(t, err)
	admin.gone(t, "units/new_town", "2026-12-02")
	assert.Empty(t, admin.versions(t, "units/340503002")[0].GetSuccessors())
}

func TestC1_ChangeWithDependantsIsNotCancelled(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	_, err := admin.UpdateUnit(t.Context(), renaming(networktest.Township, "甲镇", "2026-12-01"))
	require.NoError(t, err)
	first := admin.planned(t, networktest.City)[0]
	_, err = admin.UpdateUnit(t.Context(), renaming(networktest.Township, "乙镇", "2026-12-10"))
	require.NoError(t, err)
	second := admin.planned(t, networktest.City)[0]
	_, err = admin.cancel(t, first)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "CHANGE_HAS_DEPENDANTS")

	_, err = admin.cancel(t, second)
	require.NoError(t, err)
	assert.Equal(t, "甲镇", admin.on(t, networktest.Township, "2026-12-20").GetTitle())
}

func TestC1_LaterPlanIsCancelledFirst(t *testing.T) {
	t.Parallel()
	type change = *networkv1.TreeChange
	for name, plan := range map[string]func(t *testing.T, admin office) (earlier, later change){
		"it puts a unit back where the earlier one had it": func(t *testing.T, admin office) (earlier, later change) {
			t.Helper()
			earlier = admin.moves(t, networktest.Village, "units/340503002", "2026-12-05")
			admin.moves(t, "units/340503002", otherCounty, "")
			return earlier, admin.moves(t, "units/340503002", networktest.County, "2026-12-05")
		},
		"it concerns other days of a unit": func(t *testing.T, admin office) (earlier, later change) {
			t.Helper()
			admin.renames(t, "甲镇", "2026-12-05")
			earlier = admin.renames(t, "乙镇", "2026-12-10")
			return earlier, admin.renames(t, "丙镇", "2026-12-01")
		},
		"it takes a unit from below one that the earlier one moved": func(t *testing.T, admin office) (earlier, later change) {
			t.Helper()
			earlier = admin.moves(t, "units/340503002", otherCounty, "2026-12-05")
			_, err := admin.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: "new_village", Unit: &networkv1.Unit{
				Title: "新村", Kind: networkv1.UnitKind_UNIT_KIND_COLLECTION_POINT,
				Level: admin.on(t, networktest.Village, "").GetLevel(), Parent: "units/340503002", EffectiveFrom: "2026-12-08",
			}})
			require.NoError(t, err)
			return earlier, admin.moves(t, "units/new_village", networktest.Township, "2026-12-08")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := as(suitetest.New(t), "administrator", networktest.City)
			earlier, later := plan(t, admin)
			_, err := admin.cancel(t, earlier)
			suitetest.RequireRefused(t, err, codes.FailedPrecondition, "CHANGE_HAS_DEPENDANTS")
			_, err = admin.cancel(t, later)
			require.NoError(t, err)
		})
	}
}

// moves decides a move, and gives the change.
func (o office) moves(t *testing.T, unit, parent, day string) *networkv1.TreeChange {
	t.Helper()
	moved, err := o.MoveUnit(t.Context(), moving(unit, parent, day))
	require.NoError(t, err)
	return &networkv1.TreeChange{Name: moved.GetChange()}
}

// renames decides another title of the township, and gives the change.
func (o office) renames(t *testing.T, title, day string) *networkv1.TreeChange {
	t.Helper()
	renamed, err := o.UpdateUnit(t.Context(), renaming(networktest.Township, title, day))
	require.NoError(t, err)
	return &networkv1.TreeChange{Name: renamed.GetChange()}
}

func TestC1_IndependentChangesAreCancelledInAnyOrder(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	now := func() string {
		return admin.versions(t, networktest.Village)[0].String() + admin.versions(t, "units/340503002")[0].String()
	}
	before := now()
	_, err := admin.MoveUnit(t.Context(), moving(networktest.Village, "units/340503003", "2026-12-05"))
	require.NoError(t, err)
	_, err = admin.UpdateUnit(t.Context(), renaming("units/340503002", "甲镇", "2026-12-01"))
	require.NoError(t, err)
	_, err = admin.MoveUnit(t.Context(), moving("units/340503001004", "units/340503003", "2026-12-05"))
	require.NoError(t, err)
	planned := admin.planned(t, networktest.City)
	for _, i := range []int{2, 0, 1} {
		_, err = admin.cancel(t, planned[i])
		require.NoError(t, err)
	}
	assert.Equal(t, before, now())
}

func TestC1_CancellingOrphansNoUnit(t *testing.T) {
	t.Parallel()
	for name, since := range map[string]func(context.Context, office) error{
		"it would come back under a unit that ends": func(ctx context.Context, admin office) error {
			_, err := admin.MergeUnits(ctx, &networkv1.MergeUnitsRequest{
				Units: []*networkv1.MergedUnit{{Name: networktest.Township}}, Into: "units/340503002",
				EffectiveFrom: "2026-12-20", Reason: "撤并",
			})
			return err
		},
		"one is to be created below it": func(ctx context.Context, admin office) error {
			_, err := admin.CreateUnit(ctx, &networkv1.CreateUnitRequest{UnitId: "group1", Unit: &networkv1.Unit{
				Title: "小组", Kind: collection, Level: village, Parent: networktest.Village, EffectiveFrom: "2026-12-20",
			}})
			return err
		},
		"it would come back on the system line of a unit that ends": func(ctx context.Context, admin office) error {
			_, err := admin.DisbandUnit(ctx, &networkv1.DisbandUnitRequest{
				Name: "units/340503002", ChildrenTo: "units/340503003", EffectiveFrom: "2026-12-20", Reason: "撤并",
			})
			return err
		},
		"the system line would go round": func(ctx context.Context, admin office) error {
			req := moving("units/340503002", "", "2026-12-20")
			req.SystemParent = networktest.Village
			_, err := admin.MoveUnit(ctx, req)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := suitetest.New(t)
			admin := as(s, "administrator", networktest.City)
			online := moving(networktest.Village, "", "")
			online.SystemParent = "units/340503002"
			_, err := admin.MoveUnit(t.Context(), online)
			require.NoError(t, err)
			away := moving(networktest.Village, "units/340503003", "2026-12-10")
			away.OffSystemLine = true
			_, err = admin.MoveUnit(t.Context(), away)
			require.NoError(t, err)
			require.NoError(t, since(t.Context(), admin))
			for _, c := range admin.planned(t, networktest.City) {
				if c.GetEffectiveFrom() == "2026-12-10" {
					_, err = admin.cancel(t, c)
				}
			}
			networktest.Refused(t, err, codes.FailedPrecondition)
			assert.Contains(t, []string{"UNIT_ORPHANED", "CHANGE_HAS_DEPENDANTS"}, suitetest.Reason(err))
			assert.Equal(t, "units/340503003", admin.on(t, networktest.Village, "2026-12-30").GetParent(), "nothing half done")
		})
	}
}

func TestC1_PlannedSuccessorIsNotCancelled(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	_, err := admin.SplitUnit(t.Context(), &networkv1.SplitUnitRequest{
		Name: networktest.Township, Keep: true, EffectiveFrom: "2026-12-01", Reason: "分设", Parts: []*networkv1.SplitPart{{
			UnitId: "new_town", Unit: unit("", reporting, admin.on(t, networktest.Township, "").GetLevel()),
		}},
	})
	require.NoError(t, err)
	split := admin.planned(t, networktest.City)[0]
	_, err = admin.DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{
		Name: networktest.Village, ChildrenTo: "units/new_town", EffectiveFrom: "2026-12-10", Reason: "撤销",
	})
	require.NoError(t, err)
	_, err = admin.cancel(t, split)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "UNIT_ORPHANED")
	for _, c := range admin.planned(t, networktest.City) {
		_, err = admin.cancel(t, c)
		require.NoError(t, err, "the later first")
	}
	admin.gone(t, "units/new_town", "2026-12-20")
	assert.Empty(t, admin.versions(t, networktest.Village)[0].GetSuccessors())
}

func TestC1_OnlyTheDecidingUnitOrOneAboveCancels(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	own := as(s, "clerk", networktest.Township)
	office := func(day string) *networkv1.UpdateUnitRequest {
		return &networkv1.UpdateUnitRequest{
			Unit:       &networkv1.Unit{Name: networktest.Township, ResponsibleOffice: "纪检办"},
			UpdateMask: enumMask("responsible_office"),
			Reason:     "明确责任", EffectiveFrom: day,
		}
	}
	_, err := own.UpdateUnit(t.Context(), office("2026-12-01"))
	require.NoError(t, err)
	change := own.planned(t, networktest.Township)[0]
	for _, who := range []stranger{{"clerk", "units/340503002"}, {"clerk", networktest.Village}, {"handler", otherCounty}} {
		_, err = as(s, who.role, who.unit).cancel(t, change)
		networktest.Refused(t, err, codes.NotFound)
	}
	_, err = as(s, "informant", networktest.Township).cancel(t, change)
	networktest.Refused(t, err, codes.PermissionDenied)
	_, err = own.CancelTreeChange(t.Context(), &networkv1.CancelTreeChangeRequest{Name: "units/1", RequestId: "1"})
	networktest.Refused(t, err, codes.InvalidArgument, "name", "reason", "request_id")
	_, err = own.cancel(t, change)
	require.NoError(t, err)

	pg, err := pgx.Connect(t.Context(), s.Database)
	require.NoError(t, err)
	defer func() { _ = pg.Close(t.Context()) }()
	var audited int
	require.NoError(t, pg.QueryRow(t.Context(), `SELECT count(*) FROM network.journal WHERE event LIKE '%CancelTreeChange'
		AND resource IN ($1, $2)`, change.GetName(), networktest.Township).Scan(&audited))
	assert.Equal(t, 2, audited, "the change and the unit")

	_, err = own.UpdateUnit(t.Context(), office("2026-11-03"))
	require.NoError(t, err)
	first := own.planned(t, networktest.Township)[0]
	s.Clock.Advance(24 * time.Hour)
	_, err = as(s, "handler", networktest.City).cancel(t, first)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "CHANGE_IN_FORCE")
	s.RunJob("network.follow_moves")
	var kept int
	require.NoError(t, pg.QueryRow(t.Context(), "SELECT count(*) FROM network.unit_undo").Scan(&kept))
	assert.Zero(t, kept, "what can no longer be taken back is not kept")
}

// stranger names a role in a unit.
type stranger struct{ role, unit string }

func TestC1_ChangeIsNotCancelledWhereTheTitleOfAMovedUnitIsTaken(t *testing.T) {
	t.Parallel()
	admin := as(suitetest.New(t), "administrator", networktest.City)
	found := func(id, from string) {
		u := unit(networktest.Township, collection, village)
		u.Title, u.EffectiveFrom = "监督室", from
		_, err := admin.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: id, Unit: u})
		require.NoError(t, err)
	}
	found("office1", "")
	_, err := admin.SplitUnit(t.Context(), &networkv1.SplitUnitRequest{
		Name: networktest.Township, Keep: true, EffectiveFrom: "2026-12-01", Reason: "分设", Parts: []*networkv1.SplitPart{{
			UnitId: "new_town", Children: []string{"units/office1"},
			Unit: unit("", reporting, admin.on(t, networktest.Township, "").GetLevel()),
		}},
	})
	require.NoError(t, err)
	split := admin.planned(t, networktest.City)[0]
	found("office2", "2026-12-05")
	_, err = admin.cancel(t, split)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "TITLE_TAKEN")
	assert.Equal(t, "units/new_town", admin.on(t, "units/office1", "2026-12-10").GetParent(), "nothing half done")
}

func TestC1_ChangesOfUnitsThatHaveEndedStayListedWhereTheyLay(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	disbanded, err := as(s, "administrator", networktest.City).DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{
		Name: networktest.Village, Reason: "撤销",
	})
	require.NoError(t, err)
	for unit, want := range map[string]int{networktest.Township: 1, networktest.OtherTownship: 0} {
		listed, err := as(s, "clerk", unit).ListTreeChanges(t.Context(), &networkv1.ListTreeChangesRequest{Unit: unit})
		require.NoError(t, err)
		require.Len(t, listed.GetChanges(), want, unit)
		for _, c := range listed.GetChanges() {
			assert.Equal(t, disbanded.GetChange(), c.GetName())
		}
	}
}
