package delivery

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/courier"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// DeliverJob is the job that delivers what is due (H6).
const DeliverJob = "network.deliver"

const (
	deliverEvery = 10 * time.Second
	// batchSize is how many deliveries are taken at once, and workers how many webhooks are called at once: even if none of
	// them answers, a batch is through in time.
	batchSize = 100
	workers   = 25
	// sendTimeout leaves a run, of two minutes at most, the time to write down how it went.
	sendTimeout = 90 * time.Second
	// lostTimeout is when an attempt that nobody wrote down counts as lost, with its process. It is longer than a run.
	lostTimeout = 3 * time.Minute
)

const (
	pending   = networkv1.DeliveryState_DELIVERY_STATE_PENDING
	delivered = networkv1.DeliveryState_DELIVERY_STATE_DELIVERED
	failed    = networkv1.DeliveryState_DELIVERY_STATE_FAILED
)

type state = networkv1.DeliveryState

// delivery is one attempt under way.
type delivery struct {
	row   db.ClaimDeliveriesRow
	point *networkv1.ContactPoint
	// attempted is false where the attempt was called off: others of the same receiver had failed, or time was up.
	attempted bool
	// err is why it failed, a *courier.Failure; nil with tried: it arrived.
	err error
	// unreachable means that the receiver gave no answer at all, so that it is left alone for a while.
	unreachable bool
}

// Deliver delivers what is due, mails and calls side by side, so that neither waits for the other. What is under way when
// its process dies is tried again once it counts as lost.
func (s *Server) Deliver(ctx context.Context) error {
	var both errgroup.Group
	both.Go(func() error { return s.deliverChannel(ctx, true, s.sendMails) })
	both.Go(func() error { return s.deliverChannel(ctx, false, s.callWebhooks) })
	return both.Wait()
}

// deliverChannel delivers batches of one channel until none is due, time is up or send returns false.
func (s *Server) deliverChannel(ctx context.Context, byMail bool, send func(context.Context, []*delivery) (more bool)) error {
	sending, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	for more := true; more && sending.Err() == nil; {
		batch, err := s.claim(ctx, byMail)
		if err != nil || len(batch) == 0 {
			return err
		}
		more = send(sending, deliverable(batch))
		if err := s.saveOutcomes(ctx, byMail, batch); err != nil {
			return err
		}
		if err := s.switchOffGone(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) claim(ctx context.Context, byMail bool) ([]*delivery, error) {
	now := s.store.Clock.Now()
	rows, err := db.New(s.store).ClaimDeliveries(ctx, db.ClaimDeliveriesParams{
		ByMail: byMail, Now: now, LostTime: now.Add(lostTimeout), BatchSize: batchSize,
	})
	if err != nil {
		return nil, err
	}
	return document.DecodeAll(ctx, rows, func(row db.ClaimDeliveriesRow) (*delivery, error) {
		d := &delivery{row: row}
		if row.Paused == nil { // deleted while the message was being told
			d.err = &courier.Failure{Reason: "CONTACT_POINT_GONE", Permanent: true}
			return d, nil
		}
		if *row.Paused {
			d.err = &courier.Failure{Reason: "CONTACT_POINT_PAUSED"}
		}
		var err error
		d.point, err = document.Decode[*networkv1.ContactPoint](row.Body)
		return d, err
	})
}

// deliverable are the deliveries that can be tried.
func deliverable(batch []*delivery) []*delivery {
	var list []*delivery
	for _, d := range batch {
		if d.err == nil {
			list = append(list, d)
		}
	}
	return list
}

// sendMails sends a batch over one connection. A letter that breaks the connection does not keep the next from another one; where
// there is none to be had, the rest fails as it did, and later batches need not try.
func (s *Server) sendMails(ctx context.Context, batch []*delivery) bool {
	var session *courier.MailSession
	defer func() {
		if session != nil {
			session.Close()
		}
	}()
	for i, d := range batch {
		if ctx.Err() != nil {
			return false
		}
		if session == nil {
			var err error
			if session, err = s.courier.OpenMailSession(ctx); err != nil {
				for _, rest := range batch[i:] {
					rest.attempted, rest.err = true, err
				}
				return false
			}
		}
		d.attempted = true
		d.err = session.Send(mailOf(d))
		if d.err != nil && !answered(d.err) {
			session.Close()
			session = nil
		}
	}
	return true
}

// callWebhooks calls the webhooks of a batch: several at once, but those of one contact point one after the other. Once one of
// these does not answer as it should, the others wait as well.
func (s *Server) callWebhooks(ctx context.Context, batch []*delivery) bool {
	byPoint, order := map[string][]*delivery{}, []string{}
	for _, d := range batch {
		if byPoint[d.row.ContactKey] == nil {
			order = append(order, d.row.ContactKey)
		}
		byPoint[d.row.ContactKey] = append(byPoint[d.row.ContactKey], d)
	}
	var group errgroup.Group
	group.SetLimit(workers)
	for _, key := range order {
		group.Go(func() error {
			s.callOneWebhook(ctx, byPoint[key])
			return nil
		})
	}
	_ = group.Wait() // none of them fails: how it went stands in each delivery
	return true
}

func (s *Server) callOneWebhook(ctx context.Context, list []*delivery) {
	for i, d := range list {
		if ctx.Err() != nil {
			return
		}
		d.attempted = true
		d.err = s.callOnce(ctx, d)
		switch {
		case gone(d.err):
			for _, others := range list[i:] {
				others.err = d.err
			}
			return
		case d.err != nil && !permanent(d.err):
			for _, waiting := range list[i:] {
				waiting.err, waiting.unreachable = d.err, true
			}
			return
		}
	}
}

func (s *Server) callOnce(ctx context.Context, d *delivery) error {
	c, err := callOf(d)
	if err != nil {
		return &courier.Failure{Reason: "UNSENDABLE", Permanent: true}
	}
	return s.courier.Post(ctx, c)
}

func permanent(err error) bool {
	var f *courier.Failure
	return errors.As(err, &f) && f.Permanent
}

// gone tells whether the receiver wants nothing any more.
func gone(err error) bool {
	var f *courier.Failure
	return errors.As(err, &f) && f.Reason == courier.Gone
}

// answered tells whether the mail server itself refused a letter: the connection holds.
func answered(err error) bool {
	var f *courier.Failure
	return errors.As(err, &f) && f.Refused
}
