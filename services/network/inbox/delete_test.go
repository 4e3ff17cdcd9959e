package inbox_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox/inboxtest"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// deliver notes for a message that it is on its way to a contact point, in a state.
func deliver(t *testing.T, s *suitetest.Suite, m *networkv1.Message, state networkv1.DeliveryState) {
	t.Helper()
	_, err := inboxtest.Store(t, s).Exec(t.Context(), `
		INSERT INTO deliveries (region, message_key, contact_region, contact_key, unit_id, by_mail, state, next_time, create_time)
		SELECT region, message_key, region, 'c', unit_id, true, $2, create_time + interval '9 years', create_time FROM messages
		WHERE 'messages/' || region || '-' || message_key = $1`, m.GetName(), state.String())
	require.NoError(t, err)
}

func count(t *testing.T, s *suitetest.Suite, table string) (rows int) {
	t.Helper()
	require.NoError(t, inboxtest.Store(t, s).QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&rows))
	return rows
}

func TestH6_OldDeliveredMessagesAreDeleted(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t, func(c *suite.Config) { c.MessageRetentionDays = suite.MinMessageRetentionDays })
	fill(t, s)
	client := reader(s, "clerk", networktest.OtherTownship)
	m := listed(t, client, 10, false)
	_, err := client.MarkMessagesRead(t.Context(), &networkv1.MarkMessagesReadRequest{
		Unit: networktest.OtherTownship, Names: []string{m[0].GetName(), m[1].GetName()},
	})
	require.NoError(t, err)
	deliver(t, s, m[1], networkv1.DeliveryState_DELIVERY_STATE_PENDING)
	deliver(t, s, m[2], networkv1.DeliveryState_DELIVERY_STATE_DELIVERED)
	deliver(t, s, m[3], networkv1.DeliveryState_DELIVERY_STATE_FAILED)
	_, err = inboxtest.Store(t, s).Exec(t.Context(),
		`INSERT INTO sent_reminders VALUES ('340500', 'monthly', '2026-09', 'late', '2026-10-31', '2026-10-31')`)
	require.NoError(t, err)
	audited := count(t, s, "journal")

	s.Clock.Advance(suite.MinMessageRetentionDays * 24 * time.Hour)
	s.RunJob(inbox.DeleteJob)
	require.Len(t, listed(t, client, 10, false), 5, "on the last day all are there")
	s.Clock.Advance(time.Hour)
	s.RunJob(inbox.DeleteJob)
	left := listed(t, client, 10, false)
	require.Len(t, left, 3)
	assert.Equal(t, []string{m[1].GetName(), m[3].GetName(), m[4].GetName()},
		[]string{left[0].GetName(), left[1].GetName(), left[2].GetName()}, "what is under way or reached nobody stays")
	assert.Equal(t, 2, count(t, s, "deliveries"), "those of a forgotten message are forgotten with it")
	assert.Zero(t, count(t, s, "sent_reminders WHERE due_on = '2026-10-31'"))
	assert.GreaterOrEqual(t, count(t, s, "journal"), audited)
}

func TestH6_MessagesAreKeptByDefault(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	fill(t, s)
	client := reader(s, "clerk", networktest.OtherTownship)
	all := &networkv1.MarkMessagesReadRequest{Unit: networktest.OtherTownship}
	for _, m := range listed(t, client, 10, false) {
		all.Names = append(all.Names, m.GetName())
	}
	_, err := client.MarkMessagesRead(t.Context(), all)
	require.NoError(t, err)
	s.Clock.Advance(8 * 366 * 24 * time.Hour)
	s.RunJob(inbox.DeleteJob)
	assert.Len(t, listed(t, client, 10, false), 5)
	assert.ErrorContains(t, suite.Config{Level: 2, MessageRetentionDays: 30}.Validate(), "at least")
}
