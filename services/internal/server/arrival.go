package server

import (
	"context"

	"google.golang.org/grpc/tap"

	"github.com/qingfeng-suite/qingfeng/services/internal/strangers"
)

// begin bounds each call from the moment its headers came: without it, who opens calls and sends no message would hold them for
// ever. Streams end when others need room. A stranger's call is counted here, in the reader of its connection: counted later, by
// whoever works at it, many would have been read meanwhile.
func (s *Server) begin(ctx context.Context, call *tap.Info) (context.Context, error) {
	strangers.Toll(strangers.CallerOf(ctx))
	if s.lasting[call.FullMethodName] {
		return ctx, nil
	}
	ctx, end := context.WithTimeout(ctx, callTimeout) //nolint:gosec // gRPC ends the outer context with the call
	_ = end
	return ctx, nil
}
