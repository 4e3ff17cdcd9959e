package officers_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/officers"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestC6_OfficersAreFiltered(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	client := as(s, networktest.Township)
	var names []string
	for _, until := range []string{"", "2026-12-31", "2027-06-30", "2027-12-31", ""} {
		officer := networktest.Officer(networktest.Township, networktest.Village, regular)
		officer.TermTo = until
		made, err := client.AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: officer})
		require.NoError(t, err)
		names = append(names, made.GetName())
	}
	list := func(req *networkv1.ListOfficersRequest) []string {
		t.Helper()
		req.Unit, req.PageSize = networktest.County, 2
		found := []string{}
		for {
			answer, err := client.ListOfficers(t.Context(), req)
			require.NoError(t, err)
			for _, o := range answer.GetOfficers() {
				found = append(found, o.GetName())
			}
			if req.PageToken = answer.GetNextPageToken(); req.PageToken == "" {
				return found
			}
		}
	}
	client = as(s, networktest.County)
	assert.Equal(t, names, list(&networkv1.ListOfficersRequest{}))
	assert.Equal(t, names[1:3], list(&networkv1.ListOfficersRequest{TermEndsBy: "2027-06-30"}))
	assert.Empty(t, list(&networkv1.ListOfficersRequest{Types: []networkv1.OfficerType{invited}}))
	_, err := client.ListOfficers(t.Context(), &networkv1.ListOfficersRequest{
		Unit: networktest.County, TermEndsBy: "2027-02-30", NoContactSince: "2027-02-31",
	})
	networktest.Refused(t, err, codes.InvalidArgument, "term_ends_by", "no_contact_since")
	_, err = as(s, networktest.OtherTownship).ListOfficerEvents(t.Context(), &networkv1.ListOfficerEventsRequest{Name: names[0]})
	networktest.Refused(t, err, codes.NotFound)
	_, err = as(s, networktest.OtherTownship).ListOpenWork(t.Context(), &networkv1.ListOpenWorkRequest{Name: names[0]})
	networktest.Refused(t, err, codes.NotFound)
}

func TestC6_OfficerEventsAreListedInPages(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	name, client := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName(), as(s, networktest.Township)
	for range 4 {
		_, err := client.CommendOfficer(t.Context(), &networkv1.CommendOfficerRequest{
			Name: name, Day: "2026-10-30", Reason: "表现突出。",
		})
		require.NoError(t, err)
	}
	first, err := client.ListOfficerEvents(t.Context(), &networkv1.ListOfficerEventsRequest{Name: name, PageSize: 3})
	require.NoError(t, err)
	require.Len(t, first.GetEvents(), 3)
	assert.Equal(t, networktest.Township, first.GetEvents()[0].GetUnit())
	assert.Equal(t, s.Clock.Now(), first.GetEvents()[0].GetRecordTime().AsTime())
	second, err := client.ListOfficerEvents(t.Context(), &networkv1.ListOfficerEventsRequest{
		Name: name, PageSize: 3, PageToken: first.GetNextPageToken(),
	})
	require.NoError(t, err)
	require.Len(t, second.GetEvents(), 2)
	assert.Equal(t, "appoint", second.GetEvents()[1].GetAct())
	assert.Empty(t, second.GetNextPageToken())
}

// TestC6_ExpiredOfficerHandsOverOpenWork shows that an end by itself loses nothing that was open.
func TestC6_ExpiredOfficerHandsOverOpenWork(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	leaving, session, handbook := busy(t, s)
	client := as(s, networktest.Township)
	_, err := client.RenewTerm(t.Context(), &networkv1.RenewTermRequest{Name: leaving, TermTo: "2026-11-05"})
	require.NoError(t, err)
	s.Clock.Advance(4 * 24 * time.Hour)
	s.RunJob(officers.ExpireTermsJob)
	require.Equal(t, networkv1.OfficerState_OFFICER_STATE_EXPIRED, get(t, s, leaving).GetState())
	assert.Len(t, openWork(t, s, leaving), 2)
	successor := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	_, err = client.HandOverOfficer(t.Context(), &networkv1.HandOverOfficerRequest{
		Name: leaving, HandOver: &networkv1.HandOverPlan{Successor: successor},
	})
	require.NoError(t, err)
	assert.Equal(t, []string{session, handbook}, openWork(t, s, successor))
	_, err = client.DismissOfficer(t.Context(), &networkv1.DismissOfficerRequest{Name: leaving, Reason: "补办。"})
	networktest.Refused(t, err, codes.FailedPrecondition)
}

func TestC6_HostileTextIsRefusedInEveryField(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	name, client := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName(), as(s, networktest.Township)
	for _, text := range []string{"a\x00b", "\u202e反写", "\u009b"} {
		_, err := client.DismissOfficer(t.Context(), &networkv1.DismissOfficerRequest{
			Name: name, Reason: text, HandOver: &networkv1.HandOverPlan{Reason: text, Note: text},
		})
		networktest.Refused(t, err, codes.InvalidArgument, "reason", "hand_over.reason", "hand_over.note")
		_, err = client.ChangeOtherRoles(t.Context(), &networkv1.ChangeOtherRolesRequest{Name: name, OtherRoles: []string{text}})
		networktest.Refused(t, err, codes.InvalidArgument, "other_roles[0]")
	}
	quoted := "'; DROP TABLE officers; -- <script>"
	_, err := client.CommendOfficer(t.Context(), &networkv1.CommendOfficerRequest{Name: name, Day: "2026-11-01", Reason: quoted})
	require.NoError(t, err)
	events, err := client.ListOfficerEvents(t.Context(), &networkv1.ListOfficerEventsRequest{Name: name, PageSize: 1})
	require.NoError(t, err)
	assert.Equal(t, quoted, events.GetEvents()[0].GetReason(), "what is only text stays as it was written")
}

func TestPageTokenOfAnotherListIsRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	for range 2 {
		networktest.Appoint(t, s, networktest.Township, networktest.Village)
	}
	listed, err := as(s, networktest.City).ListOfficers(t.Context(), &networkv1.ListOfficersRequest{
		Unit: networktest.City, PageSize: 1,
	})
	require.NoError(t, err)
	_, err = networkv1.NewTreeServiceClient(s.As("handler", networktest.City)).ListTreeChanges(t.Context(),
		&networkv1.ListTreeChangesRequest{
			Unit: networktest.City, PageToken: listed.GetNextPageToken(),
		})
	networktest.Refused(t, err, codes.InvalidArgument, "page_token")
}
