package server

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// How much is worked at, at once: by all and by each caller, whose calls that wait count too. The queue evens out a burst; who
// waits longer in it had better come again.
const (
	callsAtOnce   = 256
	callsEach     = callsAtOnce / 4
	streamsAtOnce = 128
	streamsEach   = streamsAtOnce / 8
	// Of callers who showed no token, all together.
	tokenlessAtOnce = 64
	// Reflection needs any token alone, and nobody knows when its stream has asked enough.
	reflectionsAtOnce = 16
	reflectionsEach   = 4
	queueWithin       = 300 * time.Millisecond
	// makeRoomAfter is how long somebody waits in the queue, and a call for its message, before the call makes room: most have
	// theirs with them.
	makeRoomAfter = 100 * time.Millisecond
)

// admission lets so many calls work at once, has as many wait for a moment, and refuses what comes beyond. Calls that services
// make in their own name pass: each is part of a call that was let in. Those without a token have an admission of their own, and
// so take no place from those who showed one.
type admission struct {
	tokenless *admission // nil where this is that one
	places    chan struct{}
	waiting   atomic.Int64
	shares    shares
	arrivals  arrivals
	roomAfter time.Duration
	refused   prometheus.Counter
}

func newAdmission(places, each int, refused prometheus.Counter) *admission {
	a := admit(places, each, makeRoomAfter, refused)
	a.tokenless = admit(tokenlessAtOnce, 2*tokenlessAtOnce, 0, refused) // they can't be told apart, and any may be in haste
	return a
}

func admit(places, each int, roomAfter time.Duration, refused prometheus.Counter) *admission {
	return &admission{
		places: make(chan struct{}, places), shares: shares{most: each, of: map[string]int{}}, roomAfter: roomAfter,
		refused: refused,
	}
}

// intercept lets a call in, or refuses it with the time after which it may come again.
func (a *admission) intercept(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	caller := access.PrincipalOf(ctx)
	switch {
	case caller.Service != "":
		return next(ctx, req)
	case !access.Recognized(ctx):
		a = a.tokenless
	}
	if !a.enter(ctx, caller.Subject) {
		a.refused.Inc()
		return nil, fault.Busy()
	}
	defer a.leave(caller.Subject)
	return next(a.arrivals.await(ctx), req)
}

func (a *admission) enter(ctx context.Context, caller string) bool {
	if !a.shares.take(caller) {
		return false
	}
	if a.findPlace(ctx) {
		return true
	}
	a.shares.give(caller)
	return false
}

func (a *admission) leave(caller string) {
	<-a.places
	a.shares.give(caller)
}

func (a *admission) findPlace(ctx context.Context) bool {
	select {
	case a.places <- struct{}{}:
		return true
	default:
	}
	defer a.waiting.Add(-1)
	if a.waiting.Add(1) > int64(cap(a.places)) {
		return false
	}
	// Paces, not times: the same whatever the suite's clock says.
	room, wait := time.NewTimer(a.roomAfter), time.NewTimer(queueWithin)
	defer room.Stop()
	defer wait.Stop()
	for {
		select {
		case a.places <- struct{}{}:
			return true
		case <-room.C:
			if a.arrivals.makeRoom(a.roomAfter) {
				a.refused.Inc()
			}
		case <-wait.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// shares count the calls of each caller, so that none takes the places of all.
type shares struct {
	most int

	mu sync.Mutex
	of map[string]int
}

func (s *shares) take(caller string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of[caller] >= s.most {
		return false
	}
	s.of[caller]++
	return true
}

func (s *shares) give(caller string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of[caller]--; s.of[caller] == 0 {
		delete(s.of, caller)
	}
}

// refusals counts the calls that were refused since too much was asked at once.
func refusals(registry prometheus.Registerer) (calls, streams prometheus.Counter, err error) {
	refused := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "qingfeng_calls_refused_total", Help: "Calls and streams refused since too much was asked at once.",
	}, []string{"kind"})
	return refused.WithLabelValues("call"), refused.WithLabelValues("stream"), registry.Register(refused)
}
