// Package inprocess is a gRPC connection within one process: a call runs the server's own handler, behind the server's own
// interceptors, in the caller's goroutine. What a caller may rely on over a wire holds here too: neither side shares memory with
// the other, and of the context nothing but deadline, cancellation and metadata crosses.
package inprocess

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
)

// Config says how calls are served.
type Config struct {
	// Interceptors stand before every handler, the outermost first.
	Interceptors []grpc.UnaryServerInterceptor
	// Server and Client see each call begin and end, as those of a wire do, so that it has its spans. Nil: nobody looks.
	Server, Client stats.Handler
	// MaxMessage is the largest request or answer, in bytes of the wire.
	MaxMessage int
}

// Server keeps the handlers of services. It is a grpc.ServiceRegistrar.
type Server struct {
	cfg      Config
	chain    grpc.UnaryServerInterceptor
	services map[string]bool
	methods  map[string]method
	base     context.Context    // of all calls
	cut      context.CancelFunc // ends them

	opened  chan struct{} // closed once calls are let in, or refused for good
	mu      sync.Mutex
	open    bool
	calls   int           // in flight
	stopped bool          // lets none in but for those in flight
	idle    chan struct{} // closed when it is stopped and none is in flight
}

// method is one RPC as its service registered it.
type method struct {
	service any
	handle  grpc.MethodHandler
}

// New makes a server that lets no call in yet.
func New(cfg Config) *Server {
	s := &Server{
		cfg: cfg, chain: Chain(cfg.Interceptors), services: map[string]bool{}, methods: map[string]method{},
		opened: make(chan struct{}), idle: make(chan struct{}),
	}
	s.base, s.cut = context.WithCancel(context.Background())
	return s
}

// RegisterService adds the unary methods of a service; only before Open.
func (s *Server) RegisterService(desc *grpc.ServiceDesc, service any) {
	s.services[desc.ServiceName] = true
	for _, m := range desc.Methods {
		s.methods["/"+desc.ServiceName+"/"+m.MethodName] = method{service, m.Handler}
	}
}

// Open lets calls in. Until then they wait, as they do for a port that listens and is not served yet.
func (s *Server) Open() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.open && !s.stopped {
		s.open = true
		close(s.opened)
	}
}

// Stop refuses new calls and waits for those in flight; what these call in their turn is let in. Cut ends the wait.
func (s *Server) Stop() {
	s.mu.Lock()
	if !s.stopped {
		s.stopped = true
		if !s.open {
			close(s.opened)
		}
		if s.calls == 0 {
			close(s.idle)
		}
	}
	s.mu.Unlock()
	select {
	case <-s.idle:
	case <-s.base.Done():
	}
}

// Cut cancels the calls in flight.
func (s *Server) Cut() { s.cut() }

var errStopping = status.Error(codes.Unavailable, "the server is stopping")

// enter lets a call in; leave must follow.
func (s *Server) enter(ctx context.Context) error {
	select {
	case <-s.opened:
	case <-ctx.Done():
	}
	if err := ctx.Err(); err != nil {
		return status.FromContextError(err).Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// A call that one in flight makes is part of it: refused, the other could not end well.
	if s.stopped && (s.calls == 0 || !s.within(ctx)) || s.base.Err() != nil {
		return errStopping
	}
	s.calls++
	return nil
}

func (s *Server) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls--
	if s.calls == 0 && s.stopped {
		close(s.idle)
	}
}

// within tells whether a context is that of a call in flight here.
func (s *Server) within(ctx context.Context) bool {
	outer, ok := grpc.ServerTransportStreamFromContext(ctx).(*transport)
	return ok && outer.server == s && outer.inFlight()
}

// find finds a method, or says what a server says of one that it does not know.
func (s *Server) find(name string) (method, error) {
	if m, ok := s.methods[name]; ok {
		return m, nil
	}
	service, rpc, ok := strings.Cut(strings.TrimPrefix(name, "/"), "/")
	switch {
	case !ok:
		return method{}, status.Errorf(codes.Unimplemented, "malformed method name: %q", name)
	case s.services[service]:
		return method{}, status.Errorf(codes.Unimplemented, "unknown method %s for service %s", rpc, service)
	}
	return method{}, status.Errorf(codes.Unimplemented, "unknown service %s", service)
}

// Chain makes one interceptor of many, the first outermost.
func Chain(interceptors []grpc.UnaryServerInterceptor) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		var from func(at int) grpc.UnaryHandler
		from = func(at int) grpc.UnaryHandler {
			if at == len(interceptors) {
				return handler
			}
			return func(ctx context.Context, req any) (any, error) { return interceptors[at](ctx, req, info, from(at+1)) }
		}
		return from(0)(ctx, req)
	}
}

// address is where both ends of a call are.
type address struct{}

// Network is "inprocess".
func (address) Network() string { return "inprocess" }

// String is "inprocess".
func (address) String() string { return "inprocess" }

func tooLarge(verb string, size, limit int) error {
	return status.Error(codes.ResourceExhausted, fmt.Sprintf("%s message larger than max (%d vs. %d)", verb, size, limit))
}
