package contacts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestC6_ContactIsRecordedForSeveralOfficers(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	one, two := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName(), networktest.Appoint(t, s,
		networktest.Township, networktest.Village).GetName()
	client := networkv1.NewOfficerContactServiceClient(s.As("clerk", networktest.Township))
	note := func(day string, who ...string) {
		t.Helper()
		_, err := client.RecordOfficerContact(t.Context(),
			&networkv1.RecordOfficerContactRequest{Contact: &networkv1.OfficerContact{
				Unit: networktest.Township, Kind: "visit", Day: day, Officers: who, Note: "了解近期情况。",
			}})
		require.NoError(t, err)
	}
	note("2026-10-20", one, two)
	note("2026-10-10", one)
	officers := networkv1.NewOfficerServiceClient(s.As("clerk", networktest.Township))
	got, err := officers.GetOfficer(t.Context(), &networkv1.GetOfficerRequest{Name: one})
	require.NoError(t, err)
	assert.Equal(t, "2026-10-20", got.GetLastContactOn(), "an earlier contact entered later does not undo a later one")
	note("2026-11-01", two)
	stale, err := officers.ListOfficers(t.Context(), &networkv1.ListOfficersRequest{
		Unit: networktest.Township, NoContactSince: "2026-11-01",
	})
	require.NoError(t, err)
	require.Len(t, stale.GetOfficers(), 1)
	assert.Equal(t, one, stale.GetOfficers()[0].GetName())

	all, err := client.ListOfficerContacts(t.Context(), &networkv1.ListOfficerContactsRequest{
		Unit: networktest.Township, PageSize: 2,
	})
	require.NoError(t, err)
	require.Len(t, all.GetContacts(), 2)
	assert.Equal(t, "2026-11-01", all.GetContacts()[0].GetDay(), "what was entered last comes first")
	rest, err := client.ListOfficerContacts(t.Context(), &networkv1.ListOfficerContactsRequest{
		Unit: networktest.Township, PageSize: 2, PageToken: all.GetNextPageToken(),
	})
	require.NoError(t, err)
	assert.Len(t, rest.GetContacts(), 1)
	assert.Empty(t, rest.GetNextPageToken())
	of, err := client.ListOfficerContacts(t.Context(), &networkv1.ListOfficerContactsRequest{
		Unit: networktest.Township, Officer: one,
	})
	require.NoError(t, err)
	assert.Len(t, of.GetContacts(), 2)
}

func TestC6_ContactIsRecordedOfWhoWasInOfficeThatDay(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	officer := networktest.Appoint(t, s, networktest.Township, networktest.Village)
	conn := s.As("clerk", networktest.Township)
	_, err := networkv1.NewOfficerServiceClient(conn).DismissOfficer(t.Context(),
		&networkv1.DismissOfficerRequest{Name: officer.GetName(), Reason: "长期不履职。"})
	require.NoError(t, err)
	s.Clock.Advance(10 * 24 * time.Hour)
	for day, recorded := range map[string]bool{"2025-12-31": false, "2026-11-01": true, "2026-11-02": true, "2026-11-03": false} {
		_, err := networkv1.NewOfficerContactServiceClient(conn).RecordOfficerContact(t.Context(),
			&networkv1.RecordOfficerContactRequest{Contact: &networkv1.OfficerContact{
				Unit: networktest.Township, Kind: "visit", Day: day, Officers: []string{officer.GetName()},
			}})
		if recorded {
			require.NoError(t, err, day)
		} else {
			networktest.Refused(t, err, codes.InvalidArgument, "contact.officers[0]")
			require.Equal(t, officer.GetTitle()+"在 "+day+" 不在任。", suitetest.FieldViolations(t, err)[0].GetDescription())
		}
	}
}

func TestC6_FaultyContactsNameEveryFault(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	own := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	others := networktest.Appoint(t, s, networktest.City, networktest.County).GetName()
	left := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	_, err := networkv1.NewOfficerServiceClient(s.As("clerk", networktest.Township)).DismissOfficer(t.Context(),
		&networkv1.DismissOfficerRequest{Name: left, Reason: "调离。"})
	require.NoError(t, err)
	client := networkv1.NewOfficerContactServiceClient(s.As("clerk", networktest.Township))
	contact := &networkv1.OfficerContact{
		Unit: networktest.Township, Kind: "party", Day: "2026-11-03",
		Officers: []string{own, others, own, left, "officers/none", "officers/a-b"},
	}
	_, err = client.RecordOfficerContact(t.Context(), &networkv1.RecordOfficerContactRequest{Contact: contact})
	networktest.Refused(t, err, codes.InvalidArgument, "contact.kind", "contact.day", "contact.officers[1]",
		"contact.officers[2]",
		"contact.officers[3]", "contact.officers[4]", "contact.officers[5]")
	for _, hostile := range []string{"\u202e", "a\x00b", strings.Repeat("长", 2001)} {
		_, err = client.RecordOfficerContact(t.Context(),
			&networkv1.RecordOfficerContactRequest{Contact: &networkv1.OfficerContact{
				Unit: networktest.Township, Kind: "visit", Day: "2026-11-01", Officers: []string{own}, Note: hostile,
			}})
		networktest.Refused(t, err, codes.InvalidArgument, "contact.note")
	}
	_, err = networkv1.NewOfficerContactServiceClient(s.As("clerk", networktest.City)).RecordOfficerContact(t.Context(),
		&networkv1.RecordOfficerContactRequest{Contact: &networkv1.OfficerContact{
			Unit: networktest.Township, Kind: "visit", Day: "2026-11-01", Officers: []string{own},
		}})
	networktest.Refused(t, err, codes.PermissionDenied)
	listed, err := client.ListOfficerContacts(t.Context(), &networkv1.ListOfficerContactsRequest{Unit: networktest.Township})
	require.NoError(t, err)
	assert.Empty(t, listed.GetContacts(), "nothing was stored")
}
