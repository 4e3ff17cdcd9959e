package network_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const firstID = "0193a3c2-5b00-7000-8000-000000000009"

// who is one account that has moved from one unit to another.
func who(s *suitetest.Suite, role, unit string) office {
	return officeOver(s.AsPrincipal(access.Principal{Subject: "accounts/moved", Unit: unit, Roles: []string{role}}))
}

// A request id is one caller's in one unit: what an account sends from a second unit is another request, and not answered by what
// the first one got.
func TestRequestIDOfOneAccountInTwoUnitsIsTwoTips(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	req := &networkv1.SubmitTipRequest{Content: networktest.ValidTip(), Recipient: networktest.Township, RequestId: firstID}
	receipts := map[string]bool{}
	for _, unit := range []string{networktest.Village, networktest.OtherTownship} {
		first, err := who(s, "informant", unit).SubmitTip(t.Context(), req)
		require.NoError(t, err)
		again, err := who(s, "informant", unit).SubmitTip(t.Context(), req)
		require.NoError(t, err)
		assert.True(t, proto.Equal(first, again), "the same caller is answered the same")
		receipts[first.GetReceipt()] = true
	}
	assert.Len(t, receipts, 2)
	listed, err := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township)).ListTips(t.Context(),
		&networkv1.ListTipsRequest{Unit: networktest.Township})
	require.NoError(t, err)
	assert.Len(t, listed.GetTips(), 2)
}

// What is not stored in a group keeps its answers in the same way.
func TestC6_RequestIDOfOneAccountInTwoUnitsIsTwoCommendations(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	officer := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	req := &networkv1.CommendOfficerRequest{Name: officer, Day: "2026-11-01", Reason: "报送及时。", RequestId: firstID}
	for unit, role := range map[string]string{networktest.Township: "clerk", networktest.City: "handler"} {
		for range 2 {
			_, err := who(s, role, unit).CommendOfficer(t.Context(), req)
			require.NoError(t, err)
		}
	}
	events, err := networkv1.NewOfficerServiceClient(s.As("clerk", networktest.Township)).ListOfficerEvents(t.Context(),
		&networkv1.ListOfficerEventsRequest{Name: officer})
	require.NoError(t, err)
	commended := 0
	for _, event := range events.GetEvents() {
		if event.GetReason() == req.GetReason() {
			commended++
		}
	}
	assert.Equal(t, 2, commended)
}
