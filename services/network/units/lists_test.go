package units_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"pgregory.net/rapid"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// every lists all pages.
func every(t require.TestingT, units networkv1.UnitServiceClient, req *networkv1.ListUnitsRequest) (all []*networkv1.Unit) {
	for {
		page, err := units.ListUnits(ctxOf(t), req)
		require.NoError(t, err)
		all = append(all, page.GetUnits()...)
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			return all
		}
	}
}

func resourceNames(units []*networkv1.Unit) []string {
	list := []string{}
	for _, u := range units {
		list = append(list, u.GetName())
	}
	return list
}

// drawTree draws a tree below the city, whose ids begin with those of others, and plants it.
func drawTree(t *rapid.T, units networkv1.UnitServiceClient, run int) []*networkv1.CreateUnitRequest {
	tails := rapid.SliceOfNDistinct(rapid.StringMatching(`[0a_z]{1,3}`), 2, 25, rapid.ID[string]).Draw(t, "ids")
	top := fmt.Sprintf("run%d_", run)
	created := []*networkv1.CreateUnitRequest{{UnitId: top, Unit: called(top, agency(networktest.City))}}
	created[0].Unit.EffectiveFrom = "2023-06-30"
	for _, tail := range tails {
		parent := created[rapid.IntRange(0, len(created)-1).Draw(t, "parent")]
		u := called(tail, agency("units/"+parent.GetUnitId()))
		u.Level = typev1.Level(rapid.IntRange(int(parent.GetUnit().GetLevel()), 5).Draw(t, "level"))
		u.Kind = networkv1.UnitKind(rapid.IntRange(1, 4).Draw(t, "kind"))
		u.EffectiveFrom = max(rapid.SampledFrom([]string{"2023-06-30", "2026-11-02", "2026-12-01"}).Draw(t, "from"),
			parent.GetUnit().GetEffectiveFrom())
		created = append(created, &networkv1.CreateUnitRequest{UnitId: top + tail, Unit: u})
	}
	_, err := units.BatchCreateUnits(ctxOf(t), &networkv1.BatchCreateUnitsRequest{Requests: created})
	require.NoError(t, err)
	return created
}

// modelOf lists a subtree of a drawn tree as the API is to.
func modelOf(created []*networkv1.CreateUnitRequest, req *networkv1.ListUnitsRequest) []string {
	paths := map[string][]string{}
	var rows [][]string
	for _, m := range created {
		path := append(slices.Clone(paths[m.GetUnit().GetParent()]), "units/"+m.GetUnitId())
		paths["units/"+m.GetUnitId()] = path
		at, u := slices.Index(path, req.GetUnit()), m.GetUnit()
		inside := at >= 0 && (!req.GetChildrenOnly() || at == len(path)-2)
		fits := (len(req.GetLevels()) == 0 || slices.Contains(req.GetLevels(), u.GetLevel())) &&
			(len(req.GetKinds()) == 0 || slices.Contains(req.GetKinds(), u.GetKind()))
		if inside && fits && u.GetEffectiveFrom() <= req.GetAsOf() {
			rows = append(rows, path)
		}
	}
	slices.SortFunc(rows, slices.Compare)
	list := []string{}
	for _, path := range rows {
		list = append(list, path[len(path)-1])
	}
	return list
}

func TestC1_UnitsAreListedInTreeOrder(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	units := networkv1.NewUnitServiceClient(s.As("administrator", networktest.City))
	run := 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		created := drawTree(t, units, run)
		for range 8 {
			date := rapid.SampledFrom([]string{"2023-06-30", "2026-11-02", "2027-01-01"}).Draw(t, "as of")
			top := created[rapid.IntRange(0, len(created)-1).Draw(t, "top")]
			if top.GetUnit().GetEffectiveFrom() > min(date, "2026-11-02") {
				continue // who is not there today is reached by nobody
			}
			req := &networkv1.ListUnitsRequest{
				Unit: "units/" + top.GetUnitId(), AsOf: date, PageSize: rapid.Int32Range(1, 30).Draw(t, "page size"),
				ChildrenOnly: rapid.Bool().Draw(t, "children only"),
				Levels: rapid.SliceOfN(rapid.Map(rapid.IntRange(1, 5), func(i int) typev1.Level { return typev1.Level(i) }),
					0, 3).Draw(t, "levels"),
				Kinds: rapid.SliceOfN(rapid.Map(rapid.IntRange(1, 4), func(i int) networkv1.UnitKind {
					return networkv1.UnitKind(i)
				}), 0, 2).Draw(t, "kinds"),
			}
			require.Equal(t, modelOf(created, req), resourceNames(every(t, units, req)))
		}
	})
}

