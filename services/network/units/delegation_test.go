package units_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// unit is a unit to create, of the level and kind that a delegation asks about.
func unit(parent string, kind networkv1.UnitKind, level typev1.Level) *networkv1.Unit {
	return &networkv1.Unit{Title: "站点", Kind: kind, Level: level, Parent: parent}
}

const (
	reporting  = networkv1.UnitKind_UNIT_KIND_REPORTING_POINT
	monitoring = networkv1.UnitKind_UNIT_KIND_MONITORING_POINT
	collection = networkv1.UnitKind_UNIT_KIND_COLLECTION_POINT
	village    = typev1.Level_LEVEL_VILLAGE
)

//nolint:paralleltest,tparallel // the cases share one suite
func TestC2_UnitCreatesOnlyWhatIsDelegated(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	centre := as(s, "handler", networktest.City)
	_, err := centre.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: "bureau", Unit: agency(networktest.City)})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		by, id string
		unit   *networkv1.Unit
		reason string
	}{
		"a township a group": {
			networktest.Township, "group1", unit(networktest.Village, collection, village),
			"",
		},
		"an agency a subordinate": {
			"units/bureau", "branch",
			unit("units/bureau", monitoring, typev1.Level_LEVEL_COUNTY), "",
		},
		"a county no township": {
			networktest.County, "town",
			unit(networktest.County, reporting, typev1.Level_LEVEL_TOWNSHIP), "NOT_DELEGATED",
		},
		"a township no agency": {
			networktest.Township, "station",
			unit(networktest.Township, monitoring, typev1.Level_LEVEL_TOWNSHIP), "NOT_DELEGATED",
		},
		"a township no village elsewhere": {
			networktest.Township, "group2",
			unit(networktest.OtherTownship, collection, village), "NOT_FOUND",
		},
		"a village nothing, though in reach": {
			networktest.Village, "group3", unit(networktest.Village, collection, village),
			"NOT_DELEGATED",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := as(s, "clerk", c.by).CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: c.id, Unit: c.unit})
			assert.Equal(t, c.reason, suitetest.Reason(err), "%v", err)
		})
	}
	township := as(s, "clerk", networktest.Township)
	_, err = township.UpdateUnit(t.Context(), renaming(networktest.Village, "新村", ""))
	require.NoError(t, err, "a township renames its villages")
	promotion := &networkv1.UpdateUnitRequest{
		Unit: &networkv1.Unit{Name: networktest.Village, Kind: monitoring}, UpdateMask: enumMask("kind"), Reason: "升格",
	}
	_, err = township.UpdateUnit(t.Context(), promotion)
	assert.Equal(t, "NOT_DELEGATED", suitetest.Reason(err), "but makes nothing else of them")
	_, err = centre.UpdateUnit(t.Context(), promotion)
	require.NoError(t, err)
	promotion.Unit.Kind = collection
	_, err = centre.UpdateUnit(t.Context(), promotion)
	require.NoError(t, err)
	_, err = township.DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{
		Name: networktest.Village, EffectiveFrom: "2027-01-01", ChildrenTo: networktest.Township, Reason: "并村",
	})
	require.NoError(t, err, "and disbands them")
	_, err = township.DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{
		Name: networktest.Township, ChildrenTo: networktest.County, Reason: "撤己",
	})
	assert.Equal(t, "NOT_DELEGATED", suitetest.Reason(err), "but not itself")
	_, err = as(s, "clerk", networktest.County).MoveUnit(t.Context(), moving(networktest.Township, "units/340503002", ""))
	assert.Equal(t, "NOT_DELEGATED", suitetest.Reason(err))
	_, err = as(s, "reviewer", networktest.City).MoveUnit(t.Context(), moving(networktest.Township, otherCounty, ""))
	networktest.Refused(t, err, codes.PermissionDenied)
}

