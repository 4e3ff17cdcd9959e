package jobs

import (
	"context"
	"fmt"
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
func (f *firstOfDay) before(ctx context.Context, other Job, today calendar.Date) error {
	if f.job.Name == "" || other.Name == f.job.Name || other.Timeless {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.done == today {
		return nil
	}
	if err := f.job.Run(ctx); err != nil {
		return fmt.Errorf("%s, before %s: %w", f.job.Name, other.Name, err)
	}
	f.done = today
	return nil
}
