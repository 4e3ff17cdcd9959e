package officers_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// informant is who holds a role of the body's officers by a token made for an officer, or for none.
func informant(s *suitetest.Suite, officer, unit string) networkv1.InboxServiceClient {
	return networkv1.NewInboxServiceClient(s.AsPrincipal(access.Principal{
		Subject: "accounts/li", Officer: officer, Unit: unit, Roles: []string{"informant"},
	}))
}

// titles are what the messages say that somebody reads of a unit's, the newest first.
func titles(t *testing.T, inbox networkv1.InboxServiceClient, unit string) (said []string) {
	t.Helper()
	answer, err := inbox.ListMessages(t.Context(), &networkv1.ListMessagesRequest{Unit: unit})
	require.NoError(t, err)
	for _, m := range answer.GetMessages() {
		said = append(said, m.GetTitle())
	}
	unread, err := inbox.CountUnreadMessages(t.Context(), &networkv1.CountUnreadMessagesRequest{Unit: unit})
	require.NoError(t, err)
	assert.EqualValues(t, len(said), unread.GetUnread())
	return said
}

func TestC6_AnOfficerReadsWhatIsDecidedAboutThem(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	officer := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	colleague := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	client := as(s, networktest.Township)
	for _, to := range []string{"2026-12-31", "2027-12-31", "2027-06-30", ""} {
		_, err := client.RenewTerm(t.Context(), &networkv1.RenewTermRequest{Name: officer, TermTo: to})
		require.NoError(t, err)
	}
	_, err := client.CommendOfficer(t.Context(), &networkv1.CommendOfficerRequest{Name: officer, Day: "2026-11-01", Reason: "及时。"})
	require.NoError(t, err)
	assert.Equal(t, []string{
		"张三 受到表彰：及时。",
		"张三 已续聘，任期不设届满日。",
		"张三 的任期已缩短，至 2027-06-30 届满。",
		"张三 已续聘，任期至 2027-12-31。",
		"张三 的任期已缩短，至 2026-12-31 届满。",
		"张三 已聘任为普通信息员，自 2026-01-01 起任职。",
	}, titles(t, informant(s, officer, ""), networktest.Village))
	assert.Len(t, titles(t, informant(s, colleague, ""), networktest.Village), 1, "of the other, nothing")
	assert.Empty(t, titles(t, informant(s, "", networktest.Village), networktest.Village))

	inbox := informant(s, officer, "")
	answer, err := inbox.ListMessages(t.Context(), &networkv1.ListMessagesRequest{Unit: networktest.Village, UnreadOnly: true})
	require.NoError(t, err)
	assert.Empty(t, answer.GetMessages()[0].GetResource(), "a record that they may not read")
	mark := &networkv1.MarkMessagesReadRequest{Unit: networktest.Village, Names: []string{answer.GetMessages()[0].GetName()}}
	_, err = informant(s, colleague, "").MarkMessagesRead(t.Context(), mark)
	networktest.Refused(t, err, codes.NotFound, "names[0]")
	_, err = inbox.MarkMessagesRead(t.Context(), mark)
	require.NoError(t, err)
}

func TestC6_AMessageNamesTheOffice(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	_, err := networkv1.NewOfficerServiceClient(s.As("handler", networktest.City)).AppointOfficer(t.Context(),
		&networkv1.AppointOfficerRequest{Officer: networktest.Officer(networktest.City, networktest.Township,
			networkv1.OfficerType_OFFICER_TYPE_LEADER_IN_CHARGE)})
	require.NoError(t, err)
	inbox := networkv1.NewInboxServiceClient(s.As("clerk", networktest.Township))
	assert.Equal(t, []string{"张三 已聘任为分管领导，自 2026-01-01 起任职。"}, titles(t, inbox, networktest.Township))
}

func TestC6_NobodyIsAppointedForATermThatIsOver(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	wanted := networktest.Officer(networktest.Township, networktest.Village, regular)
	wanted.TermTo = "2026-11-01"
	_, err := as(s, networktest.Township).AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: wanted})
	networktest.Refused(t, err, codes.InvalidArgument, "officer.term_to")
	wanted.TermTo = "2026-11-02"
	_, err = as(s, networktest.Township).AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{Officer: wanted})
	require.NoError(t, err, "the term runs today")
}
