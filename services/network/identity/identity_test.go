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

func TestATokenOfAnEndedUnitNamesItsSuccessor(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	_, err := networkv1.NewTreeServiceClient(s.As(access.Administrator, networktest.City)).MergeUnits(t.Context(),
		&networkv1.MergeUnitsRequest{
			Units: []*networkv1.MergedUnit{{Name: networktest.Township}}, Into: networktest.OtherTownship, Reason: "撤并。",
		})
	require.NoError(t, err)
	who, err := whoAmI(t, s.As("clerk", networktest.Township))
	require.NoError(t, err)
	assert.Equal(t, []string{"", networktest.Township, "2026-11-02", networktest.OtherTownship},
		[]string{who.GetUnit(), who.GetEndedUnit(), who.GetEndedOn(), who.GetSuccessor()})
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
	_, err = submit(as(officer))
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "NOT_IN_OFFICE")
	_, err = whoAmI(t, as(officer))
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "NOT_IN_OFFICE")
	_, err = submit(as("officers/340503-0"))
	assert.Equal(t, "NO_SUCH_OFFICER", suitetest.Reason(err))

	follow, err := networkv1.NewTipServiceClient(as(officer)).FollowTip(t.Context(),
		&networkv1.FollowTipRequest{Receipt: sent.GetReceipt()})
	require.NoError(t, err, "a receipt asks for no office")
	assert.Equal(t, networkv1.TipState_TIP_STATE_RECEIVED, follow.GetState())
	_, err = submit(s.As("informant", networktest.Village))
	require.NoError(t, err, "as anybody else who may send")
}

func TestC6_AnOfficerWhoIsReplacedOrWhoseTermRunsOutSendsNoMoreFromThatMoment(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	township := networkv1.NewOfficerServiceClient(s.As("clerk", networktest.Township))
	asked := networktest.Officer(networktest.Township, networktest.Village, networkv1.OfficerType_OFFICER_TYPE_REGULAR)
	asked.TermTo = "2026-11-02" // today
	officer, err := township.AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: asked})
	require.NoError(t, err)
	submit := func(officer *networkv1.Officer) error {
		conn := s.AsPrincipal(access.Principal{
			Subject: "accounts/zhang", Officer: officer.GetName(), Roles: []string{"informant"},
		})
		_, err := networkv1.NewTipServiceClient(conn).SubmitTip(t.Context(),
			&networkv1.SubmitTipRequest{Content: networktest.ValidTip()})
		return err
	}
	require.NoError(t, submit(officer))
	asked.TermTo = ""
	changed, err := township.ReplaceOfficer(t.Context(), &networkv1.ReplaceOfficerRequest{
		Name: officer.GetName(), Successor: asked, Reason: "工作调动",
	})
	require.NoError(t, err)
	suitetest.RequireRefused(t, submit(changed.GetOfficer()), codes.PermissionDenied, "NOT_IN_OFFICE")
	require.NoError(t, submit(changed.GetSuccessor()))

	asked.TermTo = "2026-11-02"
	last, err := township.AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: asked})
	require.NoError(t, err)
	require.NoError(t, submit(last))
	s.Clock.Advance(24 * time.Hour)
	suitetest.RequireRefused(t, submit(last), codes.PermissionDenied, "NOT_IN_OFFICE")
}
