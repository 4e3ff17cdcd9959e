package server

import (
	"context"
	"slices"
	"sync"
	"time"
)

// queueWithin evens out a burst; who waits longer for a slot had better come again.
const queueWithin = 300 * time.Millisecond

// slots are those of the calls at work, which end soon by themselves. A caller gets another while it has fewer than are free: so
// one may have half of them, two a third each, and there is always one for a newcomer before the others get more. Those who may
// wait for one are as many as that rule allows, too.
type slots struct {
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

func newSlots(count, mostWait int) *slots {
	return &slots{free: count, of: map[string]int{}, mostWait: mostWait, waits: map[string]int{}}
}

// take waits a moment for a slot; false where there was none.
func (s *slots) take(ctx context.Context, caller string) bool {
	s.mu.Lock()
	if s.tryTake(caller) {
		s.mu.Unlock()
		return true
	}
	w := s.tryWait(caller)
	s.mu.Unlock()
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
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.Index(s.waiting, w)
	if at < 0 {
		return true // it got one at this moment
	}
	s.stopWaiting(at)
	return false
}

// full tells whether a caller's next call would be refused at once.
func (s *slots) full(caller string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.of[caller] >= s.free && s.mayNotWait(caller)
}

func (s *slots) tryWait(caller string) *waiter {
	if s.mayNotWait(caller) {
		return nil
	}
	w := &waiter{caller, make(chan struct{})}
	s.waits[caller]++
	s.waiting = append(s.waiting, w)
	return w
}

func (s *slots) mayNotWait(caller string) bool { return s.waits[caller] >= s.mostWait-len(s.waiting) }

// stopWaiting takes the one at a slot off the list.
func (s *slots) stopWaiting(at int) {
	if caller := s.waiting[at].caller; s.waits[caller] > 1 {
		s.waits[caller]--
	} else {
		delete(s.waits, caller)
	}
	s.waiting = slices.Delete(s.waiting, at, at+1)
}

// give gives a slot back. All who wait and may have what is free get it, the first that waits first: a caller who has one less
// may have another. What is done under the lock is short: where the processors are busy, all calls would stand in line behind it.
func (s *slots) give(caller string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free++
	if s.of[caller]--; s.of[caller] == 0 {
		delete(s.of, caller)
	}
	for {
		next := slices.IndexFunc(s.waiting, func(w *waiter) bool { return s.tryTake(w.caller) })
		if next < 0 {
			return
		}
		close(s.waiting[next].in)
		s.stopWaiting(next)
	}
}

func (s *slots) tryTake(caller string) bool {
	if s.of[caller] >= s.free {
		return false
	}
	s.of[caller]++
	s.free--
	return true
}
