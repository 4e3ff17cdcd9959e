package calendar

import (
	"context"
	"sync"
	"time"
)

// Source gives the calendar as it is known now, with the years that an instance has imported.
type Source func(context.Context) (*Calendar, error)

// Cached calls another source at most once in each interval. A failed call is repeated.
func Cached(every time.Duration, now func() time.Time, ask Source) Source {
	var mu sync.Mutex
	var workdays *Calendar
	var readAt time.Time
	return func(ctx context.Context) (*Calendar, error) {
		mu.Lock()
		known, age := workdays, now().Sub(readAt)
		mu.Unlock()
		if known != nil && age >= 0 && age < every {
			return known, nil
		}
		at := now() // before it is asked: what changes meanwhile is not remembered for longer
		c, err := ask(ctx)
		if err == nil {
			mu.Lock()
			workdays, readAt = c, at
			mu.Unlock()
		}
		return c, err
	}
}