func TestH1_V1_PointsOfThreeSortsCoverAnInstitution(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	add := func(id, parent, sort string) error {
		u := agency(parent)
		u.Sort, u.LeaderInCharge = sort, "分管领导"
		_, err := admin.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: id, Unit: u})
		return err
	}
	require.NoError(t, add("health", networktest.City, "lower_bureau"))
	require.NoError(t, add("hospital", "units/health", "affiliated"))
	require.NoError(t, add("surgery", "units/hospital", "department"))
	require.NoError(t, add("theatre_post", "units/surgery", ""))
	networktest.Refused(t, add("bad", "units/health", "friends"), codes.InvalidArgument, "unit.sort")

	listed, err := admin.ListUnits(t.Context(), &networkv1.ListUnitsRequest{
		Unit: "units/health", Sorts: []string{"affiliated", "department"},
	})
	require.NoError(t, err)
	require.Len(t, listed.GetUnits(), 2)
	assert.Equal(t, "分管领导", listed.GetUnits()[0].GetLeaderInCharge())
	change := &networkv1.UpdateUnitRequest{
		Unit: &networkv1.Unit{Name: "units/surgery", Sort: "friends"}, UpdateMask: enumMask("sort", "colour"), Reason: "改",
	}
	_, err = admin.UpdateUnit(t.Context(), change)
	networktest.Refused(t, err, codes.InvalidArgument, "unit.sort", "update_mask")
	change.Unit.Sort, change.UpdateMask = "affiliated", enumMask("sort")
	_, err = admin.UpdateUnit(t.Context(), change)
	require.NoError(t, err)
	assert.Equal(t, "affiliated", admin.on(t, "units/surgery", "").GetSort())
}

// gaps are the coverage gaps of a subtree by unit and rule, with the unit's title; read in small pages.
func gaps(t *testing.T, c office, unit, rule string) map[string]string {
	t.Helper()
	found, req := map[string]string{}, &networkv1.ListCoverageGapsRequest{Unit: unit, Rule: rule, PageSize: 5}
	for {
		answer, err := c.ListCoverageGaps(t.Context(), req)
		require.NoError(t, err)
		for _, g := range answer.GetGaps() {
			require.NotContains(t, found, g.GetUnit()+" "+g.GetRule())
			require.NotEmpty(t, g.GetTitle().GetZh())
			found[g.GetUnit()+" "+g.GetRule()] = g.GetUnitTitle()
		}
		if req.PageToken = answer.GetNextPageToken(); req.GetPageToken() == "" {
			return found
		}
	}
}

func TestC2_CoverageGapsAreListed(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	before := gaps(t, admin, networktest.Township, "")
	for _, gap := range []string{
		networktest.Village + " village_officer", networktest.Village + " village_point", networktest.Village + " first_responsible",
		networktest.Township + " village_point", networktest.Township + " first_responsible",
	} {
		require.Contains(t, before, gap, "the import alone fills nothing")
	}
	officers := networkv1.NewOfficerServiceClient(s.As("clerk", networktest.Township))
	officer := networktest.Officer(networktest.Township, networktest.Village, networkv1.OfficerType_OFFICER_TYPE_REGULAR)
	officer.TermTo = "2026-12-31"
	_, err := officers.AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: officer})
	require.NoError(t, err)
	_, err = admin.UpdateUnit(t.Context(), &networkv1.UpdateUnitRequest{
		Unit: &networkv1.Unit{Name: networktest.Township, FirstResponsible: "书记"}, UpdateMask: enumMask("first_responsible"),
		Reason: "明确",
	})
	require.NoError(t, err)
	after := gaps(t, admin, networktest.Township, "")
	assert.Len(t, after, len(before)-4)
	assert.NotContains(t, after, networktest.Village+" village_officer")
	assert.NotContains(t, after, networktest.Village+" village_point")
	assert.NotContains(t, after, networktest.Township+" village_point")
	assert.Len(t, gaps(t, admin, networktest.City, "village_officer"), 567-1)

	_, err = admin.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
		UnitId: "bare", Unit: unit(networktest.County, reporting, typev1.Level_LEVEL_TOWNSHIP),
	})
	require.NoError(t, err)
	assert.Equal(t, "站点", gaps(t, admin, networktest.City, "village_point")["units/bare village_point"])
	_, err = admin.ListCoverageGaps(t.Context(), &networkv1.ListCoverageGapsRequest{Unit: networktest.City, Rule: "none"})
	networktest.Refused(t, err, codes.InvalidArgument, "rule")
}

