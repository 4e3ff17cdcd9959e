package tips_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// newTips are what a unit was told of new tips, the first first, after a day has ended.
func newTips(t *testing.T, s *suitetest.Suite, unit string) (titles []string) {
	t.Helper()
	s.Clock.Advance(24 * time.Hour)
	s.RunJob("network.tell_new_tips")
	s.RunJob("network.tell_new_tips") // each day is told of once
	answer, err := networkv1.NewInboxServiceClient(s.As("clerk", unit)).ListMessages(t.Context(),
		&networkv1.ListMessagesRequest{Unit: unit, Kinds: []string{"inbox.new_tips"}})
	require.NoError(t, err)
	for _, m := range answer.GetMessages() {
		assert.Equal(t, unit, m.GetResource())
		titles = append([]string{m.GetTitle()}, titles...)
	}
	return titles
}

func TestC8_UnitHearsOfTheTipsOfTheDay(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))
	first, receipt := handledBy(t, s, networktest.Township, networktest.ValidTip())
	second, _ := handledBy(t, s, networktest.Township, networktest.ValidTip())
	handledBy(t, s, networktest.Township, networktest.ValidTip())
	refer(t, s.As("clerk", networktest.Township), second, "units/340503", false)
	assert.Equal(t, []string{"2026-11-02 收到 2 条信息，尚待受理。"}, newTips(t, s, networktest.Township), "it did not see the day itself")
	assert.Empty(t, newTips(t, s, "units/340503"), "it was told when the tip was passed on")
	assert.Empty(t, newTips(t, s, networktest.Village), "the tips are about it")

	_, err := clerk.ReturnTip(t.Context(), &networkv1.ReturnTipRequest{Name: first, Criteria: []string{"specific"}, Reason: "请补充。"})
	require.NoError(t, err)
	_, err = clerk.ResubmitTip(t.Context(), &networkv1.ResubmitTipRequest{Receipt: receipt, Content: networktest.FullerTip()})
	require.NoError(t, err)
	assert.Equal(t, "2026-11-05 收到 1 条信息，尚待受理。", newTips(t, s, networktest.Township)[1], "it came again")
}

func TestC8_WhoMustNotSeeATipHearsNothingOfIt(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	const county = "units/340503"
	handledBy(t, s, county, about(networktest.Township, true))
	assert.Empty(t, newTips(t, s, networktest.Township))
	assert.Len(t, newTips(t, s, county), 1)

	const successor = "units/340503003"
	handledBy(t, s, networktest.Township, about(networktest.Village, true))
	merge(t, s, successor, networktest.Village, networktest.Township)
	assert.Empty(t, newTips(t, s, successor), "it is what the unit concerned became")
}
