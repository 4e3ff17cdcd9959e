package delivery_test

import (
	"io"
	"net"
	"net/http"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox/inboxtest"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

const (
	pending   = networkv1.DeliveryState_DELIVERY_STATE_PENDING
	delivered = networkv1.DeliveryState_DELIVERY_STATE_DELIVERED
	failed    = networkv1.DeliveryState_DELIVERY_STATE_FAILED
)

func TestH6_MessageIsDeliveredByMailAndWebhook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mail.Start()
	duty, system := w.add(email("duty@example.org")), w.add(webhook(w.hook.URL, "inbox.report_closes"))
	w.add(webhook(w.hook.URL, "inbox.report_late"))
	off := email("off@example.org")
	off.Paused = true
	w.add(off)
	w.send()
	w.deliver()
	w.deliver()

	to, mails := w.mail.Mails()
	require.Equal(t, []string{"duty@example.org"}, to)
	read, err := mail.ReadMessage(strings.NewReader(mails[0]))
	require.NoError(t, err)
	assert.Equal(t, "<"+w.of(duty).GetId()+"@example.org>", read.Header.Get("Message-Id"))
	body, err := io.ReadAll(read.Body)
	require.NoError(t, err)
	assert.Contains(t, string(body), "reports/test.b")

	calls := w.hook.Calls()
	require.Len(t, calls, 1)
	message := &networkv1.Message{}
	require.NoError(t, protojson.Unmarshal([]byte(calls[0].Body), message))
	assert.Equal(t, "Monthly report (2026-10) has not been sent; it is due by 2026-11-05.", message.GetTitle())
	assert.Equal(t, "reports/test.b", message.GetResource())
	assert.Equal(t, w.of(system).GetMessage(), message.GetName())
	assert.Equal(t, w.of(system).GetId(), calls[0].Header.Get("Webhook-Id"))
	list := w.deliveries()
	require.Len(t, list, 2, "neither another kind nor what is paused")
	for _, d := range list {
		assert.Equal(t, delivered, d.GetState())
		assert.EqualValues(t, 1, d.GetAttempts())
		assert.NotNil(t, d.GetFinishTime())
		assert.Nil(t, d.GetNextTime())
	}
}

func TestH6_MailServerOutageLosesNoMailAndDelaysNoWebhook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	duty, system := w.add(email("duty@example.org")), w.add(webhook(w.hook.URL))
	w.send()
	w.deliver()
	d := w.of(duty)
	assert.Equal(t, pending, d.GetState())
	assert.Equal(t, "UNREACHABLE", d.GetReason())
	assert.True(t, d.GetNextTime().AsTime().After(w.Clock.Now()))
	assert.Equal(t, delivered, w.of(system).GetState())
	w.mail.Start()
	w.deliver()
	assert.Equal(t, pending, w.of(duty).GetState(), "its time has not come")
	w.Clock.Advance(2 * time.Minute)
	w.deliver()
	assert.Equal(t, delivered, w.of(duty).GetState())
	assert.EqualValues(t, 2, w.of(duty).GetAttempts())
	assert.Empty(t, w.of(duty).GetReason())
	to, _ := w.mail.Mails()
	assert.Len(t, to, 1)
}

func TestH6_WebhookIsRetriedAndFailsAfterADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	system := w.add(webhook(w.hook.URL))
	w.hook.Answer(500)
	w.send()
	w.deliver()
	assert.Equal(t, "HTTP_500", w.of(system).GetReason())
	w.hook.Answer(200)
	w.Clock.Advance(2 * time.Minute)
	w.deliver()
	assert.Equal(t, delivered, w.of(system).GetState())
	calls := w.hook.Calls()
	require.Len(t, calls, 2)
	assert.Equal(t, calls[0].Header.Get("Webhook-Id"), calls[1].Header.Get("Webhook-Id"))
	assert.NotEqual(t, calls[0].Header.Get("Webhook-Signature"), calls[1].Header.Get("Webhook-Signature"),
		"each attempt is signed at its time")

	w.hook.Answer(503)
	w.send()
	for range 54 {
		w.deliver()
		w.Clock.Advance(time.Hour)
	}
	given := w.deliveries()[0]
	assert.Equal(t, failed, given.GetState())
	assert.Equal(t, "HTTP_503", given.GetReason())
	assert.Greater(t, given.GetAttempts(), int32(5))
	assert.Less(t, given.GetAttempts(), int32(30), "the pauses grow")
	only, err := w.points.ListDeliveries(t.Context(), &networkv1.ListDeliveriesRequest{
		Unit: town, States: []networkv1.DeliveryState{failed},
	})
	require.NoError(t, err)
	assert.Len(t, only.GetDeliveries(), 1)
}

// TestC8_DeliveryOfAnUrgentTipTellsItsDayAlone looks for the time at which a tip was sent in what is told of its message.
func TestC8_DeliveryOfAnUrgentTipTellsItsDayAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add(email("a@example.org"))
	system := w.add(webhook(w.hook.URL))
	w.hook.Answer(503)
	content := networktest.ValidTip()
	content.Urgent = true
	tip, err := networkv1.NewTipServiceClient(w.As("informant", networktest.OtherTownship)).SubmitTip(t.Context(),
		&networkv1.SubmitTipRequest{Content: content, Recipient: town})
	require.NoError(t, err)
	day := tip.GetReceiveTime().AsTime()
	require.NotEqual(t, day, w.Clock.Now())
	w.deliver()
	list := w.deliveries()
	require.Len(t, list, 2)
	for _, d := range list {
		assert.Equal(t, day, d.GetCreateTime().AsTime())
		if d.GetState() == delivered {
			assert.Equal(t, day, d.GetFinishTime().AsTime())
		} else {
			assert.Equal(t, day, d.GetNextTime().AsTime())
		}
	}
	assert.EqualValues(t, 1, w.of(system).GetAttempts(), "it was tried at once")
}