// No delegation is about the topmost unit: nobody who is shown gaps could close this one, so that it is none.
func TestC7_AnAdministratorNamesWhoIsResponsibleAtTheTop(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	gap := networktest.City + " first_responsible"
	named := &networkv1.UpdateUnitRequest{
		Unit: &networkv1.Unit{Name: networktest.City, FirstResponsible: "书记"}, UpdateMask: enumMask("first_responsible"), Reason: "明确责任",
	}
	assert.NotContains(t, gaps(t, as(s, "handler", networktest.City), networktest.City, "first_responsible"), gap)
	_, err := as(s, "handler", networktest.City).UpdateUnit(t.Context(), named)
	assert.Equal(t, "NOT_DELEGATED", suitetest.Reason(err))
	require.ErrorContains(t, err, "无（由管理员办理）")
	_, err = as(s, "administrator", networktest.City).UpdateUnit(t.Context(), named)
	require.NoError(t, err)
}

func TestC7_AgenciesAndVillagesNameWhoIsResponsible(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	centre := as(s, "handler", networktest.City)
	_, err := centre.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: "bureau", Unit: agency(networktest.City)})
	require.NoError(t, err)
	for name, by := range map[string]office{
		"units/bureau": centre, networktest.Village: as(s, "clerk", networktest.Township),
	} {
		for _, rule := range []string{"responsible_office", "first_responsible"} {
			require.Contains(t, gaps(t, centre, name, rule), name+" "+rule)
			_, err := by.UpdateUnit(t.Context(), &networkv1.UpdateUnitRequest{
				Unit:       &networkv1.Unit{Name: name, ResponsibleOffice: "纪检组", FirstResponsible: "纪检委员"},
				UpdateMask: enumMask(rule), Reason: "明确责任",
			})
			require.NoError(t, err)
			assert.NotContains(t, gaps(t, centre, name, rule), name+" "+rule)
		}
	}
	assert.NotContains(t, gaps(t, centre, networktest.Village, ""), networktest.Village+" village_point", "its member collects")
}

func TestC2_GapsFollowTheSchemeOfEachUnit(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	schemes := networkv1.NewSchemeServiceClient(s.As("administrator", networktest.City))
	of, err := schemes.GetEffectiveScheme(t.Context(), &networkv1.GetEffectiveSchemeRequest{Unit: networktest.City})
	require.NoError(t, err)
	own := proto.CloneOf(of)
	own.Name, own.Unit, own.EffectiveFrom = "schemes/county", networktest.County, "2026-11-01"
	own.CoverageRules = []*networkv1.CoverageRule{{
		Id: "led", Title: &typev1.Text{Zh: "没有分管领导", En: "Led by nobody"}, UnitLevels: []typev1.Level{typev1.Level_LEVEL_TOWNSHIP},
		Need: networkv1.CoverageNeed_COVERAGE_NEED_LEADER_IN_CHARGE,
	}}
	_, err = schemes.CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: own})
	require.NoError(t, err)

	under := gaps(t, admin, networktest.County, "")
	all := gaps(t, admin, networktest.City, "")
	require.Contains(t, under, networktest.Township+" led")
	for gap := range under {
		assert.True(t, strings.HasSuffix(gap, " led"), gap)
		assert.Contains(t, all, gap)
	}
	assert.Contains(t, all, otherCounty+" first_responsible")
	assert.NotContains(t, all, otherCounty+" led")
	assert.Len(t, gaps(t, admin, networktest.City, "led"), len(under))
}
