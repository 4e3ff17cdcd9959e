package jobs

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"
)

// tickers run jobs that are too frequent for the queue, which would write rows for every run. Every replica runs them, so such
// a job must take its own lock.
type tickers struct {
	jobs    []Job
	log     *zap.Logger
	worker  *worker
	stop    context.CancelFunc
	running sync.WaitGroup
}

// Tick adds jobs that run in this process at a steady pace while the queue runs, never twice at once. Call it before Start.
func (q *Queue) Tick(jobs ...Job) {
	for _, job := range jobs {
		q.metrics.begin(job.Name)
	}
	q.tickers.jobs = append(q.tickers.jobs, jobs...)
}

func (b *tickers) start(ctx context.Context) {
	ctx, b.stop = context.WithCancel(context.WithoutCancel(ctx))
	for _, job := range b.jobs {
		b.running.Go(func() { b.loop(ctx, job) })
	}
}

// loop runs a job at each tick until ctx ends. A failed run is tried again at the next tick.
func (b *tickers) loop(ctx context.Context, job Job) {
	ticker := time.NewTicker(job.Every) // a pace, not a time: the same whatever the suite's clock says
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := b.worker.run(ctx, job); err != nil && !errors.Is(err, ErrClock) && ctx.Err() == nil {
				b.log.Warn("a job failed", zap.String("job", job.Name), zap.Error(err))
			}
		}
	}
}

// wait stops the tickers and waits for the jobs that run.
func (b *tickers) wait() {
	if b.stop != nil {
		b.stop()
	}
	b.running.Wait()
}
