package attachments

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"sync"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
)

// senders count what callers about whom nothing may be noted offer in a day, over all their records: in the memory of this
// process alone, by hashes whose salt goes with the day.
type senders struct {
	mu      sync.Mutex
	day     calendar.Date
	salt    string
	offered map[[sha256.Size]byte]int64
}

// turn begins a day, also where a clock was set back; what was counted on another is gone, and what comes late, of the day
// before, counts on. It needs the lock.
func (s *senders) turn(day calendar.Date) {
	if s.offered == nil || day.After(s.day) || day.AddDays(1).Before(s.day) {
		s.day, s.salt, s.offered = day, rand.Text(), map[[sha256.Size]byte]int64{}
	}
}

// add counts bytes of a caller, unless they would be more than a limit, and tells on which day.
func (s *senders) add(day calendar.Date, caller string, bytes, limit int64) (calendar.Date, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn(day)
	account := sha256.Sum256([]byte(s.salt + caller))
	if s.offered[account]+bytes > limit {
		return s.day, false
	}
	s.offered[account] += bytes
	return s.day, true
}

// forget forgets what was counted before a day.
func (s *senders) forget(day calendar.Date) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn(day)
}

// remove takes back what was counted on a day.
func (s *senders) remove(day calendar.Date, caller string, bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.day == day {
		s.offered[sha256.Sum256([]byte(s.salt+caller))] -= bytes
	}
}

// Offer is an upload of a caller about whom nothing may be noted. It counts to whom the caller's token was issued for, if there
// is one; who shows none has the quota of the receipt.
type Offer struct {
	server *Server
	caller string
	bytes  int64
	day    calendar.Date
	taken  bool
}

// NewOffer is an upload of so many bytes by the caller.
func (s *Server) NewOffer(ctx context.Context, bytes int64) *Offer {
	return &Offer{server: s, caller: access.PrincipalOf(ctx).Subject, bytes: bytes, day: clock.Today(s.store.Clock)}
}

// Take counts the upload, once however often the change runs. Error: DAILY_QUOTA.
func (o *Offer) Take() error {
	limit := o.server.limits.Sender
	if limit == 0 || o.caller == "" || o.taken {
		return nil
	}
	if o.day, o.taken = o.server.senders.add(o.day, o.caller, o.bytes, limit); !o.taken {
		return exhausted(words.DailyQuota(formatBytes(limit)))
	}
	return nil
}

// Settle takes back what was counted, where the upload could not be begun.
func (o *Offer) Settle(err error) {
	if err != nil && o.taken {
		o.server.senders.remove(o.day, o.caller, o.bytes)
	}
}
