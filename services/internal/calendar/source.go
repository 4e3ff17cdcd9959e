package calendar

import (
	"context"
	"sync"
	"time"
)

// Source gives the calendar as it is known now, with the years that an instance has imported.
type Source func(context.Context) (*Calendar, error)

// Remembered is a source that asks another at most once in a while, by a clock; what failed is asked again.
func Remembered(every time.Duration, now func() time.Time, ask Source) Source {
	var mu sync.Mutex
	var held *Calendar
	var asked time.Time
	return func(ctx context.Context) (*Calendar, error) {
		mu.Lock()
		known, age := held, now().Sub(asked)
		mu.Unlock()
		if known != nil && age >= 0 && age < every {
			return known, nil
		}
		at := now() // before it is asked: what changes meanwhile is not remembered for longer
		c, err := ask(ctx)
		if err == nil {
			mu.Lock()
			held, asked = c, at
			mu.Unlock()
		}
		return c, err
	}
}
