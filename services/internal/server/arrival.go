package server

import (
	"context"
	"time"

	"google.golang.org/grpc/tap"
)

// arriveWithin is how long the request of a stream may take to come.
const arriveWithin = 30 * time.Second

type (
	arrivalKey struct{}
	endKey     struct{}
)

// begin bounds each call from the moment its headers came: a call as a whole, a stream until its request is there. Without it,
// who opens calls and sends no message would hold them for ever.
func (s *Server) begin(ctx context.Context, call *tap.Info) (context.Context, error) {
	if !s.lasting[call.FullMethodName] {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		return context.WithValue(ctx, endKey{}, cancel), nil
	}
	ctx, cancel := context.WithCancel(ctx)
	awaited := time.AfterFunc(arriveWithin, cancel)
	context.AfterFunc(ctx, func() { awaited.Stop() })
	return context.WithValue(ctx, arrivalKey{}, awaited), nil
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
