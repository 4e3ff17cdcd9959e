package tips_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// sendBack has the township return a tip.
func sendBack(t *testing.T, s *suitetest.Suite, name string) *networkv1.Tip {
	t.Helper()
	tip, err := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township)).ReturnTip(t.Context(),
		&networkv1.ReturnTipRequest{Name: name, Criteria: []string{"factual"}, Reason: "请补充。"})
	require.NoError(t, err)
	return tip
}

// senderTold is what a unit was told of tips that it sent or that were not sent again, the newest last.
func senderTold(t *testing.T, s *suitetest.Suite, role, unit string) (kinds []string) {
	t.Helper()
	answer, err := networkv1.NewInboxServiceClient(s.As(role, unit)).ListMessages(t.Context(), &networkv1.ListMessagesRequest{
		Unit: unit, Kinds: []string{
			"inbox.sent_tip_returned", "inbox.sent_tip_due_soon", "inbox.sent_tip_due", "inbox.sent_tip_overdue",
			"inbox.sent_tip_asked", "inbox.tip_not_resubmitted", "inbox.tip_overdue_below", "inbox.tips_answered",
		},
	})
	require.NoError(t, err)
	for _, m := range answer.GetMessages() {
		kinds = append([]string{m.GetKind()[len("inbox."):]}, kinds...)
	}
	return kinds
}

func TestH8_ReturnedTipIsToComeAgainByItsDay(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	forUnit := true
	_, err := networkv1.NewTipServiceClient(s.As("informant", networktest.Village)).SubmitTip(t.Context(),
		&networkv1.SubmitTipRequest{Content: networktest.ValidTip(), Recipient: networktest.Township, ForUnit: &forUnit})
	require.NoError(t, err)
	sent := networktest.NewestTip(t, s)
	tip := sendBack(t, s, sent)
	assert.Equal(t, "2026-11-16", tip.GetReturns()[0].GetResubmitBy().GetDue(), "ten working days after Monday, 2 November")

	clerk := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))
	late := func() (names []string) {
		listed, err := clerk.ListTips(t.Context(), &networkv1.ListTipsRequest{
			Unit: networktest.Township, States: []networkv1.TipState{networkv1.TipState_TIP_STATE_RETURNED},
			DueBefore: clock.Today(s.Clock).String(),
		})
		require.NoError(t, err)
		for _, tip := range listed.GetTips() {
			names = append(names, tip.GetName())
		}
		return names
	}
	counted := func() int64 {
		answer, err := clerk.CountTips(t.Context(), &networkv1.CountTipsRequest{Unit: networktest.Township, Period: "2026-11"})
		require.NoError(t, err)
		require.Len(t, answer.GetCounts(), 1)
		return answer.GetCounts()[0].GetNotResubmitted()
	}
	want := []string{"sent_tip_returned"}
	for _, step := range []struct {
		days int
		says string
	}{{9, ""}, {1, "sent_tip_due_soon"}, {4, "sent_tip_due"}} {
		s.Clock.Advance(time.Duration(step.days) * 24 * time.Hour)
		s.RunJob("network.remind_tips")
		if step.says != "" {
			want = append(want, step.says)
		}
		assert.Equal(t, want, senderTold(t, s, "informant", networktest.Village))
	}
	assert.Empty(t, late(), "on its last day it is in time")
	assert.Zero(t, counted())
	s.Clock.Advance(24 * time.Hour)
	s.RunJob("network.remind_tips")
	s.Clock.Advance(24 * time.Hour)
	s.RunJob("network.remind_tips")
	want = append(want, "sent_tip_overdue")
	assert.Equal(t, want, senderTold(t, s, "informant", networktest.Village), "once")
	assert.Equal(t, []string{"tip_not_resubmitted"}, senderTold(t, s, "clerk", networktest.Township))
	assert.Empty(t, senderTold(t, s, "clerk", networktest.County), "it is not the township that is late")
	assert.Equal(t, []string{sent}, late())
	assert.EqualValues(t, 1, counted())
}

func TestH8_SenderFindsTheDayByTheReceipt(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	receipt := networktest.SubmitTip(t, s, networktest.Village, networktest.ValidTip()).GetReceipt()
	name := networktest.NewestTip(t, s)
	sendBack(t, s, name)
	anyone := networkv1.NewTipServiceClient(s.Unauthenticated())
	followed, err := anyone.FollowTip(t.Context(), &networkv1.FollowTipRequest{Receipt: receipt})
	require.NoError(t, err)
	assert.Equal(t, "2026-11-16", followed.GetReturns()[0].GetResubmitBy().GetDue())
	assert.NotEmpty(t, followed.GetReturns()[0].GetResubmitBy().GetArithmetic().GetZh())

	s.Clock.Advance(20 * 24 * time.Hour)
	s.RunJob("network.remind_tips")
	assert.Empty(t, senderTold(t, s, "informant", networktest.Village), "nothing leads to who sent it")
	assert.Equal(t, []string{"tip_not_resubmitted"}, senderTold(t, s, "clerk", networktest.Township))
	_, err = anyone.ResubmitTip(t.Context(), &networkv1.ResubmitTipRequest{Receipt: receipt, Content: networktest.ValidTip()})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "RETURNED_UNCHANGED")
	spaced := networktest.ValidTip()
	spaced.Body = strings.ReplaceAll(spaced.GetBody(), "，", "； ")
	_, err = anyone.ResubmitTip(t.Context(), &networkv1.ResubmitTipRequest{Receipt: receipt, Content: spaced})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "RETURNED_UNCHANGED")
	_, err = anyone.ResubmitTip(t.Context(), &networkv1.ResubmitTipRequest{Receipt: receipt, Content: networktest.FullerTip()})
	require.NoError(t, err, "what comes late is taken")
	again := sendBack(t, s, name)
	assert.Equal(t, "2026-12-04", again.GetReturns()[1].GetResubmitBy().GetDue(), "each return has a limit of its own")
}

