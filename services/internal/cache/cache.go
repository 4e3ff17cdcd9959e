// Package cache remembers what was found lately. Of callers that ask for the same at once, one asks and all get what it finds.
package cache

import (
	"context"
	"fmt"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"
)

// Cache keeps the values found last, by key. What was not found is asked again each time.
type Cache[K comparable, V any] struct {
	now     func() time.Time
	fresh   func(readAt, now time.Time) bool
	entries *lru.Cache[K, entry[V]]
	asking  *singleflight.Group
}

// entry is what was found, and when it was asked.
type entry[V any] struct {
	value  V
	readAt time.Time
}

// New makes a cache of so many values. What fresh no longer holds for is asked again.
func New[K comparable, V any](size int, now func() time.Time, fresh func(readAt, now time.Time) bool) Cache[K, V] {
	entries, err := lru.New[K, entry[V]](size)
	if err != nil {
		panic(err) // only a size of nothing is refused
	}
	return Cache[K, V]{now: now, fresh: fresh, entries: entries, asking: &singleflight.Group{}}
}

// For holds for a time.
func For(ttl time.Duration) func(readAt, now time.Time) bool {
	return func(readAt, now time.Time) bool {
		age := now.Sub(readAt)
		return age >= 0 && age < ttl
	}
}

// Always holds for what never changes.
func Always(time.Time, time.Time) bool { return true }

// Get returns what is known under a key, or asks. A caller that goes away leaves the others their answer.
func (c Cache[K, V]) Get(ctx context.Context, key K, ask func(context.Context) (V, error)) (V, error) {
	if e, ok := c.entries.Get(key); ok && c.fresh(e.readAt, c.now()) {
		return e.value, nil
	}
	found := c.asking.DoChan(fmt.Sprint(key), func() (any, error) {
		readAt := c.now() // before it is asked: what changes meanwhile is not remembered for longer
		value, err := ask(context.WithoutCancel(ctx))
		if err == nil {
			c.entries.Add(key, entry[V]{value: value, readAt: readAt})
		}
		return value, err
	})
	select {
	case <-ctx.Done():
		var none V
		return none, ctx.Err()
	case result := <-found:
		value, _ := result.Val.(V)
		return value, result.Err
	}
}
