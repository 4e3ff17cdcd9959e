package units_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// otherCounty is where OtherTown lies.
const otherCounty = "units/340504"

// office is a role in a unit that changes and reads the tree.
type office struct {
	networkv1.UnitServiceClient
	networkv1.TreeServiceClient
}

func as(s *suitetest.Suite, role, unit string) office {
	conn := s.As(role, unit)
	return office{networkv1.NewUnitServiceClient(conn), networkv1.NewTreeServiceClient(conn)}
}

func (o office) on(t *testing.T, unit, day string) *networkv1.Unit {
	t.Helper()
	answer, err := o.GetUnit(t.Context(), &networkv1.GetUnitRequest{Name: unit, AsOf: day})
	require.NoError(t, err)
	return answer
}

func (o office) gone(t *testing.T, unit, day string) {
	t.Helper()
	found, err := o.GetUnit(t.Context(), &networkv1.GetUnitRequest{Name: unit, AsOf: day})
	if day == "" && err == nil {
		assert.NotEmpty(t, found.GetEndedOn())
		return
	}
	networktest.Refused(t, err, codes.NotFound)
}

func (o office) count(t *testing.T, unit, day string) int {
	t.Helper()
	answer, err := o.ListUnits(t.Context(), &networkv1.ListUnitsRequest{Unit: unit, AsOf: day, PageSize: 1000})
	require.NoError(t, err)
	return len(answer.GetUnits())
}

func enumMask(fields ...string) *fieldmaskpb.FieldMask { return &fieldmaskpb.FieldMask{Paths: fields} }

func renaming(unit, title, day string) *networkv1.UpdateUnitRequest {
	return &networkv1.UpdateUnitRequest{
		Unit: &networkv1.Unit{Name: unit, Title: title}, UpdateMask: enumMask("title"), EffectiveFrom: day, Reason: "依批复更名",
	}
}

func TestC1_UnitIsCreatedBelowOneToBeRenamed(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	_, err := admin.UpdateUnit(t.Context(), renaming(networktest.Township, "新街道", "2026-12-01"))
	require.NoError(t, err)
	found := func(id, parent, from string) error {
		u := unit(parent, collection, village)
		u.EffectiveFrom, u.Title = from, id
		_, err := admin.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: id, Unit: u})
		return err
	}
	require.NoError(t, found("group1", networktest.Township, ""))
	require.NoError(t, found("group2", networktest.Township, "2026-12-02"))
	suitetest.RequireFieldFaults(t, found("group4", "units/group2", "2026-12-01"), map[string]string{
		"unit.effective_from": "BEFORE_PARENT",
	})
	assert.Equal(t, networktest.Township, admin.on(t, "units/group1", "2026-12-01").GetParent())

	_, err = admin.MoveUnit(t.Context(), moving(networktest.Township, otherCounty, "2026-12-10"))
	require.NoError(t, err)
	suitetest.RequireRefused(t, found("group3", networktest.Township, ""), codes.FailedPrecondition, "LATER_CHANGE")
	suitetest.RequireRefused(t, found("group3", networktest.Village, "2026-12-09"), codes.FailedPrecondition, "LATER_CHANGE")
	require.NoError(t, found("group3", networktest.Village, "2026-12-10"), "where it goes it stays")
	assert.Equal(t, []string{networktest.City, otherCounty, networktest.Township, networktest.Village},
		admin.on(t, "units/group3", "2026-12-10").GetAncestors())
}

func TestC1_UnitIsRenamedFromADay(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	before := admin.on(t, networktest.Township, "")
	_, err := admin.UpdateUnit(t.Context(), renaming(networktest.Township, "新街道", "2027-01-01"))
	require.NoError(t, err)
	assert.Equal(t, before.GetTitle(), admin.on(t, networktest.Township, "2026-12-31").GetTitle())
	assert.Equal(t, "新街道", admin.on(t, networktest.Township, "2027-01-01").GetTitle())

	// A name given today holds until the one that was planned.
	_, err = admin.UpdateUnit(t.Context(), renaming(networktest.Township, "临时街道", ""))
	require.NoError(t, err)
	assert.Equal(t, "临时街道", admin.on(t, networktest.Township, "2026-12-31").GetTitle())
	assert.Equal(t, "新街道", admin.on(t, networktest.Township, "2027-01-01").GetTitle())
	assert.Equal(t, before.GetTitle(), admin.on(t, networktest.Township, "2026-11-01").GetTitle())

	late := renaming(networktest.Township, "晚到", "")
	late.Unit.Etag = before.GetEtag()
	_, err = admin.UpdateUnit(t.Context(), late)
	networktest.Refused(t, err, codes.Aborted)
}

