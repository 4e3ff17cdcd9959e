package calendar

import (
	"context"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"
)

// Source gives the calendar as it is known now, with the years that an instance has imported.
type Source func(context.Context) (*Calendar, error)

// Remembered is a source that asks another at most once in a while; what failed is asked again.
func Remembered(every time.Duration, ask Source) Source {
	held := expirable.NewLRU[struct{}, *Calendar](1, nil, every)
	return func(ctx context.Context) (*Calendar, error) {
		if c, ok := held.Get(struct{}{}); ok {
			return c, nil
		}
		c, err := ask(ctx)
		if err == nil {
			held.Add(struct{}{}, c)
		}
		return c, err
	}
}
