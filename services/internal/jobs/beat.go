package jobs

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"
)

// beats run jobs too frequent for the queue, which would write rows for each run though there is nothing to do. A beat need not
// survive a crash and every replica has it, so its job must look for itself whether it is its turn.
type beats struct {
	jobs []Job
	log  *zap.Logger
	stop context.CancelFunc
	all  sync.WaitGroup
}

// Beat adds jobs that run in this process while the queue does, each at its pace and never twice at once; only before Start.
func (q *Queue) Beat(jobs ...Job) { q.beats.jobs = append(q.beats.jobs, jobs...) }

func (b *beats) start(ctx context.Context) {
	ctx, b.stop = context.WithCancel(context.WithoutCancel(ctx))
	for _, job := range b.jobs {
		b.all.Go(func() { b.keep(ctx, job) })
	}
}

// keep runs a job until ctx ends. What fails is tried again at the next beat.
func (b *beats) keep(ctx context.Context, job Job) {
	ticker := time.NewTicker(job.Every) // a pace, not a time: the same whatever the suite's clock says
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := job.Run(ctx); err != nil && ctx.Err() == nil {
				b.log.Warn("a job failed", zap.String("job", job.Name), zap.Error(err))
			}
		}
	}
}

// end stops the beats and waits for those that run.
func (b *beats) end() {
	if b.stop != nil {
		b.stop()
	}
	b.all.Wait()
}