func TestC7_AUnitNamesItsOfficeAndNothingElse(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk := as(s, "clerk", networktest.Township)
	answer, err := clerk.UpdateUnit(t.Context(), &networkv1.UpdateUnitRequest{
		Reason: "明确责任", UpdateMask: enumMask("responsible_office"),
		Unit: &networkv1.Unit{Name: networktest.Township, ResponsibleOffice: "纪检监察办公室"},
	})
	require.NoError(t, err)
	assert.Equal(t, "纪检监察办公室", answer.GetResponsibleOffice())
	_, err = clerk.UpdateUnit(t.Context(), renaming(networktest.Township, "自己改名", ""))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NOT_DELEGATED")
}

func TestC1_MovedSubtreeHasItsPathOnEveryDay(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	here, there, moved := admin.count(t, networktest.County, ""), admin.count(t, otherCounty, ""), admin.count(t,
		networktest.Township, "")
	answer, err := admin.MoveUnit(t.Context(), &networkv1.MoveUnitRequest{
		Name: networktest.Township, Parent: otherCounty, EffectiveFrom: "2026-12-01", Reason: "区划调整",
	})
	require.NoError(t, err)
	assert.Equal(t, []string{networktest.City, otherCounty}, answer.GetAncestors())
	assert.Equal(t, "340503", answer.GetRegion(), "its records stay under the region that stands in their names")

	assert.Equal(t, []string{networktest.City, networktest.County, networktest.Township},
		admin.on(t, networktest.Village, "2026-11-30").GetAncestors())
	assert.Equal(t, []string{networktest.City, otherCounty, networktest.Township},
		admin.on(t, networktest.Village, "2026-12-01").GetAncestors())
	assert.Equal(t, here, admin.count(t, networktest.County, "2026-11-30"))
	assert.Equal(t, here-moved, admin.count(t, networktest.County, "2026-12-01"))
	assert.Equal(t, there+moved, admin.count(t, otherCounty, "2026-12-01"))
	assert.Equal(t, 633, admin.count(t, networktest.City, "2026-12-01"), "none twice, none lost")

	// It keeps the code of its old county until it gets another, which must be below the new one's.
	recoded := &networkv1.UpdateUnitRequest{
		UpdateMask: enumMask("division_code"), Unit: &networkv1.Unit{Name: networktest.Township, DivisionCode: "340503888"},
		EffectiveFrom: "2026-12-01", Reason: "换码",
	}
	_, err = admin.UpdateUnit(t.Context(), recoded)
	networktest.Refused(t, err, codes.InvalidArgument, "unit.division_code")
	recoded.Unit.DivisionCode = "340504888"
	_, err = admin.UpdateUnit(t.Context(), recoded)
	require.NoError(t, err)
}

