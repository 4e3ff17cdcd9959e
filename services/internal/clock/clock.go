// Package clock is the one source of the present: services are given a Clock and never ask the machine themselves, so that
// tests and simulations can run a quarter in a second.
package clock

import (
	"context"
	"sync"
	"time"

	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// Clock tells the time.
type Clock interface {
	Now() time.Time
}

// Today is the civil date in Asia/Shanghai, where every period and deadline is counted.
func Today(c Clock) calendar.Date { return calendar.DateOf(c.Now(), calendar.Shanghai) }

// StartOfDay is when today began in Asia/Shanghai, for what must not tell the time.
func StartOfDay(c Clock) time.Time { return Today(c).In(calendar.Shanghai).UTC() }

// DayOrToday reads the day of a request field; where the text is empty, it is today.
func DayOrToday(field, text string, c Clock) (calendar.Date, error) {
	if text == "" {
		return Today(c), nil
	}
	var faults fault.Fields
	day, _ := faults.ParseDay(field, text)
	return day, faults.Err()
}

// System is the machine's clock.
type System struct{}

// Now is the present in UTC, cut to microseconds, which is what PostgreSQL keeps.
func (System) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Manual is a clock that moves only when told; safe for concurrent use.
type Manual struct {
	mu  sync.Mutex
	now time.Time
}

// NewManual returns a clock that stands at now.
func NewManual(now time.Time) *Manual { return &Manual{now: now.UTC().Truncate(time.Microsecond)} }

// Now is the time the clock stands at.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Advance moves the clock on by d.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
}

// PollUntil asks, at once and then every so often, until done says yes, fails, or the time is up.
func PollUntil(ctx context.Context, within, every time.Duration, done func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if ok, err := done(ctx); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}
