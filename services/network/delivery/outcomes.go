package delivery

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/courier"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

const (
	// minBackoff is how long a delivery waits after its first failure; each further pause is twice as long, up to longestPause.
	minBackoff = time.Minute
	maxBackoff = 4 * time.Hour
	// giveUpAfter is how long after the time that a message tells it is tried: a day at least, where it tells the day alone.
	giveUpAfter = 48 * time.Hour
)

// backoff is how long to wait after so many attempts: longer each time, and by up to a fifth more or less, so that those
// that failed together do not come back together.
func backoff(attempts int16) time.Duration {
	pause := maxBackoff
	if doublings := max(attempts, 1) - 1; doublings < 8 { // 2⁸ minutes are more than the longest pause
		pause = min(minBackoff<<doublings, maxBackoff)
	}
	spread := pause / 5
	return pause - spread + rand.N(2*spread) //nolint:gosec // jitter needs no secrecy
}

// saveOutcomes stores the outcomes of a batch in one transaction and counts them.
func (s *Server) saveOutcomes(ctx context.Context, byMail bool, batch []*delivery) error {
	now := s.store.Clock.Now()
	p := db.SaveDeliveryOutcomesParams{Now: now}
	delays := db.DelayContactPointsParams{Now: now}
	var done []record.Entry
	until := map[string]time.Time{} // of a contact point whose deliveries wait together
	for _, d := range batch {
		o := d.outcome(now)
		if d.unreachable {
			if at, ok := until[d.row.ContactKey]; ok {
				o = o.withNextTime(at)
			} else {
				until[d.row.ContactKey] = o.nextTime
				delays.ContactKeys, delays.NextTimes = append(delays.ContactKeys, d.row.ContactKey), append(delays.NextTimes,
					o.nextTime)
			}
		}
		p.Regions = append(p.Regions, d.row.Region)
		p.MessageKeys = append(p.MessageKeys, d.row.MessageKey)
		p.ContactKeys = append(p.ContactKeys, d.row.ContactKey)
		p.Attempts = append(p.Attempts, d.row.Attempts)
		p.Tried = append(p.Tried, o.attempts)
		p.States = append(p.States, o.state.String())
		p.Reasons = append(p.Reasons, o.reason)
		p.NextTimes = append(p.NextTimes, o.nextTime)
		if o.state != pending {
			done = append(done, record.Entry{
				Resource: resource.Sharded(resource.Messages, d.row.Region, d.row.MessageKey), UnitPath: d.row.UnitPath,
			})
		}
	}
	err := record.System(ctx, s.store, DeliverJob, func(ctx context.Context, tx *record.Tx) error {
		if err := db.New(tx).SaveDeliveryOutcomes(ctx, p); err != nil {
			return err
		}
		if err := db.New(tx).DelayContactPoints(ctx, delays); err != nil {
			return err
		}
		return tx.Record(ctx, done...)
	})
	if err == nil {
		s.counters.add(byMail, p.States)
	}
	return err
}

// switchOffGone switches off the contact points of a batch that want nothing any more, gives up what waits for them and tells
// their units.
func (s *Server) switchOffGone(ctx context.Context, batch []*delivery) error {
	var keys []string
	for _, d := range batch {
		if gone(d.err) && !slices.Contains(keys, d.row.ContactKey) {
			keys = append(keys, d.row.ContactKey)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	return s.points.Sweep(ctx, DeliverJob, "key = ANY(?) AND NOT paused", keys, func(ctx context.Context, c *change) error {
		c.Record.Paused, c.Record.GoneTime = true, timestamppb.New(c.Now())
		told := inbox.Notify(ctx, c.Tx, inbox.Message{
			Recipient: inbox.Recipient{Region: c.Region, UnitID: resource.ID(c.Record.GetUnit()), UnitPath: c.UnitPath},
			Sentence:  words.InboxContactPointGone(c.Record.GetTitle()), Resource: c.Record.GetName(),
			DedupKey: c.Record.GetGoneTime().AsTime().String(),
		})
		now := c.Now()
		return errors.Join(told, db.New(c).GiveUpDeliveries(ctx, db.GiveUpDeliveriesParams{
			Reason: courier.Gone, Now: now, ContactKey: c.Key,
		}))
	})
}

// outcome is what becomes of a delivery.
type outcome struct {
	state    state
	attempts int16 // attempts so far
	reason   string
	nextTime time.Time
}

func (d *delivery) outcome(now time.Time) outcome {
	o := outcome{state: pending, attempts: d.row.Attempts, reason: d.row.Reason, nextTime: now}
	if !d.attempted {
		o.attempts--
	}
	var failure *courier.Failure
	switch {
	case d.err == nil && d.attempted:
		o.state, o.reason = delivered, ""
		return o
	case d.err == nil: // time was up
		return o
	case errors.As(d.err, &failure):
		o.reason = failure.Reason
	default:
		o.reason = "UNKNOWN"
	}
	o.nextTime = now.Add(backoff(d.row.Attempts))
	if permanent(d.err) || o.nextTime.After(d.row.CreateTime.Add(giveUpAfter)) {
		o.state = failed
	}
	return o
}

// withNextTime is the outcome with another next time.
func (o outcome) withNextTime(next time.Time) outcome {
	o.nextTime = next
	return o
}

// counters count what became of attempts, for whoever watches the instance.
type counters struct{ deliveries *prometheus.CounterVec }

func newCounters(r prometheus.Registerer) counters {
	c := counters{deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "qingfeng_deliveries_total",
		Help: "Attempts to deliver messages, by channel and outcome: " +
			"delivered, failed (given up) or pending (to be tried again).",
	}, []string{"channel", "outcome"})}
	for _, channel := range []string{"email", "webhook"} {
		for _, name := range outcomes {
			c.deliveries.WithLabelValues(channel, name) // so that a first failure is seen as a rise
		}
	}
	r.MustRegister(c.deliveries)
	return c
}

var outcomes = map[string]string{
	delivered.String(): "delivered", failed.String(): "failed", pending.String(): "pending",
}

func (c counters) add(byMail bool, states []string) {
	channel := "webhook"
	if byMail {
		channel = "email"
	}
	for _, s := range states {
		c.deliveries.WithLabelValues(channel, outcomes[s]).Inc()
	}
}