func TestC1_MergedUnitsHaveOneSuccessor(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	second, third := "units/340503002", "units/340503003"
	all := admin.count(t, networktest.Township, "") + admin.count(t, second, "") + admin.count(t, third, "")
	code := admin.on(t, second, "").GetDivisionCode()
	answer, err := admin.MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units:     []*networkv1.MergedUnit{{Name: second}, {Name: third}, {Name: networktest.Township}},
		NewUnitId: "joined", NewUnit: &networkv1.Unit{
			Title: "联合街道", Kind: networkv1.UnitKind_UNIT_KIND_REPORTING_POINT, Level: typev1.Level_LEVEL_TOWNSHIP,
			Parent: networktest.County, DivisionCode: code,
		},
		EffectiveFrom: "2026-12-01", Reason: "三街合一",
	})
	require.NoError(t, err, "the code of one that ends is free for the new one")
	assert.Equal(t, "units/joined", answer.GetName())
	admin.gone(t, second, "2026-12-01")
	admin.gone(t, "units/joined", "2026-11-30")
	assert.Equal(t, all-3+1, admin.count(t, "units/joined", "2026-12-01"))
	assert.Equal(t, []string{networktest.City, networktest.County, "units/joined"},
		admin.on(t, networktest.Village, "2026-12-01").GetAncestors())

	history, err := admin.ListUnitVersions(t.Context(), &networkv1.ListUnitVersionsRequest{Name: second})
	require.NoError(t, err)
	last := history.GetVersions()[len(history.GetVersions())-1]
	assert.Equal(t, []string{"units/joined"}, last.GetSuccessors())
	assert.Equal(t, "2026-11-30", last.GetEffectiveTo())
	assert.Equal(t, networkv1.TreeAct_TREE_ACT_MERGE, last.GetEndedBy())
	assert.Equal(t, "三街合一", last.GetEndReason())
	history, err = admin.ListUnitVersions(t.Context(), &networkv1.ListUnitVersionsRequest{Name: "units/joined"})
	require.NoError(t, err)
	assert.Equal(t, []string{networktest.Township, second, third}, history.GetVersions()[0].GetPredecessors())
}

func TestC1_AnswersNameTheChangeThatCancellingNeeds(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	const day, second = "2026-12-01", "units/340503002"
	moved, err := admin.MoveUnit(t.Context(), moving(networktest.Township, otherCounty, day))
	require.NoError(t, err)
	merged, err := admin.MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units: []*networkv1.MergedUnit{{Name: second}}, Into: "units/340503003", EffectiveFrom: day, Reason: "撤并",
	})
	require.NoError(t, err)
	disbanded, err := admin.DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{
		Name: "units/340503004", ChildrenTo: networktest.County, EffectiveFrom: day, Reason: "撤销",
	})
	require.NoError(t, err)
	for _, unit := range []*networkv1.Unit{moved, merged, disbanded} {
		assert.Len(t, unit.GetAncestorTitles(), len(unit.GetAncestors()))
		_, err := admin.CancelTreeChange(t.Context(), &networkv1.CancelTreeChangeRequest{Name: unit.GetChange(), Reason: "暂缓"})
		require.NoError(t, err)
	}
}

func TestC1_EndedUnitIsReadAsOfItsLastDay(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	_, err := admin.MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units: []*networkv1.MergedUnit{{Name: networktest.Township}}, Into: networktest.OtherTownship, Reason: "撤并",
	})
	require.NoError(t, err)
	clerk := as(s, "clerk", networktest.OtherTownship)
	ended, err := clerk.GetUnit(t.Context(), &networkv1.GetUnitRequest{Name: networktest.Township})
	require.NoError(t, err)
	assert.Equal(t, "沙塘路街道", ended.GetTitle())
	assert.Equal(t, "2026-11-02", ended.GetEndedOn())
	assert.Equal(t, []string{"马鞍山市", "花山区"}, ended.GetAncestorTitles())
	batch, err := clerk.BatchGetUnits(t.Context(), &networkv1.BatchGetUnitsRequest{
		Names: []string{networktest.Township, networktest.County},
	})
	require.NoError(t, err)
	assert.Equal(t, []string{networktest.County, networktest.Township}, resourceNames(batch.GetUnits()))
	_, err = clerk.GetUnit(t.Context(), &networkv1.GetUnitRequest{Name: networktest.Township, AsOf: "2026-11-02"})
	networktest.Refused(t, err, codes.NotFound)
}

