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
	waits    map[string]int
	waiting  []*waiter // the first first
}

type waiter struct {
	caller string
	in     chan struct{}
}

func newPlaces(count, mostWait int) *places {
	return &places{free: count, of: map[string]int{}, mostWait: mostWait, waits: map[string]int{}}
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
	p.stopWaiting(at)
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
	p.waits[caller]++
	p.waiting = append(p.waiting, w)
	return w
}

func (p *places) mayNotWait(caller string) bool { return p.waits[caller] >= p.mostWait-len(p.waiting) }

// stopWaiting takes the one at a place off the list.
func (p *places) stopWaiting(at int) {
	if caller := p.waiting[at].caller; p.waits[caller] > 1 {
		p.waits[caller]--
	} else {
		delete(p.waits, caller)
	}
	p.waiting = slices.Delete(p.waiting, at, at+1)
}

// give gives a place back, and to the first of those who wait that may have it. What is done under the lock is short: where the
// processors are busy, all calls would stand in line behind it.
func (p *places) give(caller string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free++
	if p.of[caller]--; p.of[caller] == 0 {
		delete(p.of, caller)
	}
	if next := slices.IndexFunc(p.waiting, func(w *waiter) bool { return p.tryTake(w.caller) }); next >= 0 {
		close(p.waiting[next].in)
		p.stopWaiting(next)
	}
}

func (p *places) tryTake(caller string) bool {
	if p.of[caller] >= p.free {
		return false
	}
	p.of[caller]++
	p.free--
	return true
}
