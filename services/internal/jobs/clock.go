package jobs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/logline"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// ErrClock is a clock that has jumped: jobs do nothing until an operator has confirmed what it says.
var ErrClock = errors.New("the clock has jumped")

// lookEvery is how long what the clock said holds before the database is asked again.
const lookEvery = time.Minute

// clockGuard compares the clock with the time that a job last saw, which the database keeps. The journal would not do: calls go
// on writing there while the clock is wrong.
type clockGuard struct {
	store *record.Store
	log   *zap.Logger
	most  time.Duration // that the clock may be from the time last seen; not watched where 0

	mu     sync.Mutex
	good   time.Time // when the clock was good last
	jumped error
}

var clockJumped = prometheus.NewDesc("qingfeng_clock_jumped",
	"1 while jobs do nothing, because the clock is further from the time last seen than --clock-jump allows.", nil, nil)

// check tells ErrClock while the clock is too far from the time last seen.
func (g *clockGuard) check(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.store.Clock.Now()
	if g.most == 0 || g.jumped == nil && now.Sub(g.good).Abs() < lookEvery {
		return nil
	}
	seen, err := db.New(g.store).SeeClock(ctx, db.SeeClockParams{Now: now, Earliest: now.Add(-g.most)})
	if err != nil {
		return err
	}
	if now.Sub(seen).Abs() <= g.most {
		if g.jumped != nil {
			g.log.Info("the clock is good again; jobs go on", zap.Time("clock", now))
		}
		g.good, g.jumped = now, nil
		return nil
	}
	if g.jumped == nil {
		g.log.Error("the clock has jumped; jobs do nothing until it is set right, or confirmed with: qingfeng clock confirm",
			zap.Time("clock", now), zap.Time("seen", seen))
	}
	g.jumped = fmt.Errorf("%w: it says %s, the time last seen is %s; set it right, or confirm it with: qingfeng clock confirm",
		ErrClock, now.Format(time.RFC3339), seen.UTC().Format(time.RFC3339))
	return g.jumped
}

// state is ErrClock where the clock was found to have jumped.
func (g *clockGuard) state() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.jumped
}

// WatchClock has jobs do nothing while the clock is further than this from the time last seen. Call it before Start.
func (q *Queue) WatchClock(most time.Duration) { q.clock.most = most }

// Service is the name of the service whose queue it is.
func (q *Queue) Service() string { return q.clock.store.Schema }

// ClockJumped tells, by ErrClock, that jobs do nothing.
func (q *Queue) ClockJumped() error { return q.clock.state() }

// run runs a job, if the clock is good or does not matter.
func (w *worker) run(ctx context.Context, job Job) error {
	if !job.Timeless {
		if err := w.clock.check(ctx); err != nil {
			return err
		}
	}
	w.first.before(ctx, job, clock.Today(w.clock.store.Clock))
	ctx, line := logline.With(ctx)
	err := w.metrics.run(ctx, job)
	if noted := line.Fields(); len(noted) > 0 {
		w.log.Error("a job went on without what was damaged", append(noted, zap.String("job", job.Name))...)
	}
	return err
}