func TestC1_SplitDistributesChildren(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	listed, err := admin.ListUnits(t.Context(), &networkv1.ListUnitsRequest{
		Unit: networktest.Township, Levels: []typev1.Level{typev1.Level_LEVEL_VILLAGE},
	})
	require.NoError(t, err)
	var villages []string
	for _, u := range listed.GetUnits() {
		villages = append(villages, u.GetName())
	}
	part := func(id string, children ...string) *networkv1.SplitPart {
		return &networkv1.SplitPart{UnitId: id, Children: children, Unit: &networkv1.Unit{
			Title: id, Kind: networkv1.UnitKind_UNIT_KIND_REPORTING_POINT, Level: typev1.Level_LEVEL_TOWNSHIP,
		}}
	}
	req := &networkv1.SplitUnitRequest{Name: networktest.Township, Reason: "一分为二", Parts: []*networkv1.SplitPart{
		part("east", villages[0], villages[1]), part("west", villages[2:len(villages)-1]...),
	}}
	_, err = admin.SplitUnit(t.Context(), req)
	networktest.Refused(t, err, codes.FailedPrecondition, "parts")
	assert.Equal(t, "ORPHANED_UNITS", suitetest.Reason(err))
	assert.Equal(t, villages[len(villages)-1], suitetest.Metadata(err)["units"], "names who would be orphaned")
	admin.gone(t, "units/east", "")

	req.Parts[1].Children = append(req.Parts[1].Children, villages[len(villages)-1], villages[0], networktest.OtherTownship)
	_, err = admin.SplitUnit(t.Context(), req)
	last := len(req.Parts[1].Children)
	networktest.Refused(t, err, codes.InvalidArgument, child(1, last-2), child(1, last-1))
	req.Parts[1].Children = req.Parts[1].Children[:last-2]
	answer, err := admin.SplitUnit(t.Context(), req)
	require.NoError(t, err)
	require.Len(t, answer.GetUnits(), 2)
	assert.Equal(t, 3, admin.count(t, "units/east", ""))
	assert.Equal(t, len(villages)-2+1, admin.count(t, "units/west", ""))
	admin.gone(t, networktest.Township, "")
	assert.Equal(t, networktest.Township, admin.on(t, networktest.Village, "2026-11-01").GetParent(), "as it was")
}

func TestC1_DisbandOrphansNoUnit(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	req := &networkv1.DisbandUnitRequest{Name: networktest.Township, Reason: "撤销建制"}
	_, err := admin.DisbandUnit(t.Context(), req)
	networktest.Refused(t, err, codes.FailedPrecondition, "children_to")
	assert.Contains(t, suitetest.Metadata(err)["units"], networktest.Village)
	assert.Contains(t, status.Convert(err).Message(), "沙塘社区居委会")
	req.ChildrenTo = networktest.County
	_, err = admin.DisbandUnit(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, networktest.County, admin.on(t, networktest.Village, "").GetParent())
	admin.gone(t, networktest.Township, "")
	_, err = admin.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: "340503001", Unit: agency(networktest.County)})
	networktest.Refused(t, err, codes.AlreadyExists, "unit_id")
}

func TestC1_PlannedMoveMovesRecordsOnItsDay(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	networktest.SubmitTip(t, s, networktest.OtherTownship, networktest.ValidTip())
	_, err := admin.MoveUnit(t.Context(), &networkv1.MoveUnitRequest{
		Name: networktest.Township, Parent: otherCounty, EffectiveFrom: "2026-11-03", Reason: "区划调整",
	})
	require.NoError(t, err)
	require.Equal(t, 1, tips(t, s, networktest.County))
	require.Zero(t, tips(t, s, otherCounty))
	s.Clock.Advance(24 * time.Hour)
	// any change has the due ones settle first
	_, err = admin.UpdateUnit(t.Context(), renaming(networktest.OtherTownship, "随便", ""))
	require.NoError(t, err)
	require.Zero(t, tips(t, s, networktest.County), "nothing counts twice")
	require.Equal(t, 1, tips(t, s, otherCounty))
	require.Equal(t, 1, tips(t, s, networktest.City))
}

// tips are how many tips a unit's handlers see, and count.
func tips(t *testing.T, s *suitetest.Suite, unit string) int {
	t.Helper()
	client := networkv1.NewTipServiceClient(s.As("handler", unit))
	listed, err := client.ListTips(context.WithoutCancel(t.Context()), &networkv1.ListTipsRequest{Unit: unit})
	require.NoError(t, err)
	counted, err := client.CountTips(t.Context(), &networkv1.CountTipsRequest{Unit: unit, Period: "2026"})
	require.NoError(t, err)
	received := 0
	for _, c := range counted.GetCounts() {
		received += int(c.GetReceived())
	}
	require.Len(t, listed.GetTips(), received)
	return received
}
