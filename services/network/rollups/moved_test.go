package rollups_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// A tip that comes right after a move counts where its units stand since, though many still remember where they stood.
func TestC1_TipAfterAMoveCountsInTheNewCounty(t *testing.T) {
	t.Parallel()
	const county = "units/340504"
	s := suitetest.New(t)
	networktest.SubmitTip(t, s, networktest.OtherTownship, networktest.ValidTip()) // so that the township is remembered
	_, err := networkv1.NewTreeServiceClient(s.As(access.Administrator, networktest.City)).MoveUnit(t.Context(),
		&networkv1.MoveUnitRequest{Name: networktest.Township, Parent: county, Reason: "区划调整。"})
	require.NoError(t, err)
	networktest.SubmitTip(t, s, networktest.OtherTownship, networktest.ValidTip())
	for unit, received := range map[string]int64{networktest.County: 1, county: 1, networktest.Township: 2, networktest.City: 2} {
		assert.Equal(t, received, total(t, s, unit).GetReceived(), unit)
	}
	listed, err := networkv1.NewTipServiceClient(s.As("clerk", county)).ListTips(t.Context(),
		&networkv1.ListTipsRequest{Unit: county})
	require.NoError(t, err)
	assert.Len(t, listed.GetTips(), 2, "the new county has both at once")
}
