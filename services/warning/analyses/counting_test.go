package analyses

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
)

func tree() []*networkv1.Unit {
	return []*networkv1.Unit{
		{Name: "units/city", Level: typev1.Level_LEVEL_CITY},
		{Name: "units/county", Level: typev1.Level_LEVEL_COUNTY, Ancestors: []string{"units/city"}},
		{Name: "units/town", Level: typev1.Level_LEVEL_TOWNSHIP, Ancestors: []string{"units/city", "units/county"}},
		{
			Name: "units/village", Level: typev1.Level_LEVEL_VILLAGE,
			Ancestors: []string{"units/city", "units/county", "units/town"},
		},
	}
}

func TestTipsCountForTheNearestUnitOfAFindingLevel(t *testing.T) {
	t.Parallel()
	places := map[string]string{}
	for _, page := range [][]*networkv1.Unit{tree()[:3], tree()[3:]} {
		assignCountingUnits(places, page, []typev1.Level{typev1.Level_LEVEL_COUNTY, typev1.Level_LEVEL_TOWNSHIP})
	}
	assert.Equal(t, map[string]string{
		"units/county": "units/county", "units/town": "units/town", "units/village": "units/town",
	}, places)
	below := map[string]string{}
	assignCountingUnits(below, tree()[3:], []typev1.Level{typev1.Level_LEVEL_COUNTY})
	assert.Empty(t, below, "a unit above the analysing one is not found about")
}

func TestCountsAddUpByUnitAndArea(t *testing.T) {
	t.Parallel()
	places := map[string]string{}
	assignCountingUnits(places, tree(), []typev1.Level{typev1.Level_LEVEL_TOWNSHIP})
	counts := sumByUnitAndArea(places,
		[]*networkv1.TipCount{
			{Unit: "units/town", SubjectArea: "funds", Received: 5, Returned: 2, Unfounded: 1, Urgent: 1},
			{Unit: "units/village", SubjectArea: "funds", Received: 3, Urgent: 1},
			{Unit: "units/village", SubjectArea: "ethics", Received: 3, Unfounded: 2, Urgent: 1},
			{Unit: "units/elsewhere", SubjectArea: "ethics", Received: 9},
		},
		[]*networkv1.TipCount{{Unit: "units/village", SubjectArea: "style", Received: 7, Returned: 2, Unfounded: 1}},
	)
	require.Len(t, counts, 3)
	assert.Equal(t, []int64{1, 0, 1}, numbers(counts[0]), "neither those returned nor those found unfounded")
	assert.Equal(t, []int64{5, 0, 2}, numbers(counts[1]))
	assert.Equal(t, []int64{0, 4, 0}, numbers(counts[2]))
}

func numbers(c *warningv1.AreaCount) []int64 {
	return []int64{c.GetTips(), c.GetPrevious(), c.GetUrgent()}
}

// ladder is a scheme of three warning levels; the last comes only by hand or by delay.
var ladder = &warningv1.Scheme{WarningLevels: []*warningv1.WarningLevel{
	{Id: "blue", Criterion: "tips >= 3"}, {Id: "yellow", Criterion: "tips >= 5"}, {Id: "red"},
}}

func TestFindingHasTheHighestWarningLevelMet(t *testing.T) {
	t.Parallel()
	analysis := &warningv1.Analysis{Counts: []*warningv1.AreaCount{
		{Unit: "units/a", SubjectArea: "funds", Tips: 3},
		{Unit: "units/b", SubjectArea: "funds", Tips: 4},
		{Unit: "units/c", SubjectArea: "funds", Tips: 6},
		{Unit: "units/d", SubjectArea: "funds", Tips: 1},
	}}
	require.NoError(t, findFindings(ladder, analysis))
	findings := analysis.GetFindings()
	require.Len(t, findings, 3)
	for i, want := range []struct{ id, level string }{{"c-funds", "yellow"}, {"b-funds", "blue"}, {"a-funds", "blue"}} {
		assert.Equal(t, want.id, findings[i].GetId())
		assert.Equal(t, want.level, findings[i].GetWarningLevel())
	}
}
