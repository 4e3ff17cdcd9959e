package server

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// How much is worked at, at once. The queue evens out a burst; who waits longer in it had better come again.
const (
	callsAtOnce   = 256
	callsInQueue  = 256
	queueWithin   = 300 * time.Millisecond
	streamsAtOnce = 128
)

// admission lets so many calls work at once, has as many wait for a moment, and refuses what comes beyond. Calls that services
// make in their own name pass: each is part of a call that was let in. Those without a token have an admission of their own.
type admission struct {
	tokenless *tokenless
	places    chan struct{}
	queue     int64
	waiting   atomic.Int64
	refused   prometheus.Counter
}

func newAdmission(places int, queue int64, refused prometheus.Counter) *admission {
	return &admission{
		tokenless: newTokenless(tokenlessAtOnce, refused), places: make(chan struct{}, places), queue: queue, refused: refused,
	}
}

// intercept lets a call in, or refuses it with the time after which it may come again.
func (a *admission) intercept(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	switch {
	case access.PrincipalOf(ctx).Service != "":
		return next(ctx, req)
	case !access.Recognized(ctx):
		return a.tokenless.intercept(ctx, req, next)
	}
	if !a.enter(ctx) {
		a.refused.Inc()
		return nil, fault.Busy()
	}
	defer func() { <-a.places }()
	return next(ctx, req)
}

func (a *admission) enter(ctx context.Context) bool {
	select {
	case a.places <- struct{}{}:
		return true
	default:
	}
	defer a.waiting.Add(-1)
	if a.waiting.Add(1) > a.queue {
		return false
	}
	wait := time.NewTimer(queueWithin) // a pace, not a time: the same whatever the suite's clock says
	defer wait.Stop()
	select {
	case a.places <- struct{}{}:
		return true
	case <-wait.C:
	case <-ctx.Done():
	}
	return false
}

// refusals counts the calls that were refused since too much was asked at once.
func refusals(registry prometheus.Registerer) (calls, streams prometheus.Counter, err error) {
	refused := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "qingfeng_calls_refused_total", Help: "Calls and streams refused since too much was asked at once.",
	}, []string{"kind"})
	return refused.WithLabelValues("call"), refused.WithLabelValues("stream"), registry.Register(refused)
}
