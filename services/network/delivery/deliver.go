package delivery

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/courier"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// Job is the job that delivers what is due (H6).
const Job = "network.deliver"

const (
	every = 10 * time.Second
	// batchSize is how many deliveries are taken at once, and workers how many webhooks are called at once: even if none of
	// them answers, a batch is through in time.
	batchSize = 100
	workers   = 25
	// sendWithin leaves a run, of two minutes at most, the time to write down how it went.
	sendWithin = 90 * time.Second
	// lostAfter is when an attempt that nobody wrote down counts as lost, with its process. It is longer than a run.
	lostAfter = 3 * time.Minute
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
	// tried is false where the attempt was called off: others of the same receiver had failed, or time was up.
	tried bool
	// err is why it failed, a *courier.Failure; nil with tried: it arrived.
	err error
	// silent means that the receiver gave no answer at all, so that it is left alone for a while.
	silent bool
}

// Deliver delivers what is due, mails and calls side by side, so that neither waits for the other. What is under way when
// its process dies is tried again once it counts as lost.
func (s *Server) Deliver(ctx context.Context) error {
	var both errgroup.Group
	both.Go(func() error { return s.run(ctx, true, s.mail) })
	both.Go(func() error { return s.run(ctx, false, s.post) })
	return both.Wait()
}

// run takes batch after batch of one channel until nothing is due, time is up or send says that going on is of no use.
func (s *Server) run(ctx context.Context, byMail bool, send func(context.Context, []*delivery) (goOn bool)) error {
	sending, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	for goOn := true; goOn && sending.Err() == nil; {
		batch, err := s.claim(ctx, byMail)
		if err != nil || len(batch) == 0 {
			return err
		}
		goOn = send(sending, ready(batch))
		if err := s.settle(ctx, byMail, batch); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) claim(ctx context.Context, byMail bool) ([]*delivery, error) {
	now := s.book.Clock.Now()
	rows, err := db.New(s.book).ClaimDeliveries(ctx, db.ClaimDeliveriesParams{
		ByMail: byMail, Now: now, LostTime: now.Add(lostAfter), BatchSize: batchSize,
	})
	if err != nil {
		return nil, err
	}
	return document.DecodeAll(rows, func(row db.ClaimDeliveriesRow) (*delivery, error) {
		d := &delivery{row: row}
		if row.Active == nil { // forgotten while the message was being told
			d.err = &courier.Failure{Reason: "CONTACT_POINT_GONE", Permanent: true}
			return d, nil
		}
		if !*row.Active {
			d.err = &courier.Failure{Reason: "CONTACT_POINT_INACTIVE"}
		}
		point, err := document.Decode[*networkv1.ContactPoint](row.Body)
		point.Name = resource.Sharded(resource.Contacts, row.ContactRegion, row.ContactKey)
		d.point = point
		return d, err
	})
}

// ready are the deliveries that can be tried.
func ready(batch []*delivery) []*delivery {
	var list []*delivery
	for _, d := range batch {
		if d.err == nil {
			list = append(list, d)
		}
	}
	return list
}

// mail sends a batch over one connection. A letter that breaks the connection does not keep the next from another one; where
// there is none to be had, the rest fails as it did, and later batches need not try.
func (s *Server) mail(ctx context.Context, batch []*delivery) bool {
	var open *courier.Mails
	defer func() {
		if open != nil {
			open.Close()
		}
	}()
	for i, d := range batch {
		if ctx.Err() != nil {
			return false
		}
		if open == nil {
			var err error
			if open, err = s.courier.OpenMails(ctx); err != nil {
				for _, rest := range batch[i:] {
					rest.tried, rest.err = true, err
				}
				return false
			}
		}
		d.tried = true
		d.err = open.Send(letter(d))
		if d.err != nil && !answered(d.err) {
			open.Close()
			open = nil
		}
	}
	return true
}

// post calls the webhooks of a batch: several at once, but those of one contact point one after the other. Once one of these
// does not answer as it should, the others wait as well.
func (s *Server) post(ctx context.Context, batch []*delivery) bool {
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
			s.postInTurn(ctx, byPoint[key])
			return nil
		})
	}
	_ = group.Wait() // none of them fails: how it went stands in each delivery
	return true
}

func (s *Server) postInTurn(ctx context.Context, list []*delivery) {
	for i, d := range list {
		if ctx.Err() != nil {
			return
		}
		d.tried = true
		if d.err = s.postOne(ctx, d); d.err == nil || permanent(d.err) {
			continue
		}
		for _, waiting := range list[i:] {
			waiting.err, waiting.silent = d.err, true
		}
		return
	}
}

func (s *Server) postOne(ctx context.Context, d *delivery) error {
	c, err := call(d)
	if err != nil {
		return &courier.Failure{Reason: "UNSENDABLE", Permanent: true}
	}
	return s.courier.Post(ctx, c)
}

func permanent(err error) bool {
	var f *courier.Failure
	return errors.As(err, &f) && f.Permanent
}

// answered tells whether the mail server itself refused a letter: the connection holds.
func answered(err error) bool {
	var f *courier.Failure
	return errors.As(err, &f) && f.Answered
}
