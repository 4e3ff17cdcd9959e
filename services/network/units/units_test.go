package units_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func agency(parent string) *networkv1.Unit {
	return &networkv1.Unit{
		Title: "市商务局", Kind: networkv1.UnitKind_UNIT_KIND_MONITORING_POINT, Level: typev1.Level_LEVEL_CITY, Parent: parent,
	}
}

// called gives a unit a title that no other has.
func called(title string, u *networkv1.Unit) *networkv1.Unit {
	u.Title = title
	return u
}

func TestC1_UnitsAreCreatedBesideAndBelow(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	units := networkv1.NewUnitServiceClient(s.As("administrator", networktest.City))

	created, err := units.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
		UnitId: "commerce", Unit: agency(networktest.City),
	})
	require.NoError(t, err)
	assert.Equal(t, "340500", created.GetRegion(), "an agency's records are kept with its parent's")
	read, err := units.GetUnit(t.Context(), &networkv1.GetUnitRequest{Name: "units/commerce"})
	require.NoError(t, err)
	assert.True(t, proto.Equal(read, created), "the answer is the unit as it is read, its etag included")
	below := agency("units/commerce")
	below.SystemParent = networktest.Township
	child, err := units.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: "commerce_office", Unit: below})
	require.NoError(t, err)
	assert.Equal(t, []string{networktest.City, "units/commerce"}, child.GetAncestors())

	listed, err := units.ListUnits(t.Context(), &networkv1.ListUnitsRequest{Unit: "units/commerce"})
	require.NoError(t, err)
	assert.Len(t, listed.GetUnits(), 2)
}

func TestC1_UnitsAreReadAsOfADate(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	units := networkv1.NewUnitServiceClient(s.As("administrator", networktest.City))
	later := agency(networktest.City)
	later.EffectiveFrom = "2026-12-01"
	_, err := units.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: "commerce", Unit: later})
	require.NoError(t, err)

	_, err = units.GetUnit(t.Context(), &networkv1.GetUnitRequest{Name: "units/commerce"})
	networktest.Refused(t, err, codes.NotFound)
	_, err = units.GetUnit(t.Context(), &networkv1.GetUnitRequest{Name: "units/commerce", AsOf: "2026-12-01"})
	require.NoError(t, err)
	_, err = units.ListUnits(t.Context(), &networkv1.ListUnitsRequest{Unit: networktest.City, AsOf: "2020-01-01"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "UNIT_TO_COME")
}

func TestC2_UnitsAreCreatedByDelegation(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk := networkv1.NewUnitServiceClient(s.As("clerk", networktest.Township))
	group := &networkv1.Unit{
		Title: "第一组", Kind: networkv1.UnitKind_UNIT_KIND_COLLECTION_POINT, Level: typev1.Level_LEVEL_VILLAGE,
		Parent: networktest.Village,
	}
	_, err := clerk.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: "group1", Unit: group})
	require.NoError(t, err, "a township builds below itself")
	group.Parent = networktest.OtherTownship
	_, err = clerk.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: "group2", Unit: group})
	networktest.Refused(t, err, codes.NotFound)
}

//nolint:paralleltest,tparallel // the cases share one suite, whose end state is checked
func TestFaultyUnitsAreRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	units := networkv1.NewUnitServiceClient(s.As("administrator", networktest.City))
	good := func() *networkv1.CreateUnitRequest {
		return &networkv1.CreateUnitRequest{UnitId: "340503999", Unit: &networkv1.Unit{
			Title: "新街道", Kind: networkv1.UnitKind_UNIT_KIND_REPORTING_POINT, Level: typev1.Level_LEVEL_TOWNSHIP,
			Parent: networktest.County, DivisionCode: "340503999",
		}}
	}
	for name, c := range map[string]struct {
		spoil func(*networkv1.CreateUnitRequest)
		code  codes.Code
		named []string
	}{
		"unknown parent": {
			func(r *networkv1.CreateUnitRequest) { r.Unit.Parent = "units/999999" }, codes.InvalidArgument,
			[]string{"unit.parent"},
		},
		"a second root": {
			func(r *networkv1.CreateUnitRequest) { r.Unit.Parent = "" }, codes.FailedPrecondition,
			[]string{"unit.parent"},
		},
		"an id that was given": {
			func(r *networkv1.CreateUnitRequest) { r.UnitId = "340503" }, codes.AlreadyExists,
			[]string{"unit_id"},
		},
		"a malformed id": {
			func(r *networkv1.CreateUnitRequest) { r.UnitId = "A b" }, codes.InvalidArgument,
			[]string{"unit_id"},
		},
		"a code of another": {
			func(r *networkv1.CreateUnitRequest) { r.Unit.DivisionCode = "340504999" },
			codes.InvalidArgument,
			[]string{"unit.division_code"},
		},
		"a code too short": {
			func(r *networkv1.CreateUnitRequest) { r.Unit.DivisionCode = "340503" }, codes.InvalidArgument,
			[]string{"unit.division_code"},
		},
		"a code of letters": {
			func(r *networkv1.CreateUnitRequest) { r.Unit.DivisionCode = "34050x" }, codes.InvalidArgument,
			[]string{"unit.division_code"},
		},
		"a code of another's": {
			func(r *networkv1.CreateUnitRequest) { r.Unit.DivisionCode = "340503001" },
			codes.InvalidArgument,
			[]string{"unit.division_code"},
		},
		"an invisible title": {
			func(r *networkv1.CreateUnitRequest) { r.Unit.Title = "街\u202e道" }, codes.InvalidArgument,
			[]string{"unit.title"},
		},
		"a level above": {
			func(r *networkv1.CreateUnitRequest) { r.Unit.Level, r.Unit.DivisionCode = 2, "" },
			codes.InvalidArgument,
			[]string{"unit.level"},
		},
		"a date that is none": {
			func(r *networkv1.CreateUnitRequest) { r.Unit.EffectiveFrom = "2026-02-30" },
			codes.InvalidArgument,
			[]string{"unit.effective_from"},
		},
		"before its parent": {
			func(r *networkv1.CreateUnitRequest) { r.Unit.EffectiveFrom = "1999-01-01" },
			codes.InvalidArgument,
			[]string{"unit.effective_from"},
		},
		"nothing but blanks": {
			func(r *networkv1.CreateUnitRequest) { r.Unit.Title = " \u3000 " }, codes.InvalidArgument,
			[]string{"unit.title"},
		},
		"a system parent unset": {
			func(r *networkv1.CreateUnitRequest) { r.Unit.SystemParent = "units/none" },
			codes.InvalidArgument,
			[]string{"unit.system_parent"},
		},
		"no kind and no title": {
			func(r *networkv1.CreateUnitRequest) { r.Unit.Kind, r.Unit.Title = 0, "" },
			codes.InvalidArgument,
			[]string{"unit.kind", "unit.title"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			req := good()
			c.spoil(req)
			_, err := units.CreateUnit(t.Context(), req)
			networktest.Refused(t, err, c.code, c.named...)
		})
	}
	_, err := units.CreateUnit(t.Context(), good())
	require.NoError(t, err, "nothing of the refused ones was stored")
}