func TestH8_UnitThatRegisteredATipIsReminded(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	registered, err := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township)).RegisterTip(t.Context(), registration())
	require.NoError(t, err)
	sendBack(t, s, registered.GetTip())
	s.Clock.Advance(14 * 24 * time.Hour)
	s.RunJob("network.remind_tips")
	assert.Equal(t, []string{"sent_tip_returned", "sent_tip_due"}, senderTold(t, s, "clerk", networktest.Township))
}

func TestH8_WhereTheSchemeHasNoLimitNothingIsLate(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	networktest.NewScheme(t, s, func(scheme *networkv1.Scheme) { scheme.TipLimits.Resubmit = nil })
	networktest.SubmitTip(t, s, networktest.Village, networktest.ValidTip())
	tip := sendBack(t, s, networktest.NewestTip(t, s))
	assert.Nil(t, tip.GetReturns()[0].GetResubmitBy())
	s.Clock.Advance(100 * 24 * time.Hour)
	s.RunJob("network.remind_tips")
	assert.Empty(t, senderTold(t, s, "clerk", networktest.Township))
	answer, err := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township)).CountTips(t.Context(),
		&networkv1.CountTipsRequest{Unit: networktest.Township, Period: "2026-11"})
	require.NoError(t, err)
	require.Len(t, answer.GetCounts(), 1)
	assert.EqualValues(t, 1, answer.GetCounts()[0].GetReturned())
	assert.Zero(t, answer.GetCounts()[0].GetNotResubmitted())
}

func TestH8_UnitThatIsNotFoundKeepsNobodyFromBeingReminded(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	forUnit := true
	names := make([]string, 2)
	for i := range names {
		_, err := networkv1.NewTipServiceClient(s.As("informant", networktest.Village)).SubmitTip(t.Context(),
			&networkv1.SubmitTipRequest{Content: networktest.ValidTip(), Recipient: networktest.Township, ForUnit: &forUnit})
		require.NoError(t, err)
		names[i] = networktest.NewestTip(t, s)
		sendBack(t, s, names[i])
	}
	_, err := networktest.Database(t, s).Exec(t.Context(), `UPDATE network.tips
		SET body = jsonb_set(body, '{sendingUnit}', '"units/none"') WHERE tip_key = split_part($1, '-', 2)`, names[0])
	require.NoError(t, err)
	s.Clock.Advance(14 * 24 * time.Hour)
	s.RunJob("network.remind_tips")
	assert.Equal(t, []string{"sent_tip_returned", "sent_tip_returned", "sent_tip_due"},
		senderTold(t, s, "informant", networktest.Village))
}

func TestC8_WhoHandedATipUpwardsHearsWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	networktest.SubmitTip(t, s, networktest.Village, networktest.ValidTip())
	name := networktest.NewestTip(t, s)
	refer(t, s.As("clerk", networktest.Township), name, networktest.County, false)
	county, city := s.As("clerk", networktest.County), s.As("handler", networktest.City)
	refer(t, county, name, networktest.City, false)
	_, err := networkv1.NewTipServiceClient(city).AcceptTip(t.Context(), &networkv1.AcceptTipRequest{
		Name: name, CriteriaMet: networktest.Criteria,
	})
	require.NoError(t, err)
	refer(t, city, name, networktest.County, false)
	assert.Empty(t, told(t, s, "inbox.tip_referred_past"), "the county gets it back, and hears so")
	refer(t, county, name, networktest.City, false)
	refer(t, city, name, networktest.Township, false)
	assert.Equal(t, []string{networktest.County}, told(t, s, "inbox.tip_referred_past"))
	refer(t, s.As("clerk", networktest.Township), name, networktest.City, false)
	_, err = networkv1.NewTipServiceClient(city).ReturnTip(t.Context(), &networkv1.ReturnTipRequest{
		Name: name, Criteria: []string{"specific"}, Reason: "请补充时间。",
	})
	require.NoError(t, err)
	assert.Equal(t, []string{networktest.Township}, told(t, s, "inbox.tip_returned_above"), "which handed it on last")
}