func TestH6_WebhookThatIsGoneIsSwitchedOffAndTheUnitTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	system := w.add(webhook(w.hook.URL)).GetContactPoint()
	w.hook.Answer(http.StatusGone)
	w.send()
	w.send()
	w.deliver()
	assert.Len(t, w.hook.Calls(), 1, "it is called no more")
	point, err := w.points.GetContactPoint(t.Context(), &networkv1.GetContactPointRequest{Name: system.GetName()})
	require.NoError(t, err)
	assert.True(t, point.GetPaused())
	assert.True(t, w.Clock.Now().Equal(point.GetGoneTime().AsTime()))
	for _, d := range w.deliveries() {
		assert.Equal(t, failed, d.GetState())
		assert.Equal(t, "HTTP_410", d.GetReason())
	}
	inbox := networkv1.NewInboxServiceClient(w.As("clerk", town))
	told, err := inbox.ListMessages(t.Context(), &networkv1.ListMessagesRequest{Unit: town, Kinds: []string{"inbox.contact_point_gone"}})
	require.NoError(t, err)
	require.Len(t, told.GetMessages(), 1, "of three messages the one of that kind")
	assert.Equal(t, system.GetName(), told.GetMessages()[0].GetResource())
	assert.Contains(t, told.GetMessages()[0].GetTitle(), system.GetTitle())
	_, err = inbox.ListMessages(t.Context(), &networkv1.ListMessagesRequest{Unit: town, Kinds: []string{"inbox.gossip"}})
	networktest.Refused(t, err, codes.InvalidArgument, "kinds[0]")

	w.hook.Answer(http.StatusOK)
	on, err := w.points.UpdateContactPoint(t.Context(), &networkv1.UpdateContactPointRequest{
		ContactPoint: &networkv1.ContactPoint{Name: system.GetName()},
		UpdateMask:   &fieldmaskpb.FieldMask{Paths: []string{"paused"}},
	})
	require.NoError(t, err)
	assert.Nil(t, on.GetGoneTime())
	other := w.add(webhook(w.hook.URL)).GetContactPoint()
	w.send()
	w.deliver()
	assert.Len(t, w.hook.Calls(), 3, "the new message goes to both")
	for name, count := range map[string]int{system.GetName(): 4, other.GetName(): 1, "": 5} {
		listed, err := w.points.ListDeliveries(t.Context(), &networkv1.ListDeliveriesRequest{Unit: town, ContactPoint: name})
		require.NoError(t, err)
		assert.Len(t, listed.GetDeliveries(), count, "of one contact point where it is named")
	}
}

func TestH6_RefusedAddressDelaysNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mail.Start()
	w.mail.Refuse("nobody@example.org", errNoUser)
	w.mail.Refuse("bomb@example.org", nil)
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	require.NoError(t, err)
	defer func() { require.NoError(t, silent.Close()) }()
	nobody, bomb := w.add(email("nobody@example.org")), w.add(email("bomb@example.org"))
	hole := w.add(webhook("https://" + silent.Addr().String()))
	duty, system := w.add(email("duty@example.org")), w.add(webhook(w.hook.URL))
	w.send()
	w.deliver()
	assert.Equal(t, delivered, w.of(duty).GetState())
	assert.Equal(t, delivered, w.of(system).GetState())
	assert.Equal(t, failed, w.of(nobody).GetState(), "there is no use in trying again")
	assert.Equal(t, "SMTP_550", w.of(nobody).GetReason())
	assert.Equal(t, pending, w.of(bomb).GetState())
	assert.Equal(t, "TIMEOUT", w.of(hole).GetReason())
}

func TestH6_ReplicasShareDeliveriesAndALostOneIsRetried(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mail.Start()
	w.add(email("duty@example.org"))
	w.add(webhook(w.hook.URL))
	one := inboxtest.ReportDueSoon(t, w.Suite, town, "")
	for i := range 150 {
		one.Resource = "reports/test." + time.Duration(i).String()
		inboxtest.Notify(t, w.book, one)
	}
	// A process that dies at the worst moment: it has taken deliveries and told nobody.
	for _, byMail := range []bool{true, false} {
		taken, err := db.New(w.book).ClaimDeliveries(t.Context(), db.ClaimDeliveriesParams{
			ByMail: byMail, Now: w.Clock.Now(), LostTime: w.Clock.Now().Add(3 * time.Minute), BatchSize: 40,
		})
		require.NoError(t, err)
		require.LessOrEqual(t, len(taken), 40)
	}
	replicas := []func(){w.deliver}
	for range 2 {
		other := w.replica()
		replicas = append(replicas, func() { assert.NoError(t, other.Deliver(t.Context())) })
	}
	together := func() {
		var all sync.WaitGroup
		for _, replica := range replicas {
			all.Go(replica)
		}
		all.Wait()
	}
	together()
	w.Clock.Advance(3 * time.Minute)
	together()
	seen := map[string]int{}
	for _, call := range w.hook.Calls() {
		seen[call.Header.Get("Webhook-Id")]++
	}
	assert.Len(t, seen, 150)
	for id, times := range seen {
		assert.Equal(t, 1, times, id)
	}
	to, _ := w.mail.Mails()
	assert.Len(t, to, 150)
	for _, d := range w.deliveries() {
		require.Equal(t, delivered, d.GetState())
	}
}
