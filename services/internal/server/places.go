package server

import (
	"context"
	"slices"
	"sync"
	"time"
)

// queueWithin evens out a burst; who waits longer for a place had better come again.
const queueWithin = 300 * time.Millisecond

// places are those of the calls at work, which end soon by themselves. A caller gets another while it has fewer than are free: so
// one may have half of them, two a third each, and there is always one for a newcomer before the others get more. Those who may
// wait for one are as many as that rule allows, too.
type places struct {
	mu       sync.Mutex
	free     int
	of       map[string]int
	mostWait int
	waiting  []*waiter // the first first
}

type waiter struct {
	caller string
	in     chan struct{}
}

func newPlaces(count, mostWait int) *places {
	return &places{free: count, of: map[string]int{}, mostWait: mostWait}
}

// take waits a moment for a place; false where there was none.
func (p *places) take(ctx context.Context, caller string) bool {
	p.mu.Lock()
	if p.tryTake(caller) {
		p.mu.Unlock()
		return true
	}
	w := p.tryWait(caller)
	p.mu.Unlock()
	if w == nil {
		return false
	}
	wait := time.NewTimer(queueWithin) // a pace, not a time: the same whatever the suite's clock says
	defer wait.Stop()
	select {
	case <-w.in:
		return true
	case <-wait.C:
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	at := slices.Index(p.waiting, w)
	if at < 0 {
		return true // it got one at this moment
	}
	p.waiting = slices.Delete(p.waiting, at, at+1)
	return false
}

// full tells whether a caller's next call would be refused at once.
func (p *places) full(caller string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.of[caller] >= p.free && p.mayNotWait(caller)
}

func (p *places) tryWait(caller string) *waiter {
	if p.mayNotWait(caller) {
		return nil
	}
	w := &waiter{caller, make(chan struct{})}
	p.waiting = append(p.waiting, w)
	return w
}

func (p *places) mayNotWait(caller string) bool {
	already := 0
	for _, w := range p.waiting {
		if w.caller == caller {
			already++
		}
	}
	return already >= p.mostWait-len(p.waiting)
}

// give gives a place back, and lets those in who wait and may have one now.
func (p *places) give(caller string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free++
	if p.of[caller]--; p.of[caller] == 0 {
		delete(p.of, caller)
	}
	p.waiting = slices.DeleteFunc(p.waiting, func(w *waiter) bool {
		if !p.tryTake(w.caller) {
			return false
		}
		close(w.in)
		return true
	})
}

func (p *places) tryTake(caller string) bool {
	if p.of[caller] >= p.free {
		return false
	}
	p.of[caller]++
	p.free--
	return true
}
