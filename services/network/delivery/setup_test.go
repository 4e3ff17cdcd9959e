package delivery_test

import (
	"testing"

	"github.com/emersion/go-smtp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/courier"
	"github.com/qingfeng-suite/qingfeng/services/internal/courier/couriertest"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/delivery"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox/inboxtest"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const town = networktest.Village // no report is owed there, so that the suite sends it nothing of its own

var errNoUser = &smtp.SMTPError{Code: 550, Message: "no such user"}

// world is a suite with a mail server, which is not started, and a webhook.
type world struct {
	*suitetest.Suite

	t      *testing.T
	cfg    courier.Config
	mail   *couriertest.MailServer
	hook   *couriertest.Hook
	book   *record.Store
	points networkv1.ContactPointServiceClient
	sent   int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, mail: couriertest.NewMailServer(t), hook: couriertest.NewHook(t)}
	w.cfg = courier.Config{
		SMTP: courier.SMTP{Address: w.mail.Address, From: "清风 <qf@example.org>", TLS: courier.NoTLS},
		CA:   w.hook.CA(t), Webhook: courier.Webhook{Allow: []string{"127.0.0.0/8"}},
	}
	w.Suite = suitetest.New(t, func(c *suite.Config) { c.Delivery = w.cfg })
	w.book = inboxtest.Store(t, w.Suite)
	w.points = networkv1.NewContactPointServiceClient(w.As("clerk", town))
	return w
}

func email(address string) *networkv1.ContactPoint {
	return &networkv1.ContactPoint{
		Unit: town, Title: "值班室", Address: &networkv1.ContactPoint_Email{Email: address},
	}
}

func webhook(url string, kinds ...string) *networkv1.ContactPoint {
	return &networkv1.ContactPoint{
		Unit: town, Title: "办公系统", Address: &networkv1.ContactPoint_Webhook{Webhook: url}, Kinds: kinds,
		Language: networkv1.ContactLanguage_CONTACT_LANGUAGE_EN,
	}
}

func (w *world) add(point *networkv1.ContactPoint) *networkv1.CreateContactPointResponse {
	w.t.Helper()
	answer, err := w.points.CreateContactPoint(w.t.Context(), &networkv1.CreateContactPointRequest{ContactPoint: point})
	require.NoError(w.t, err)
	return answer
}

// send tells the town of something new.
func (w *world) send() {
	w.t.Helper()
	w.sent++
	inboxtest.Notify(w.t, w.book, inboxtest.ReportDueSoon(w.t, w.Suite, town, "reports/test."+string(rune('a'+w.sent))))
}

// deliver delivers what is due. A run of the suite's own may have taken some of it just before; the second run waits for that one.
func (w *world) deliver() {
	w.RunJob(delivery.DeliverJob)
	w.RunJob(delivery.DeliverJob)
}

// deliveries are those of the town, the newest first.
func (w *world) deliveries() []*networkv1.Delivery {
	w.t.Helper()
	answer, err := w.points.ListDeliveries(w.t.Context(), &networkv1.ListDeliveriesRequest{Unit: town, PageSize: 1000})
	require.NoError(w.t, err)
	return answer.GetDeliveries()
}

// of is the one delivery to a contact point.
func (w *world) of(point *networkv1.CreateContactPointResponse) *networkv1.Delivery {
	w.t.Helper()
	var found []*networkv1.Delivery
	for _, d := range w.deliveries() {
		if d.GetContactPoint() == point.GetContactPoint().GetName() {
			found = append(found, d)
		}
	}
	require.Len(w.t, found, 1)
	return found[0]
}

// replica is another process that delivers.
func (w *world) replica() *delivery.Server {
	w.t.Helper()
	book := inboxtest.Store(w.t, w.Suite)
	queue, err := jobs.New(book, zap.NewNop())
	require.NoError(w.t, err)
	c, err := courier.New(w.cfg, w.t.TempDir()+"/delivery.key", w.Clock)
	require.NoError(w.t, err)
	return delivery.New(service.Env{Store: book, Queue: queue, Courier: c, Metrics: prometheus.NewRegistry(), Log: zap.NewNop()})
}
