package server

import (
	"context"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc/tap"

	"github.com/qingfeng-suite/qingfeng/services/internal/strangers"
)

// arriveWithin is how long the request of a stream may take to come.
const arriveWithin = 30 * time.Second

type (
	arrivalKey struct{}
	endKey     struct{}
)

// begin bounds each call from the moment its headers came: a call as a whole, a stream until its request is there. Without it,
// who opens calls and sends no message would hold them for ever. A stranger's call is counted here, in the reader of its
// connection: counted later, by whoever works at it, many would have been read meanwhile.
func (s *Server) begin(ctx context.Context, call *tap.Info) (context.Context, error) {
	strangers.Toll(strangers.CallerOf(ctx))
	if !s.lasting[call.FullMethodName] {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		return context.WithValue(ctx, endKey{}, cancel), nil
	}
	ctx, cancel := context.WithCancel(ctx)
	awaited := time.AfterFunc(arriveWithin, cancel)
	context.AfterFunc(ctx, func() { awaited.Stop() })
	return context.WithValue(context.WithValue(ctx, arrivalKey{}, awaited), endKey{}, cancel), nil
}

// arrived ends the wait for the request of a stream.
func arrived(ctx context.Context) {
	if awaited, ok := ctx.Value(arrivalKey{}).(*time.Timer); ok {
		awaited.Stop()
	}
}

// endOf ends a call that came over a wire; nil where it came in memory.
func endOf(ctx context.Context) context.CancelFunc {
	end, _ := ctx.Value(endKey{}).(context.CancelFunc)
	return end
}

// arrivals are the calls that have a place and whose message has not come, the oldest first.
type arrivals struct {
	mu    sync.Mutex
	calls []*arrival
}

type arrival struct {
	end   context.CancelFunc
	since time.Time
}

// await has a call be ready to make room for others until its message has come.
func (a *arrivals) await(ctx context.Context) context.Context {
	read, isRead := ctx.Value(readerKey{}).(reader)
	end := endOf(ctx)
	if !isRead || end == nil {
		return ctx
	}
	one := &arrival{end, time.Now()} //nolint:forbidigo // a pace, not a time: the same whatever the suite's clock says
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls = append(a.calls, one)
	return withReader(ctx, func(into any) error {
		defer a.remove(one)
		return read(into)
	})
}

// makeRoom ends the oldest, whose caller gets CANCELLED; false where none has been awaited for so long.
func (a *arrivals) makeRoom(awaited time.Duration) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.calls) == 0 || time.Since(a.calls[0].since) < awaited { //nolint:forbidigo // as above
		return false
	}
	a.calls[0].end()
	a.calls = slices.Delete(a.calls, 0, 1)
	return true
}

func (a *arrivals) remove(one *arrival) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if at := slices.Index(a.calls, one); at >= 0 {
		a.calls = slices.Delete(a.calls, at, at+1)
	}
}
