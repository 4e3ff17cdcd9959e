package delivery

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/qingfeng-suite/qingfeng/services/internal/courier"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

const (
	// firstPause is how long a delivery waits after its first failure; each further pause is twice as long, up to longestPause.
	firstPause   = time.Minute
	longestPause = 4 * time.Hour
	// giveUpAfter is how long after the message was told it is tried; the proto promises it.
	giveUpAfter = 24 * time.Hour
)

// backoff is how long to wait after so many attempts: longer each time, and by up to a fifth more or less, so that those
// that failed together do not come back together.
func backoff(attempts int16) time.Duration {
	pause := longestPause
	if doublings := max(attempts, 1) - 1; doublings < 8 { // 2⁸ minutes are more than the longest pause
		pause = min(firstPause<<doublings, longestPause)
	}
	spread := pause / 5
	return pause - spread + rand.N(2*spread) //nolint:gosec // jitter needs no secrecy
}

// settle writes down how a batch went, in one transaction, and counts it.
func (s *Server) settle(ctx context.Context, byMail bool, batch []*delivery) error {
	now := s.book.Clock.Now()
	p := db.SettleDeliveriesParams{Now: now}
	silent := db.PostponeDeliveriesParams{Now: now}
	var done []record.Entry
	until := map[string]time.Time{} // of a contact point whose deliveries wait together
	for _, d := range batch {
		o := d.outcome(now)
		if d.silent {
			if at, ok := until[d.row.ContactKey]; ok {
				o = o.at(at)
			} else {
				until[d.row.ContactKey] = o.next
				silent.ContactKeys, silent.NextTimes = append(silent.ContactKeys, d.row.ContactKey), append(silent.NextTimes, o.next)
			}
		}
		p.Regions = append(p.Regions, d.row.Region)
		p.MessageKeys = append(p.MessageKeys, d.row.MessageKey)
		p.ContactKeys = append(p.ContactKeys, d.row.ContactKey)
		p.Attempts = append(p.Attempts, d.row.Attempts)
		p.Tried = append(p.Tried, o.tried)
		p.States = append(p.States, int16(o.state))
		p.Reasons = append(p.Reasons, o.reason)
		p.NextTimes = append(p.NextTimes, o.next)
		if o.state != pending {
			done = append(done, record.Entry{
				Resource: resource.Sharded(resource.Messages, d.row.Region, d.row.MessageKey), UnitPath: d.row.UnitPath,
			})
		}
	}
	err := record.System(ctx, s.book, Job, func(ctx context.Context, tx *record.Tx) error {
		if err := errors.Join(db.New(tx).SettleDeliveries(ctx, p), db.New(tx).PostponeDeliveries(ctx, silent)); err != nil {
			return err
		}
		return tx.Record(ctx, done...)
	})
	if err == nil {
		s.counted.add(byMail, p.States)
	}
	return err
}

// outcome is what becomes of a delivery.
type outcome struct {
	state  state
	tried  int16 // attempts so far
	reason string
	next   time.Time
}

func (d *delivery) outcome(now time.Time) outcome {
	o := outcome{state: pending, tried: d.row.Attempts, reason: d.row.Reason, next: now}
	if !d.tried {
		o.tried--
	}
	var failure *courier.Failure
	switch {
	case d.err == nil && d.tried:
		o.state, o.reason = delivered, ""
		return o
	case d.err == nil: // time was up
		return o
	case errors.As(d.err, &failure):
		o.reason = failure.Reason
	default:
		o.reason = "UNKNOWN"
	}
	o.next = now.Add(backoff(d.row.Attempts))
	if permanent(d.err) || o.next.After(d.row.CreateTime.Add(giveUpAfter)) {
		o.state = failed
	}
	return o
}

// at is the outcome with another next time.
func (o outcome) at(next time.Time) outcome {
	o.next = next
	return o
}

// counters count what became of attempts, for whoever watches the instance.
type counters struct{ deliveries *prometheus.CounterVec }

func newCounters(r prometheus.Registerer) counters {
	c := counters{deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "qingfeng_deliveries_total",
		Help: "Attempts to deliver messages, by channel and outcome: delivered, failed (given up) or pending (to be tried again).",
	}, []string{"channel", "outcome"})}
	for _, channel := range []string{"email", "webhook"} {
		for _, name := range outcomes {
			c.deliveries.WithLabelValues(channel, name) // so that a first failure is seen as a rise
		}
	}
	r.MustRegister(c.deliveries)
	return c
}

var outcomes = map[state]string{delivered: "delivered", failed: "failed", pending: "pending"}

func (c counters) add(byMail bool, states []int16) {
	channel := "webhook"
	if byMail {
		channel = "email"
	}
	for _, s := range states {
		c.deliveries.WithLabelValues(channel, outcomes[state(s)]).Inc()
	}
}
