package tips_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// sent submits a tip and returns its receipt and its name.
func sent(t *testing.T, s *suitetest.Suite, content *networkv1.TipContent, to string) (receipt, name string) {
	t.Helper()
	answer, err := networkv1.NewTipServiceClient(s.As("informant", networktest.OtherTownship)).SubmitTip(t.Context(),
		&networkv1.SubmitTipRequest{Content: content, Recipient: to})
	require.NoError(t, err)
	return answer.GetReceipt(), networktest.NewestTip(t, s)
}

func link(t *testing.T, s *suitetest.Suite, by, name, original string) error {
	t.Helper()
	_, err := networkv1.NewTipServiceClient(s.As("clerk", by)).LinkDuplicate(t.Context(), &networkv1.LinkDuplicateRequest{
		Name: name, Original: original, Reason: "反映的是同一件事。",
	})
	return err
}

func TestC12_DuplicateIsNotCountedAndFollowsTheOriginal(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, anyone := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township)), networkv1.NewTipServiceClient(
		s.Unauthenticated(),
	)
	first, original := sent(t, s, networktest.ValidTip(), "")
	second, again := sent(t, s, networktest.ValidTip(), "")
	received := func() int64 {
		counted, err := clerk.CountTips(t.Context(), &networkv1.CountTipsRequest{Unit: networktest.Township, Period: "2026-11"})
		require.NoError(t, err)
		return counted.GetCounts()[0].GetReceived()
	}
	require.EqualValues(t, 2, received())
	require.NoError(t, link(t, s, networktest.Township, again, original))
	assert.EqualValues(t, 1, received())

	_, err := clerk.ReturnTip(t.Context(), &networkv1.ReturnTipRequest{
		Name: original, Criteria: []string{"factual"}, Reason: "请补充时间。",
	})
	require.NoError(t, err)
	seen, err := anyone.FollowTip(t.Context(), &networkv1.FollowTipRequest{Receipt: second})
	require.NoError(t, err)
	assert.True(t, seen.GetDuplicate())
	assert.Equal(t, networkv1.TipState_TIP_STATE_RECEIVED, seen.GetState(), "that the other sender was asked is between the two")
	assert.Empty(t, seen.GetReturns())
	_, err = anyone.ResubmitTip(t.Context(), &networkv1.ResubmitTipRequest{Receipt: first, Content: networktest.FullerTip()})
	require.NoError(t, err)
	_, err = clerk.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: original, CriteriaMet: networktest.Criteria})
	require.NoError(t, err)
	_, err = clerk.CloseTip(t.Context(), &networkv1.CloseTipRequest{Name: original, Outcome: "solved", Reason: "已解决。"})
	require.NoError(t, err)
	seen, err = anyone.FollowTip(t.Context(), &networkv1.FollowTipRequest{Receipt: second})
	require.NoError(t, err)
	assert.Equal(t, "solved 及时解决", seen.GetOutcome()+" "+seen.GetOutcomeTitle().GetZh())

	_, err = clerk.UnlinkDuplicate(t.Context(), &networkv1.UnlinkDuplicateRequest{Name: again})
	require.NoError(t, err)
	assert.EqualValues(t, 2, received())
	seen, err = anyone.FollowTip(t.Context(), &networkv1.FollowTipRequest{Receipt: second})
	require.NoError(t, err)
	assert.False(t, seen.GetDuplicate())
	assert.Equal(t, networkv1.TipState_TIP_STATE_RECEIVED, seen.GetState())
}

func TestC12_FaultyLinksAreRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	_, original := sent(t, s, networktest.ValidTip(), "")
	_, again := sent(t, s, networktest.ValidTip(), "")
	_, third := sent(t, s, networktest.ValidTip(), "")
	_, above := sent(t, s, networktest.ValidTip(), networktest.County)
	elsewhere := networktest.ValidTip()
	elsewhere.Unit = networktest.OtherTownship
	_, other := sent(t, s, elsewhere, networktest.City)

	networktest.Refused(t, link(t, s, networktest.Township, original, original), codes.InvalidArgument, "original")
	networktest.Refused(t, link(t, s, networktest.Township, original, above), codes.NotFound)
	networktest.Refused(t, link(t, s, networktest.Township, original, "tips/340503-0"), codes.NotFound)
	networktest.Refused(t, link(t, s, networktest.City, above, other), codes.InvalidArgument, "original")
	err := link(t, s, networktest.County, original, above)
	assert.Equal(t, "ORIGINAL_HANDLED_ELSEWHERE", suitetest.Reason(err),
		"the township would learn of a tip that it does not see")
	require.NoError(t, link(t, s, networktest.County, above, third), "whoever sees the county's sees the township's")

	require.NoError(t, link(t, s, networktest.Township, again, original))
	assert.Equal(t, "ORIGINAL_STATE", suitetest.Reason(link(t, s, networktest.Township, third, again)), "no chains")
	assert.Equal(t, "HAS_DUPLICATES", suitetest.Reason(link(t, s, networktest.Township, original, third)))
	assert.Equal(t, "WRONG_STATE", suitetest.Reason(link(t, s, networktest.Township, again, third)))
}

func TestC12_SimilarTipsAreSuggested(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	_, name := sent(t, s, networktest.ValidTip(), "")
	alike, unlike := networktest.ValidTip(), networktest.ValidTip()
	alike.Body += "请核查。"
	unlike.Title, unlike.Body = "路灯不亮", "村口路灯自上月以来一直不亮。"
	_, likeName := sent(t, s, alike, "")
	sent(t, s, unlike, "")
	hidden := networktest.ValidTip()
	sent(t, s, hidden, networktest.County)
	similar, err := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township)).ListSimilarTips(t.Context(),
		&networkv1.ListSimilarTipsRequest{Name: name})
	require.NoError(t, err)
	require.Len(t, similar.GetTips(), 2, "what the county handles is not the township's to see")
	assert.Equal(t, likeName, similar.GetTips()[0].GetTip().GetName())
	assert.Greater(t, similar.GetTips()[0].GetLikeness(), 0.7)
	assert.Less(t, similar.GetTips()[1].GetLikeness(), 0.3)
}
