package units_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// found are the titles of what a search finds, page by page.
func found(t *testing.T, units networkv1.UnitServiceClient, req *networkv1.SearchUnitsRequest) (titles []string) {
	t.Helper()
	for {
		page, err := units.SearchUnits(t.Context(), req)
		require.NoError(t, err)
		for _, u := range page.GetUnits() {
			assert.Len(t, u.GetAncestorTitles(), len(u.GetAncestors()))
			titles = append(titles, u.GetTitle())
		}
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			return titles
		}
	}
}

func TestX10_UnitsAreSearchedByTitleAndCode(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	units := networkv1.NewUnitServiceClient(s.As("clerk", networktest.City))
	all := every(t, units, &networkv1.ListUnitsRequest{Unit: networktest.City})
	named := func(fits func(*networkv1.Unit) bool) (titles []string) {
		for _, u := range all {
			if fits(u) {
				titles = append(titles, u.GetTitle())
			}
		}
		return titles
	}
	for _, text := range []string{"村", "花山", "社区", "霍里街道", "街道办事处不存在", "马鞍山市"} {
		want := named(func(u *networkv1.Unit) bool { return strings.Contains(u.GetTitle(), text) })
		for _, size := range []int32{1, 7, 200} {
			if size == 1 && len(want) > 40 {
				continue
			}
			got := found(t, units, &networkv1.SearchUnitsRequest{Unit: networktest.City, Query: text, PageSize: size})
			assert.Equal(t, want, got, "%s in pages of %d", text, size)
		}
	}
	code := named(func(u *networkv1.Unit) bool { return strings.HasPrefix(u.GetDivisionCode(), "3405031") })
	assert.ElementsMatch(t, code, found(t, units, &networkv1.SearchUnitsRequest{
		Unit: networktest.City, Query: "3405031", PageSize: 9,
	}))
	within := named(func(u *networkv1.Unit) bool {
		return strings.Contains(u.GetTitle(), "社区") && slices.Contains(u.GetAncestors(), networktest.County)
	})
	assert.Equal(t, within, found(t, units, &networkv1.SearchUnitsRequest{Unit: networktest.County, Query: "社区", PageSize: 20}))
	assert.Equal(t, within, found(t, units, &networkv1.SearchUnitsRequest{
		Unit: networktest.City, Query: "马鞍山 花山区 社区", PageSize: 20,
	}))
}

func TestX10_SearchIsBoundedBySubtreeAndDate(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := networkv1.NewUnitServiceClient(s.As("administrator", networktest.City))
	later := agency(networktest.County)
	later.Level, later.Title, later.EffectiveFrom = typev1.Level_LEVEL_COUNTY, `100%_'\研究 所`, "2026-12-01"
	_, err := admin.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: "institute_1", Unit: later})
	require.NoError(t, err)
	for query, want := range map[string]int{
		`%_'\研究`: 1, `\`: 1, "'": 1, "究": 1, "institute_1": 1, "institute": 0, "研究 所": 1, "_": 1, "100": 1,
	} {
		req := &networkv1.SearchUnitsRequest{Unit: networktest.City, Query: query, AsOf: "2026-12-01"}
		assert.Len(t, found(t, admin, req), want, query)
		req.AsOf = ""
		assert.Empty(t, found(t, admin, req), "%s today", query)
		req.AsOf, req.Unit = "2026-12-01", networktest.Township
		assert.Empty(t, found(t, admin, req), "%s elsewhere", query)
	}
	clerk := networkv1.NewUnitServiceClient(s.As("clerk", networktest.Township))
	_, err = clerk.SearchUnits(t.Context(), &networkv1.SearchUnitsRequest{Unit: networktest.City, Query: "社区"})
	networktest.Refused(t, err, codes.NotFound)
	for _, query := range []string{"", "  ", "\u202e", strings.Repeat("长", 101)} {
		_, err = clerk.SearchUnits(t.Context(), &networkv1.SearchUnitsRequest{Unit: networktest.Township, Query: query})
		networktest.Refused(t, err, codes.InvalidArgument, "query")
	}
	_, err = clerk.SearchUnits(t.Context(), &networkv1.SearchUnitsRequest{
		Unit: networktest.Township, Query: "村", AsOf: "2026-02-30",
	})
	networktest.Refused(t, err, codes.InvalidArgument, "as_of")
}

// TestX10_RareAndCommonTitlesGiveTheSamePages has more units than are looked at one by one.
func TestX10_RareAndCommonTitlesGiveTheSamePages(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := networkv1.NewUnitServiceClient(s.As("administrator", networktest.City))
	for part := range 3 {
		batch := &networkv1.BatchCreateUnitsRequest{}
		for i := range 1000 {
			u := agency(networktest.OtherTownship)
			u.Level, u.Title = typev1.Level_LEVEL_VILLAGE, fmt.Sprintf("观察点%d号", part*1000+i)
			if part == 2 && i%100 == 7 {
				u.Title = fmt.Sprintf("鼋头渚%d", i)
			}
			batch.Requests = append(batch.Requests, &networkv1.CreateUnitRequest{
				UnitId: fmt.Sprintf("z%04d", part*1000+i), Unit: u,
			})
		}
		_, err := admin.BatchCreateUnits(t.Context(), batch)
		require.NoError(t, err)
	}
	assert.Len(t, found(t, admin, &networkv1.SearchUnitsRequest{Unit: networktest.City, Query: "鼋头", PageSize: 3}), 10)
	assert.Len(t, found(t, admin, &networkv1.SearchUnitsRequest{Unit: networktest.City, Query: "鼋"}), 10)
	assert.Len(t, found(t, admin, &networkv1.SearchUnitsRequest{Unit: networktest.City, Query: "观察点", PageSize: 200}), 2990)
	_, err := admin.SearchUnits(t.Context(), &networkv1.SearchUnitsRequest{Unit: networktest.City, Query: "观察点 村"})
	networktest.Refused(t, err, codes.InvalidArgument, "query")
}

func TestX10_UnitsAreFoundByAnySpelling(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := networkv1.NewUnitServiceClient(s.As("administrator", networktest.City))
	for id, title := range map[string]string{"east": "（东区）管委会", "a_zone": "Ａ区 Café 园"} {
		unit := agency(networktest.County)
		unit.Level, unit.Title = typev1.Level_LEVEL_COUNTY, title
		_, err := admin.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: id, Unit: unit})
		require.NoError(t, err)
	}
	for query, want := range map[string]string{
		"(东区)": "（东区）管委会", "（东区）": "（东区）管委会", "a区": "Ａ区 Café 园", "CAFE\u0301": "Ａ区 Café 园", "３４０５０３００１": "沙塘路街道",
		"花山区霍里街道": "霍里街道", "马鞍山市花山区霍里街道": "霍里街道", "花山霍里街道": "霍里街道",
	} {
		got := found(t, admin, &networkv1.SearchUnitsRequest{Unit: networktest.City, Query: query})
		require.NotEmpty(t, got, query)
		assert.Equal(t, want, got[0], query)
	}
	assert.Empty(t, found(t, admin, &networkv1.SearchUnitsRequest{Unit: networktest.City, Query: "花山区并无此街道"}))
	_, err := as(s, "administrator", networktest.City).UpdateUnit(t.Context(), renaming("units/east", "ＷＥＳＴ 区", ""))
	require.NoError(t, err)
	assert.Len(t, found(t, admin, &networkv1.SearchUnitsRequest{Unit: networktest.City, Query: "west"}), 1)
}
