package calendar

import (
	"context"
	"time"

	"github.com/qingfeng-suite/qingfeng/services/internal/cache"
)

// Source gives the calendar as it is known now, with the years that an instance has imported.
type Source func(context.Context) (*Calendar, error)

// Cached calls another source at most once in each interval. A failed call is repeated.
func Cached(every time.Duration, now func() time.Time, ask Source) Source {
	known := cache.New[struct{}, *Calendar](1, now, cache.For(every))
	return func(ctx context.Context) (*Calendar, error) { return known.Get(ctx, struct{}{}, ask) }
}
