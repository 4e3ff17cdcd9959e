package server

import (
	"context"
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// tokenlessAtOnce is how many calls there may be at a time whose callers showed no token.
const tokenlessAtOnce = 64

// tokenless admits calls whose callers showed no token, of which there are few; so they take no place from those who did. A call
// whose message has not come makes room for the next, the oldest first, and is CANCELLED: who sends none holds up nobody.
type tokenless struct {
	most    int
	refused prometheus.Counter

	mu      sync.Mutex
	calls   int
	awaited []*tokenlessCall // whose message has not come, the oldest first
}

// tokenlessCall is a call that was let in.
type tokenlessCall struct {
	end context.CancelFunc // nil where it has its message with it
	out bool               // it made room
}

func newTokenless(most int, refused prometheus.Counter) *tokenless {
	return &tokenless{most: most, refused: refused}
}

// intercept lets a call in, or refuses it with the time after which it may come again.
func (t *tokenless) intercept(ctx context.Context, req any, next grpc.UnaryHandler) (any, error) {
	call := &tokenlessCall{end: endOf(ctx)}
	if !t.enter(call) {
		t.refused.Inc()
		return nil, fault.Busy()
	}
	defer t.leave(call)
	if read, ok := ctx.Value(readerKey{}).(reader); ok {
		ctx = withReader(ctx, func(into any) error {
			defer t.arrived(call)
			return read(into)
		})
	}
	return next(ctx, req)
}

func (t *tokenless) enter(call *tokenlessCall) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.calls >= t.most && !t.makeRoom() {
		return false
	}
	t.calls++
	if call.end != nil {
		t.awaited = append(t.awaited, call)
	}
	return true
}

// makeRoom ends the oldest call whose message has not come.
func (t *tokenless) makeRoom() bool {
	if len(t.awaited) == 0 {
		return false
	}
	oldest := t.awaited[0]
	t.awaited = slices.Delete(t.awaited, 0, 1)
	oldest.out = true
	oldest.end()
	t.refused.Inc()
	t.calls--
	return true
}

// arrived notes that the message of a call has come.
func (t *tokenless) arrived(call *tokenlessCall) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stay(call)
}

// stay notes that a call makes no room any more.
func (t *tokenless) stay(call *tokenlessCall) {
	if at := slices.Index(t.awaited, call); at >= 0 {
		t.awaited = slices.Delete(t.awaited, at, at+1)
	}
}

func (t *tokenless) leave(call *tokenlessCall) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stay(call)
	if !call.out {
		t.calls--
	}
}
