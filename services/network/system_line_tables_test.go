package network_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
)

// tipAbout has a villager send a tip about a unit, to a recipient where one is given.
func (s system) tipAbout(unit, recipient string) {
	content := networktest.ValidTip()
	content.Unit = unit
	_, err := networkv1.NewTipServiceClient(s.As("informant", village)).SubmitTip(s.t.Context(),
		&networkv1.SubmitTipRequest{Content: content, Recipient: recipient})
	require.NoError(s.t, err)
}

// tables are what the suite computes for an agency's report of the quarter, by item the tips received by unit concerned.
func (s system) tables(agency string) map[string]map[string]float64 {
	read := must(networkv1.NewReportServiceClient(s.As("clerk", agency)).ComputeReport(s.t.Context(),
		&networkv1.ComputeReportRequest{Name: reportOf(agency, "quarterly", period)}))(s.t)
	received := map[string]map[string]float64{}
	for _, item := range []string{"tips_by_area", "tips_of_system"} {
		received[item] = map[string]float64{}
		for _, row := range read.GetTables()[item].GetRows() {
			received[item][row.GetCells()["unit"].GetText()] += row.GetCells()["received"].GetNumber()
		}
	}
	return received
}

func TestC10_C15_AnAgencysReportTellsOfItsSystem(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	const institute, school = "units/finance_institute", "units/finance_school"
	require.NoError(t, s.create("handler", networktest.City, institute, networktest.City, cityBureau, typev1.Level_LEVEL_CITY))
	require.NoError(t, s.create("handler", networktest.City, school, county, institute, typev1.Level_LEVEL_COUNTY))
	s.RunJob(reports.OpenReportsJob)
	s.tipAbout(countyBureau, "") // goes to the county
	s.tipAbout(countyBureau, countyBureau)
	s.tipAbout(countyBureau, cityBureau)
	s.tipAbout(institute, "")
	s.tipAbout(school, "")
	s.tipAbout(town, "")
	assert.Equal(t, map[string]map[string]float64{
		"tips_by_area":   {countyBureau: 1},
		"tips_of_system": {countyBureau: 2, institute: 1},
	}, s.tables(cityBureau), "what came to it, and what is known elsewhere; the school is in the report of the institute")
	assert.Equal(t, map[string]map[string]float64{
		"tips_by_area": {}, "tips_of_system": {school: 1},
	}, s.tables(institute), "so that no tip is twice in the sums of the city's agencies")
	assert.Equal(t, map[string]map[string]float64{
		"tips_by_area": {countyBureau: 1}, "tips_of_system": {},
	}, s.tables(countyBureau))
	counted := must(networkv1.NewTipServiceClient(s.As("clerk", cityBureau)).CountTips(t.Context(), &networkv1.CountTipsRequest{
		Unit: cityBureau, Period: "2026-11", AlongSystemLine: true,
	}))(t)
	var along int64
	for _, c := range counted.GetCounts() {
		along += c.GetReceived()
	}
	assert.EqualValues(t, 3+1+1, along, "both tables of both agencies together")

	leaders := networktest.ValidTip()
	leaders.Unit, leaders.AboutLeaders = cityBureau, true
	must(networkv1.NewTipServiceClient(s.As("informant", village)).SubmitTip(t.Context(),
		&networkv1.SubmitTipRequest{Content: leaders}))(t)
	assert.Equal(t, map[string]float64{countyBureau: 2, institute: 1}, s.tables(cityBureau)["tips_of_system"],
		"what went past the agency stays out")
	s.Clock.Advance(65 * 24 * time.Hour)
	s.tipAbout(countyBureau, "")
	assert.Equal(t, map[string]float64{countyBureau: 2, institute: 1}, s.tables(cityBureau)["tips_of_system"],
		"what comes after the quarter is the next report's")
}
