package identity_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func whoAmI(t *testing.T, conn grpc.ClientConnInterface) (*networkv1.WhoAmIResponse, error) {
	t.Helper()
	return networkv1.NewIdentityServiceClient(conn).WhoAmI(t.Context(), &networkv1.WhoAmIRequest{})
}

func TestATokenTellsWhoItWasMadeForAndWhatItCountsFor(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	officer := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	who, err := whoAmI(t, s.AsPrincipal(access.Principal{
		Subject: "accounts/zhang", Officer: officer, Roles: []string{"informant", "king"},
	}))
	require.NoError(t, err)
	assert.Equal(t, []string{"accounts/zhang", officer, networktest.Village, networktest.City}, []string{
		who.GetSubject(), who.GetOfficer(), who.GetUnit(), who.GetRoot(),
	})
	require.Len(t, who.GetRoles(), 1)
	assert.Equal(t, "informant", who.GetRoles()[0].GetId())
	assert.Contains(t, who.GetPermissions(), "network.tips.submit")
	assert.NotContains(t, who.GetPermissions(), "network.tips.read")
	assert.Equal(t, []string{"king"}, who.GetUnknownRoles())
	assert.True(t, who.GetExpireTime().AsTime().After(s.Clock.Now()))

	who, err = whoAmI(t, s.As(access.Administrator, "units/none"))
	require.NoError(t, err)
	assert.Empty(t, who.GetUnit(), "there is no such unit")
	assert.Contains(t, who.GetPermissions(), "network.configure")
	_, err = whoAmI(t, s.Unauthenticated())
	networktest.Refused(t, err, codes.Unauthenticated)
}

func TestC6_WhoIsNoLongerInOfficeNoLongerSendsAsAnOfficer(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	officer := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	as := func(officer string) grpc.ClientConnInterface {
		return s.AsPrincipal(access.Principal{Subject: "accounts/zhang", Officer: officer, Roles: []string{"informant"}})
	}
	submit := func(conn grpc.ClientConnInterface) (*networkv1.SubmitTipResponse, error) {
		return networkv1.NewTipServiceClient(conn).SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: networktest.ValidTip()})
	}
	sent, err := submit(as(officer))
	require.NoError(t, err)
	_, err = networkv1.NewOfficerServiceClient(s.As("clerk", networktest.Township)).DismissOfficer(t.Context(),
		&networkv1.DismissOfficerRequest{Name: officer, Reason: "长期不履职。"})
	require.NoError(t, err)
	s.Clock.Advance(6 * time.Second) // a directory remembers for five
	_, err = submit(as(officer))
	networktest.Refused(t, err, codes.PermissionDenied)
	assert.Equal(t, "NOT_IN_OFFICE", suitetest.Reason(err))
	_, err = submit(as("officers/340503-0"))
	assert.Equal(t, "NO_SUCH_OFFICER", suitetest.Reason(err))

	follow, err := networkv1.NewTipServiceClient(as(officer)).FollowTip(t.Context(),
		&networkv1.FollowTipRequest{Receipt: sent.GetReceipt()})
	require.NoError(t, err, "a receipt asks for no office")
	assert.Equal(t, networkv1.TipState_TIP_STATE_RECEIVED, follow.GetState())
	_, err = submit(s.As("informant", networktest.Village))
	require.NoError(t, err, "as anybody else who may send")
}
