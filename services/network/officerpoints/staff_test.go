package officerpoints_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/officerpoints"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// A clerk who is an officer as well enters what others sent: it has no role of the clerk's, and gives the clerk no points.
func TestC4_C8_C9_C16_StaffAreNotTheSourceOfWhatTheyEnter(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	officers := networktest.AppointHolding(t, s, networktest.City, networktest.Township, 3, "mediator")
	enters, sent := officers[0], officers[1]
	s.RunJob(officerpoints.ScoreJob)
	clerk := networkv1.NewTipServiceClient(s.AsPrincipal(access.Principal{
		Subject: "accounts/clerk", Officer: enters, Roles: []string{"clerk"},
	}))
	w := tips{t, s, networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))}
	register := func(sender *networkv1.TipSender, channel string) string {
		content := networktest.ValidTip()
		content.Channel = channel
		answer, err := clerk.RegisterTip(t.Context(), &networkv1.RegisterTipRequest{
			Unit: networktest.Township, Content: content, ReceivedOn: "2026-11-02", ReceivedBy: "王登记", Sender: sender,
		})
		require.NoError(t, err)
		return answer.GetTip()
	}
	for _, sender := range []*networkv1.TipSender{nil, {Name: "来访人甲", Contact: "村东头"}, {Officer: sent}} {
		var roles []string
		if sender.GetOfficer() != "" {
			roles = []string{"mediator"}
		}
		for _, channel := range []string{"sms", "web", "hotline", "visit", "contact_card"} {
			name := register(sender, channel)
			read, err := w.handle.GetTip(t.Context(), &networkv1.GetTipRequest{Name: name})
			require.NoError(t, err)
			assert.Equal(t, roles, read.GetSourceRoles(), "of who sent it, and not of who entered it")
			assert.Empty(t, read.GetSendingUnit(), "nor does the unit that entered it send it")
			w.accept(name)
		}
	}
	s.Clock.Advance(30 * 24 * time.Hour) // 2 December
	s.RunJob(officerpoints.ScoreJob)
	answer, err := networkv1.NewOfficerPointsServiceClient(s.As("handler", networktest.City)).ListOfficerPoints(t.Context(),
		&networkv1.ListOfficerPointsRequest{Unit: networktest.City})
	require.NoError(t, err)
	got := answer.GetPoints()
	require.Len(t, got, 1, "ten tips that the clerk entered for others give no points to the clerk")
	assert.Equal(t, []any{sent, int32(5), int32(5)}, []any{got[0].GetOfficer(), got[0].GetJudged(), got[0].GetAcceptedAtOnce()})
}
