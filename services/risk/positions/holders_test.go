package positions_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
)

func TestT5_WhoHeldAPositionIsFoundByTheDay(t *testing.T) {
	t.Parallel()
	position := &riskv1.Position{
		Name: "positions/1", Title: "审批岗",
		Holders: []*riskv1.PositionHolder{
			{Person: "甲", From: "2021-03-01", Until: "2024-02-29"}, {Person: "乙", From: "2024-03-02"},
		},
	}
	for day, person := range map[string]string{
		"2021-02-28": "", "2021-03-01": "甲", "2024-02-29": "甲", "2024-03-01": "", "2024-03-02": "乙", "2199-12-31": "乙",
	} {
		on, err := calendar.ParseDate(day)
		require.NoError(t, err)
		assert.Equal(t, "审批岗", positions.IncumbentOn(position, on).GetTitle())
		assert.Equal(t, person, positions.IncumbentOn(position, on).GetPerson(), day)
	}
}

func TestT10_TheTimeInAPositionGoesOnUntilSomebodyElseHasHeldIt(t *testing.T) {
	t.Parallel()
	position := &riskv1.Position{Holders: []*riskv1.PositionHolder{
		{Person: "甲", From: "2015-01-01", Until: "2016-12-31"},
		{Person: "乙", From: "2017-01-01", Until: "2017-12-31"},
		{Person: "甲", From: "2018-01-01", Until: "2019-12-31"},
		{Person: "甲", From: "2020-03-01"},
	}}
	for day, since := range map[string]string{
		"2014-12-31": "", "2016-01-01": "2015-01-01", "2017-06-01": "2017-01-01", "2018-01-01": "2018-01-01", "2020-02-01": "",
		"2024-01-01": "2018-01-01",
	} {
		on, err := calendar.ParseDate(day)
		require.NoError(t, err)
		assert.Equal(t, since, positions.HeldSince(position, on), day)
	}
}
