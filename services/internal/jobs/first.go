package jobs

import (
	"context"
	"sync"

	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
)

// firstOfDay is the job that runs before the others of each day; none where it has no name.
type firstOfDay struct {
	job Job

	mu   sync.Mutex
	done calendar.Date // the last day that it ran on
}

// before runs it before another job, unless it has run today or the other does not depend on the time. Others wait meanwhile.
// Where it fails they go on, and it is tried again before the next: it has a run of its own, which tells of the failure.
func (f *firstOfDay) before(ctx context.Context, other Job, today calendar.Date) {
	if f.job.Name == "" || other.Name == f.job.Name || other.Timeless {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.done != today && f.job.Run(ctx) == nil {
		f.done = today
	}
}
