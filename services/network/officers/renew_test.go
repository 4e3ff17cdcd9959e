package officers_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/officers"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestC6_ATermThatRanOutIsRenewedWithItsHistory(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	township := networkv1.NewOfficerServiceClient(s.As("clerk", networktest.Township))
	wanted := networktest.Officer(networktest.Township, networktest.Village, regular)
	wanted.TermTo = "2026-11-30"
	officer, err := township.AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: wanted})
	require.NoError(t, err)
	s.Clock.Advance(35 * 24 * time.Hour) // 7 December
	s.RunJob(officers.ExpireTermsJob)
	renew := func(to string) (*networkv1.Officer, error) {
		return township.RenewTerm(t.Context(), &networkv1.RenewTermRequest{Name: officer.GetName(), TermTo: to, Reason: "续聘"})
	}
	_, err = renew("2026-12-06")
	networktest.Refused(t, err, codes.InvalidArgument, "term_to")
	renewed, err := renew("2027-11-30")
	require.NoError(t, err)
	assert.Equal(t, networkv1.OfficerState_OFFICER_STATE_IN_OFFICE, renewed.GetState())
	assert.Empty(t, renewed.GetEndedOn())
	_, err = networkv1.NewTipServiceClient(s.AsPrincipal(access.Principal{
		Subject: "accounts/wang", Officer: officer.GetName(), Roles: []string{"informant"},
	})).SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: networktest.ValidTip()})
	require.NoError(t, err)
	events, err := township.ListOfficerEvents(t.Context(), &networkv1.ListOfficerEventsRequest{Name: officer.GetName()})
	require.NoError(t, err)
	var acts []string
	for _, e := range events.GetEvents() {
		acts = append(acts, e.GetAct())
	}
	assert.Equal(t, []string{"renew", "expire", "appoint"}, acts, "the newest first")
}

func TestC6_AnAppointmentTellsAllThatIsMissingAtOnce(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	_, err := networkv1.NewOfficerServiceClient(s.As("clerk", networktest.Township)).AppointOfficer(t.Context(),
		&networkv1.AppointOfficerRequest{Officer: &networkv1.Officer{}})
	networktest.Refused(t, err, codes.InvalidArgument,
		"officer.title", "officer.unit", "officer.appointing_unit", "officer.type", "officer.term_from")
}
