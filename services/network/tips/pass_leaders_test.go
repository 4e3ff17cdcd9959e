package tips_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// aboutPost sends a township a tip about a post of its own, and names the tip.
func aboutPost(t *testing.T, s *suitetest.Suite, post string) string {
	t.Helper()
	content := networktest.ValidTip()
	content.Unit, content.Position, content.Urgent = networktest.Township, post, true
	_, err := networkv1.NewTipServiceClient(s.As("informant", networktest.OtherTownship)).SubmitTip(t.Context(),
		&networkv1.SubmitTipRequest{Content: content, Recipient: networktest.Township})
	require.NoError(t, err)
	return networktest.NewestTip(t, s)
}

// setHead has the city say whose post leads the township, from a day on.
func setHead(t *testing.T, s *suitetest.Suite, post, from string) {
	t.Helper()
	_, err := networkv1.NewTreeServiceClient(s.As("handler", networktest.City)).UpdateUnit(t.Context(), &networkv1.UpdateUnitRequest{
		Unit: &networkv1.Unit{Name: networktest.Township, FirstResponsible: post}, EffectiveFrom: from, Reason: "明确",
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"first_responsible"}},
	})
	require.NoError(t, err)
}

func TestC8_WhatIsOpenAboutAPostGoesPastTheUnitOnceItIsALeaders(t *testing.T) {
	t.Parallel()
	for name, from := range map[string]string{"today": "", "planned": "2026-11-05"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := suitetest.New(t)
			closed, accepted := aboutPost(t, s, "办事处 主任"), aboutPost(t, s, "办事处主任（主持）")
			other := aboutPost(t, s, "综治办主任")
			clerk := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))
			for _, tip := range []string{closed, accepted} {
				_, err := clerk.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: tip, CriteriaMet: networktest.Criteria})
				require.NoError(t, err)
			}
			_, err := clerk.CloseTip(t.Context(), &networkv1.CloseTipRequest{Name: closed, Outcome: "solved", Reason: "已办结"})
			require.NoError(t, err)
			setHead(t, s, "办事处主任", from)
			if from != "" {
				s.Clock.Advance(3 * 24 * time.Hour)
				s.RunJob("network.follow_moves")
			}
			for _, tip := range []string{closed, accepted} {
				_, err = clerk.GetTip(t.Context(), &networkv1.GetTipRequest{Name: tip})
				networktest.Refused(t, err, codes.NotFound)
			}
			_, err = clerk.CloseTip(t.Context(), &networkv1.CloseTipRequest{Name: accepted, Outcome: "unfounded", Reason: "查无"})
			networktest.Refused(t, err, codes.NotFound)
			listed, err := clerk.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: networktest.Township})
			require.NoError(t, err)
			require.Len(t, listed.GetTips(), 1)
			assert.Equal(t, other, listed.GetTips()[0].GetName())
			messages, err := networkv1.NewInboxServiceClient(s.As("clerk", networktest.Township)).ListMessages(t.Context(),
				&networkv1.ListMessagesRequest{Unit: networktest.Township})
			require.NoError(t, err)
			for _, m := range messages.GetMessages() {
				assert.NotContains(t, []string{closed, accepted}, m.GetResource())
			}

			county := networkv1.NewTipServiceClient(s.As("clerk", networktest.County))
			passed, err := county.GetTip(t.Context(), &networkv1.GetTipRequest{Name: accepted})
			require.NoError(t, err)
			assert.Equal(t, networkv1.TipState_TIP_STATE_RECEIVED, passed.GetState())
			assert.Equal(t, networktest.County, passed.GetHandlingUnit())
			assert.True(t, passed.GetContent().GetAboutLeaders())
			_, err = county.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{Name: accepted, CriteriaMet: networktest.Criteria})
			require.NoError(t, err)
		})
	}
}

func TestC8_APostOfALeaderIsKnownHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	setHead(t, s, "街道纪工委书记", "")
	sender := networkv1.NewTipServiceClient(s.As("informant", networktest.OtherTownship))
	send := func(post string) error {
		content := networktest.ValidTip()
		content.Unit, content.Position = networktest.Township, post
		_, err := sender.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: content, Recipient: networktest.Township})
		return err
	}
	for _, post := range []string{"街道【纪工委】书记", "街道纪工委书记张三", "街道纪工委书记兼办公室主任", "办公室主任／街道纪工委书记"} {
		require.NoError(t, send(post))
		tip, err := networkv1.NewTipServiceClient(s.As("clerk", networktest.County)).GetTip(t.Context(),
			&networkv1.GetTipRequest{Name: networktest.NewestTip(t, s)})
		require.NoError(t, err)
		assert.Equal(t, networktest.County, tip.GetHandlingUnit(), post)
		assert.True(t, tip.GetContent().GetAboutLeaders(), post)
	}
	listed, err := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township)).ListTips(t.Context(),
		&networkv1.ListTipsRequest{Unit: networktest.Township})
	require.NoError(t, err)
	assert.Empty(t, listed.GetTips())
	networktest.Refused(t, send("街道\n纪工委书记"), codes.InvalidArgument, "content.position")
}