func TestC1_TheUnitsDirectlyBelowAreListed(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	units := networkv1.NewUnitServiceClient(s.As("clerk", networktest.City))
	all := every(t, units, &networkv1.ListUnitsRequest{Unit: networktest.City, PageSize: 1000})
	children := every(t, units, &networkv1.ListUnitsRequest{Unit: networktest.County, ChildrenOnly: true, PageSize: 3})
	assert.NotEmpty(t, children)
	var want []string
	for _, u := range all {
		if u.GetParent() == networktest.County {
			want = append(want, u.GetName())
		}
	}
	assert.Equal(t, want, resourceNames(children))
}

func TestX10_UnitsAreReadInABatchWithAncestors(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	units := networkv1.NewUnitServiceClient(s.As("clerk", networktest.Township))
	got, err := units.BatchGetUnits(t.Context(), &networkv1.BatchGetUnitsRequest{
		Names: []string{networktest.Village, "units/none", networktest.County},
	})
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{networktest.County, networktest.Village}, resourceNames(got.GetUnits()),
		"who is not there is left out")
	village, err := units.GetUnit(t.Context(), &networkv1.GetUnitRequest{Name: networktest.Village})
	require.NoError(t, err)
	assert.Equal(t, "马鞍山市/花山区", strings.Join(village.GetAncestorTitles()[:2], "/"))
	assert.Len(t, village.GetAncestorTitles(), len(village.GetAncestors()))
}

// ctxOf is the context of a test, whichever sort it is.
func ctxOf(t require.TestingT) context.Context {
	if test, ok := t.(interface{ Context() context.Context }); ok {
		return test.Context()
	}
	return context.Background()
}

func TestC2_SystemLineIsListed(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", networktest.City)
	found := func(id, parent, system string) {
		u := unit(parent, monitoring, typev1.Level_LEVEL_TOWNSHIP)
		u.SystemParent, u.Title = system, id
		_, err := admin.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: id, Unit: u})
		require.NoError(t, err)
	}
	found("bureau", networktest.City, "")
	found("branch_a", networktest.County, "units/bureau")
	found("branch_b", otherCounty, "units/bureau")
	found("post", networktest.OtherTownship, "units/branch_a")
	found("alone", otherCounty, "")
	off := moving("units/branch_b", "", "2026-12-01")
	off.OffSystemLine = true
	_, err := admin.MoveUnit(t.Context(), off)
	require.NoError(t, err)

	list := func(req *networkv1.ListUnitsRequest) (names []string) {
		req.Unit, req.Line, req.PageSize = "units/bureau", networkv1.UnitLine_UNIT_LINE_SYSTEM, 1
		for more := true; more; more = req.GetPageToken() != "" {
			answer, err := as(s, "clerk", "units/bureau").ListUnits(t.Context(), req)
			require.NoError(t, err)
			for _, u := range answer.GetUnits() {
				names = append(names, u.GetName())
			}
			req.PageToken = answer.GetNextPageToken()
		}
		return names
	}
	assert.Equal(t, []string{"units/branch_a", "units/post", "units/branch_b", "units/bureau"},
		list(&networkv1.ListUnitsRequest{}), "in tree order")
	assert.Equal(t, []string{"units/branch_a", "units/branch_b"}, list(&networkv1.ListUnitsRequest{ChildrenOnly: true}))
	assert.Equal(t, []string{"units/branch_a", "units/post", "units/bureau"},
		list(&networkv1.ListUnitsRequest{AsOf: "2026-12-01"}))
	_, err = as(s, "clerk", networktest.Township).ListUnits(t.Context(), &networkv1.ListUnitsRequest{
		Unit: "units/bureau", Line: networkv1.UnitLine_UNIT_LINE_SYSTEM,
	})
	networktest.Refused(t, err, codes.NotFound)
}
