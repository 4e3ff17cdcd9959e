package inbox_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox/inboxtest"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// fill sends a township five messages, one of them twice.
func fill(t *testing.T, s *suitetest.Suite) {
	t.Helper()
	book := inboxtest.Store(t, s)
	for i := range 5 {
		inboxtest.Notify(t, book,
			inboxtest.ReportDueSoon(t, s, networktest.OtherTownship, fmt.Sprint("handbooks/340504001-", i)))
	}
	inboxtest.Notify(t, book, inboxtest.ReportDueSoon(t, s, networktest.OtherTownship, "handbooks/340504001-2"))
}

func reader(s *suitetest.Suite, role, unit string) networkv1.InboxServiceClient {
	return networkv1.NewInboxServiceClient(s.As(role, unit))
}

// listed reads all messages, page by page.
func listed(t *testing.T, client networkv1.InboxServiceClient, size int32, unread bool) []*networkv1.Message {
	t.Helper()
	var all []*networkv1.Message
	req := &networkv1.ListMessagesRequest{Unit: networktest.OtherTownship, PageSize: size, UnreadOnly: unread}
	for more := true; more; more = req.GetPageToken() != "" {
		answer, err := client.ListMessages(t.Context(), req)
		require.NoError(t, err)
		all = append(all, answer.GetMessages()...)
		req.PageToken = answer.GetNextPageToken()
	}
	return all
}

func TestH6_InboxIsListedNewestFirst(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	fill(t, s)
	client := reader(s, "clerk", networktest.OtherTownship)
	messages := listed(t, client, 2, false)
	require.Len(t, messages, 5, "what was sent twice is there once")
	for i, m := range messages {
		assert.Equal(t, fmt.Sprint("handbooks/340504001-", 4-i), m.GetResource())
		assert.Nil(t, m.GetReadTime())
		assert.Equal(t, suitetest.Start, m.GetCreateTime().AsTime())
	}
	assert.Equal(t, "《乡镇 月报》（2026-10）尚未报送，2026-11-05 截止。", messages[0].GetTitle())
	english, err := client.ListMessages(metadata.AppendToOutgoingContext(t.Context(), "accept-language", "en-GB, zh;q=0.5"),
		&networkv1.ListMessagesRequest{Unit: networktest.OtherTownship, PageSize: 1})
	require.NoError(t, err)
	assert.Contains(t, english.GetMessages()[0].GetTitle(), "has not been sent")
	assert.Contains(t, words.InboxReportCloses(words.Title{Zh: "月报", En: "Report"}, "2026-10", "2026-11-05").In(words.English), "Report (")
	assert.Equal(t, "inbox.of_later", inbox.Text("en", "inbox.of_later", nil), "what an older replica does not know it names")
	_, err = client.ListMessages(t.Context(), &networkv1.ListMessagesRequest{Unit: networktest.OtherTownship, PageToken: "x"})
	networktest.Refused(t, err, codes.InvalidArgument, "page_token")
}

func TestH6_OnlyMarkedMessagesAreRead(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	fill(t, s)
	client := reader(s, "clerk", networktest.OtherTownship)
	m := listed(t, client, 1000, false)
	count := func() int64 {
		answer, err := client.CountUnreadMessages(t.Context(), &networkv1.CountUnreadMessagesRequest{
			Unit: networktest.OtherTownship,
		})
		require.NoError(t, err)
		return answer.GetUnread()
	}
	before := count()
	mark := func(names ...string) (*networkv1.MarkMessagesReadResponse, error) {
		return client.MarkMessagesRead(t.Context(), &networkv1.MarkMessagesReadRequest{
			Unit: networktest.OtherTownship, Names: names,
		})
	}
	_, err := mark(m[0].GetName(), "messages/340504-00")
	networktest.Refused(t, err, codes.NotFound, "names[1]")
	assert.Equal(t, before, count(), "nothing half done")
	_, err = mark()
	networktest.Refused(t, err, codes.InvalidArgument, "names")
	marked, err := mark(m[0].GetName(), m[0].GetName())
	require.NoError(t, err)
	assert.EqualValues(t, 1, marked.GetMarked())
	marked, err = mark(m[3].GetName(), m[4].GetName())
	require.NoError(t, err)
	assert.EqualValues(t, 2, marked.GetMarked())
	marked, err = mark(m[0].GetName(), m[3].GetName())
	require.NoError(t, err)
	assert.Zero(t, marked.GetMarked(), "what was read keeps its time")
	unread := listed(t, client, 1, true)
	require.Len(t, unread, 2)
	assert.Equal(t, []string{m[1].GetName(), m[2].GetName()}, []string{unread[0].GetName(), unread[1].GetName()})
	assert.Len(t, listed(t, client, 3, false), 5)
	_, err = client.MarkMessagesRead(t.Context(), &networkv1.MarkMessagesReadRequest{
		Unit: networktest.OtherTownship, Names: []string{"tips/1", "messages/340504-1"}, RequestId: "1",
	})
	networktest.Refused(t, err, codes.InvalidArgument, "names[0]", "request_id")
}

func TestH6_UnitAboveCannotReadAnInbox(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	fill(t, s)
	list := &networkv1.ListMessagesRequest{Unit: networktest.OtherTownship}
	count := &networkv1.CountUnreadMessagesRequest{Unit: networktest.OtherTownship}
	mark := &networkv1.MarkMessagesReadRequest{Unit: networktest.OtherTownship, Names: []string{"messages/340504-1"}}
	above := reader(s, "handler", networktest.City)
	_, err := above.ListMessages(t.Context(), list)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")
	_, err = above.CountUnreadMessages(t.Context(), count)
	networktest.Refused(t, err, codes.PermissionDenied)
	_, err = above.MarkMessagesRead(t.Context(), mark)
	networktest.Refused(t, err, codes.PermissionDenied)
	_, err = reader(s, access.Administrator, networktest.City).ListMessages(t.Context(), list)
	require.NoError(t, err)
	for _, role := range []string{"clerk", "informant", access.Administrator} {
		_, err = reader(s, role, networktest.Township).ListMessages(t.Context(), list)
		networktest.Refused(t, err, codes.NotFound)
	}
	_, err = reader(s, "unheard_of", networktest.OtherTownship).ListMessages(t.Context(), list)
	networktest.Refused(t, err, codes.PermissionDenied)
	own := listed(t, reader(s, "clerk", networktest.OtherTownship), 10, false)
	_, err = reader(s, "clerk", networktest.Township).MarkMessagesRead(t.Context(), &networkv1.MarkMessagesReadRequest{
		Unit: networktest.Township, Names: []string{own[0].GetName()},
	})
	networktest.Refused(t, err, codes.NotFound, "names[0]")
}
