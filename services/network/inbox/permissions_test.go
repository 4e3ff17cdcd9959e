package inbox_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox/inboxtest"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// TestC8_MessagesOfTipsAreForThoseWhoMayReadTips has an urgent tip come: the informants of the unit that handles it learn nothing.
func TestC8_MessagesOfTipsAreForThoseWhoMayReadTips(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	urgent := networktest.ValidTip()
	urgent.Urgent = true
	networktest.SubmitTip(t, s, "units/340503001004", urgent)
	unit := networktest.Township
	list := func(role string) []*networkv1.Message {
		answer, err := reader(s, role, unit).ListMessages(t.Context(), &networkv1.ListMessagesRequest{Unit: unit})
		require.NoError(t, err)
		unread, err := reader(s, role, unit).ListMessages(t.Context(),
			&networkv1.ListMessagesRequest{Unit: unit, UnreadOnly: true, Kinds: []string{"inbox.urgent_tip"}})
		require.NoError(t, err)
		count, err := reader(s, role, unit).CountUnreadMessages(t.Context(), &networkv1.CountUnreadMessagesRequest{Unit: unit})
		require.NoError(t, err)
		assert.Len(t, answer.GetMessages(), int(count.GetUnread()))
		assert.Len(t, unread.GetMessages(), int(count.GetUnread()))
		return answer.GetMessages()
	}
	told := list("clerk")
	require.Len(t, told, 1)
	assert.Equal(t, "inbox.urgent_tip", told[0].GetKind())
	assert.Empty(t, list("informant"))
	mark := &networkv1.MarkMessagesReadRequest{Unit: unit, Names: []string{told[0].GetName()}}
	_, err := reader(s, "informant", unit).MarkMessagesRead(t.Context(), mark)
	networktest.Refused(t, err, codes.NotFound, "names[0]")
	_, err = reader(s, "clerk", unit).MarkMessagesRead(t.Context(), mark)
	require.NoError(t, err)
}

// TestEveryKindSaysWhoReadsIt keeps a new kind from being read by all since nobody thought of it.
func TestEveryKindSaysWhoReadsIt(t *testing.T) {
	t.Parallel()
	for prefix, permission := range inbox.Permissions {
		assert.True(t, permission == "" || access.IsPermission(permission), permission)
		assert.True(t, slices.ContainsFunc(words.Keys("inbox."), func(kind string) bool { return strings.HasPrefix(kind, prefix) }), prefix)
	}
	for _, kind := range words.Keys("inbox.") {
		said := 0
		for prefix := range inbox.Permissions {
			if strings.HasPrefix(kind, prefix) {
				said++
			}
		}
		assert.Equal(t, 1, said, kind)
	}
}

// Reading the inbox is the everyday work of informants: an entry that names them just before a tip would name its sender.
func TestX3_TheJournalDoesNotSayThatAnInformantHasReadTheInbox(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	unit := networktest.OtherTownship
	published := inboxtest.ReportDueSoon(t, s, unit, unit)
	published.Sentence = words.InboxHandbookPublished("镇纪委", "信息员手册", "1")
	inboxtest.Notify(t, inboxtest.Store(t, s), published)
	name := listed(t, reader(s, "informant", unit), 1, false)[0].GetName()
	names := func(role string) (actors []string) {
		_, err := reader(s, role, unit).MarkMessagesRead(t.Context(), &networkv1.MarkMessagesReadRequest{Unit: unit, Names: []string{name}})
		require.NoError(t, err)
		entries, err := networkv1.NewJournalServiceClient(s.As("reviewer", networktest.City)).ListJournal(t.Context(),
			&typev1.ListJournalRequest{Unit: networktest.City})
		require.NoError(t, err)
		for _, entry := range entries.GetEntries() {
			if entry.GetEvent() == "network.InboxService.MarkMessagesRead" {
				actors = append(actors, entry.GetActor())
			}
		}
		return actors
	}
	assert.Empty(t, names("informant"))
	assert.Empty(t, names("clerk"), "who may send tips too")
	assert.Len(t, names("reviewer"), 1)
}
