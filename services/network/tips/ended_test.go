package tips_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	successor   = "units/340503002"
	nextVillage = "units/340503001004"
)

func TestC8_TipAboutAnEndedUnitGoesPastItsSuccessor(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	merge(t, s, successor, networktest.Township)
	informant := networkv1.NewTipServiceClient(s.As("informant", nextVillage))
	county := networkv1.NewTipServiceClient(s.As("clerk", networktest.County))
	for recipient, instead := range map[string]string{
		"": "", networktest.Township: networktest.County, successor: networktest.County, networktest.County: "",
	} {
		sent, err := informant.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{
			Content: about(networktest.Township, false), Recipient: recipient,
		})
		require.NoError(t, err, recipient)
		assert.Equal(t, successor, sent.GetSuccessor(), recipient)
		assert.Equal(t, instead, sent.GetRecipient(), recipient)
		name := networktest.NewestTip(t, s)
		tip, err := county.GetTip(t.Context(), &networkv1.GetTipRequest{Name: name})
		require.NoError(t, err, recipient)
		assert.Equal(t, networktest.County, tip.GetHandlingUnit(), recipient)
		requireConcealed(t, s, successor, name)
	}
	registered := registration()
	registered.Unit, registered.Content.Unit = successor, networktest.Township
	answer, err := networkv1.NewTipServiceClient(s.As("clerk", successor)).RegisterTip(t.Context(), registered)
	require.NoError(t, err)
	assert.Equal(t, []string{networktest.County, successor}, []string{answer.GetHandlingUnit(), answer.GetSuccessor()})
	requireConcealed(t, s, successor, answer.GetTip())

	_, err = informant.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: about("units/none", false)})
	networktest.Refused(t, err, codes.InvalidArgument, "content.unit")
	_, err = informant.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{
		Content: about(networktest.Township, false), Recipient: "units/340504",
	})
	networktest.Refused(t, err, codes.InvalidArgument, "recipient")
}

func TestC8_TipAboutADisbandedUnitGoesToTheOneAbove(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	_, err := networkv1.NewTreeServiceClient(s.As(access.Administrator, suitetest.City)).DisbandUnit(t.Context(),
		&networkv1.DisbandUnitRequest{Name: networktest.Village, ChildrenTo: networktest.Township, Reason: "并村。"})
	require.NoError(t, err)
	sent, err := networkv1.NewTipServiceClient(s.As("informant", nextVillage)).SubmitTip(t.Context(),
		&networkv1.SubmitTipRequest{Content: about(networktest.Village, false)})
	require.NoError(t, err)
	assert.Equal(t, networktest.Township, sent.GetSuccessor())
	tip := networktest.OnlyTip(t, s, networktest.Township)
	assert.Equal(t, networktest.Township, tip.GetHandlingUnit(), "it stood above the village, and became nothing of it")
	assert.Equal(t, networktest.Village, tip.GetContent().GetUnit())
}