func TestFaultyBatchNamesEveryRowAndStoresNone(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	units := networkv1.NewUnitServiceClient(s.As("administrator", networktest.City))
	batch := &networkv1.BatchCreateUnitsRequest{}
	for i := range 4 {
		u := agency(networktest.City)
		if i%2 == 1 {
			u.DivisionCode = fmt.Sprintf("99999%d", i)
		}
		batch.Requests = append(batch.Requests, &networkv1.CreateUnitRequest{UnitId: fmt.Sprintf("agency%d", i), Unit: u})
	}
	_, err := units.BatchCreateUnits(t.Context(), batch)
	networktest.Refused(t, err, codes.InvalidArgument, "requests[1].unit.division_code", "requests[3].unit.division_code")
	_, err = units.GetUnit(t.Context(), &networkv1.GetUnitRequest{Name: "units/agency0"})
	networktest.Refused(t, err, codes.NotFound)
}

func TestTooDeepTreeIsRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	units, chain := networkv1.NewUnitServiceClient(s.As("administrator", networktest.City)), &networkv1.BatchCreateUnitsRequest{}
	parent := networktest.City
	for i := range 999 {
		id := fmt.Sprintf("deep%d", i)
		chain.Requests = append(chain.Requests, &networkv1.CreateUnitRequest{UnitId: id, Unit: agency(parent)})
		parent = "units/" + id
	}
	_, err := units.BatchCreateUnits(t.Context(), chain)
	networktest.Refused(t, err, codes.InvalidArgument)
	assert.Equal(t, "requests[15].unit.parent", networktest.Fields(t, err)[0])
	chain.Requests = chain.GetRequests()[:15]
	_, err = units.BatchCreateUnits(t.Context(), chain)
	require.NoError(t, err)
}

func TestUnitListsRefuseForeignPageTokens(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	units, seen := networkv1.NewUnitServiceClient(s.As("administrator", networktest.City)), map[string]bool{}
	req := &networkv1.ListUnitsRequest{Unit: networktest.County, PageSize: 7, Levels: []typev1.Level{typev1.Level_LEVEL_VILLAGE}}
	for {
		page, err := units.ListUnits(t.Context(), req)
		require.NoError(t, err)
		for _, u := range page.GetUnits() {
			require.False(t, seen[u.GetName()], "%s stands twice", u.GetName())
			require.Equal(t, typev1.Level_LEVEL_VILLAGE, u.GetLevel())
			seen[u.GetName()] = true
		}
		if page.GetNextPageToken() == "" {
			break
		}
		req.PageToken = page.GetNextPageToken()
	}
	assert.Greater(t, len(seen), 50)
	req.Unit = networktest.City
	_, err := units.ListUnits(t.Context(), req)
	networktest.Refused(t, err, codes.InvalidArgument, "page_token")
}

// TestNewUnitsCountNoRevision holds new units to changing nothing that was looked up, whatever they are given at once.
func TestNewUnitsCountNoRevision(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	conn := networktest.Database(t, s)
	revision := func() []string {
		return networktest.QueryTexts(t, conn, "SELECT revision::text FROM network.tree_revision")
	}
	before := revision()
	created, err := as(s, access.Administrator, networktest.City).CreateUnit(t.Context(), &networkv1.CreateUnitRequest{
		UnitId: "office", Unit: &networkv1.Unit{
			Title: "新站", Kind: networkv1.UnitKind_UNIT_KIND_COLLECTION_POINT, Level: 5, Parent: networktest.Township,
			LeaderInCharge: "副局长",
		},
	})
	require.NoError(t, err)
	assert.Equal(t, "副局长", created.GetLeaderInCharge())
	assert.Equal(t, before, revision())
}
