package analyses

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/warning/criteria"
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

func placesOf(levels ...typev1.Level) *places {
	p := &places{levels: levels, at: map[string]string{}, levelled: map[string]bool{}}
	for _, u := range tree() {
		p.add(u)
	}
	return p
}

func TestTipsCountForTheNearestUnitOfAFindingLevel(t *testing.T) {
	t.Parallel()
	assert.Equal(t, map[string]string{
		"units/city": "units/city", "units/county": "units/county", "units/town": "units/town", "units/village": "units/town",
	}, placesOf(typev1.Level_LEVEL_COUNTY, typev1.Level_LEVEL_TOWNSHIP).at)
	assert.Equal(t, map[string]string{
		"units/city": "units/city", "units/county": "units/county", "units/town": "units/town", "units/village": "units/village",
	}, placesOf(typev1.Level_LEVEL_VILLAGE).at, "what lies below none counts for itself")
}

func TestSeriesAddUpByUnitAreaMonthAndChannel(t *testing.T) {
	t.Parallel()
	quarter, err := calendar.ParsePeriod("2026-Q4")
	require.NoError(t, err)
	s := newSums(quarter, 0)
	assert.Equal(t, "2026-01", s.from())
	for _, c := range []*networkv1.TipSeriesCell{
		{Unit: "town", SubjectArea: "funds", Month: "2026-10", Channel: "web", Received: 5, Returned: 2, Unfounded: 1, Urgent: 1},
		{Unit: "town", SubjectArea: "funds", Month: "2026-12", Channel: "letter", Received: 3, Urgent: 1},
		{Unit: "town", SubjectArea: "funds", Month: "2026-12", Channel: "web", Received: 3, Unfounded: 2, Urgent: 1},
		{Unit: "town", SubjectArea: "style", Month: "2026-09", Channel: "web", Received: 7, Returned: 2, Unfounded: 1},
		{Unit: "town", SubjectArea: "style", Month: "2026-02", Channel: "web", Received: 1},
		{Unit: "city", SubjectArea: "style", Month: "2026-12", Channel: "web", Received: 4, Returned: 4},
	} {
		require.NoError(t, s.add(c.GetUnit(), c))
	}
	counts := s.list()
	require.Len(t, counts, 2, "what gives no cause makes no count")
	assert.Equal(t, []int64{6, 0, 3}, numbers(counts[0]))
	assert.Equal(t, []int64{0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 4}, counts[0].GetMonths())
	assert.Equal(t, []int64{0, 4, 0}, numbers(counts[1]))
	assert.Equal(t, []int64{0, 1, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0}, counts[1].GetMonths())
	assert.EqualValues(t, 6, s.tips)
	assert.Equal(t, map[string]int64{"web": 3, "letter": 3}, s.channels)
	assert.EqualValues(t, 10, s.months[11].GetReceived(), "a month holds what is returned and unfounded too")
	assert.EqualValues(t, 4, s.months[11].GetReturned())

	year, err := calendar.ParsePeriod("2026")
	require.NoError(t, err)
	assert.Equal(t, "2025-01", newSums(year, 0).from(), "the year before is counted beside")
}

// Months before the first tip of all are no past, and what is too short or holds too little is said to be.
func TestX4_ASeriesThatCantBeTestedIsSaidToBe(t *testing.T) {
	t.Parallel()
	november, err := calendar.ParsePeriod("2026-11")
	require.NoError(t, err)
	s := newSums(november, 60)
	for _, c := range []*networkv1.TipSeriesCell{
		{Unit: "units/town", SubjectArea: "funds", Month: "2026-05", Received: 4},
		{Unit: "units/town", SubjectArea: "funds", Month: "2026-11", Received: 4},
		{Unit: "units/town", SubjectArea: "style", Month: "2026-11", Received: 2},
	} {
		require.NoError(t, s.add(c.GetUnit(), c))
	}
	counts, tips := s.series(s.list()[0], 60)
	assert.Equal(t, []float64{4, 0, 0, 0, 0, 0, 4}, counts)
	assert.EqualValues(t, 8, tips)
	class := &warningv1.FindingClass{
		Id: "tending", Kind: trend, Months: 60, FalseDiscoveryRate: 0.1, LeastTips: 3,
	}
	p := placesOf(typev1.Level_LEVEL_TOWNSHIP)
	found, sum, err := detect(class, s, p, func(unit string) bool { return p.levelled[unit] })
	require.NoError(t, err)
	assert.Empty(t, found)
	assert.Equal(t, []int32{0, 1, 1}, []int32{sum.GetTested(), sum.GetTooShort(), sum.GetTooSparse()})
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
		{Unit: "units/itself", SubjectArea: "funds", Tips: 9},
	}}
	compiled, err := criteria.Compile(ladder)
	require.NoError(t, err)
	c := &climb{
		scheme: ladder, ladder: compiled, analysis: analysis, units: []string{"units/a", "units/b", "units/c", "units/d"},
		found: foundHere(ladder, nil), of: func(string) *typev1.Circumstances { return nil },
	}
	findings := c.findAll(c.areas(), c.wholes())
	require.Len(t, findings, 3)
	for i, want := range []struct{ unit, level string }{{"units/c", "yellow"}, {"units/b", "blue"}, {"units/a", "blue"}} {
		assert.Equal(t, want.unit, findings[i].GetCount().GetUnit())
		assert.Equal(t, want.level, findings[i].GetWarningLevel())
	}
}
