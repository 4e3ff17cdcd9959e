package suite

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/qingfeng-suite/qingfeng/gateway"
	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/strangers"
)

// Limits of every HTTP server of the suite.
const (
	readHeaderWithin = 5 * time.Second
	readWithin       = 30 * time.Second
	writeWithin      = 60 * time.Second
	idleFor          = 2 * time.Minute
	maxHeader        = 64 << 10
	// requestsOfConnection is how many requests an HTTP/2 connection may have at a time.
	requestsOfConnection = 64
	drainWithin          = 10 * time.Second
)

// listener is one HTTP server.
type listener struct {
	net.Listener

	name string
	http *http.Server
}

func (s *Suite) openHTTP(ctx context.Context) error {
	if _, wanted := s.listeners[Gateway]; wanted {
		router, err := s.router()
		if err != nil {
			return err
		}
		handler, err := gateway.New(ctx, gateway.Config{
			Level: s.cfg.Level, Authenticate: s.authenticate, Failed: s.logFailure, Metrics: s.registry,
		}, router)
		if err != nil {
			return err
		}
		if err := s.setHandler(Gateway, tolled(handler)); err != nil {
			return err
		}
	}
	if _, wanted := s.listeners[adminListener]; wanted {
		return s.setHandler(adminListener, gateway.Secure(s.observe()))
	}
	return nil
}

// adminListener is the listener of metrics and readiness. To this machine it speaks plaintext.
const adminListener = "admin"

// setHandler puts a handler behind the listener of this name.
func (s *Suite) setHandler(name string, handler http.Handler) error {
	secure := s.cfg.Server.SecureHTTP
	if name == adminListener {
		secure = s.cfg.Server.SecureAdmin
	}
	l, err := secure(s.listeners[name])
	if err != nil {
		return err
	}
	s.http = append(s.http, &listener{Listener: l, name: name, http: &http.Server{
		Handler: handler, ReadHeaderTimeout: readHeaderWithin, ReadTimeout: readWithin, WriteTimeout: writeWithin,
		IdleTimeout: idleFor, MaxHeaderBytes: maxHeader, ConnContext: strangers.InContext,
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: requestsOfConnection},
	}})
	return nil
}

func (l *listener) serve(ctx context.Context) error {
	failed := make(chan error, 1)
	go func() { failed <- l.http.Serve(l.Listener) }()
	select {
	case err := <-failed:
		if errors.Is(err, net.ErrClosed) {
			return l.http.Close() // the suite closed it, as the last it does
		}
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainWithin)
	defer cancel()
	if err := l.http.Shutdown(drain); errors.Is(err, context.DeadlineExceeded) {
		return l.http.Close()
	} else if err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

func (s *Suite) logFailure(_ context.Context, method string, err error) {
	s.cfg.Log.Named(Gateway).Warn("a call failed", zap.String("method", method), zap.Error(err))
}

// tolled counts the requests of strangers.
func tolled(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		strangers.Toll(strangers.AddressIn(r.Context()))
		next.ServeHTTP(w, r)
	})
}

// authenticate finds out whose a token is that holds. Where no service runs here, those of the gateway's peers find out; what is
// no token or is past its time is refused here all the same.
func (s *Suite) authenticate(ctx context.Context, header http.Header) (caller string, err error) {
	from := strangers.AddressIn(ctx)
	if s.Tokens == nil {
		err = access.CheckShape(header.Values("Authorization"), s.cfg.Clock.Now())
	} else if caller, err = s.Tokens.CheckHeader(ctx, header.Values("Authorization")); err == nil {
		strangers.Meet(from, caller)
	}
	if err == nil {
		return caller, nil
	}
	strangers.Forget(from)
	return "", fault.Status(words.ParseLang(header.Get("Accept-Language")), "", err).Err()
}

// acquainted are the codes of calls at which a service has looked, which it does once it knows who calls. Others may come from
// somebody else, such as UNAVAILABLE of a service that can't be reached.
var acquainted = []codes.Code{
	codes.OK, codes.InvalidArgument, codes.NotFound, codes.AlreadyExists, codes.PermissionDenied, codes.FailedPrecondition,
	codes.Aborted,
}

// acquaint tells the limits of strangers how a call from the gateway ended.
func acquaint(ctx context.Context, err error) {
	from := strangers.AddressIn(ctx)
	sent, _ := metadata.FromOutgoingContext(ctx)
	switch code := status.Code(err); {
	case code == codes.Unauthenticated:
		strangers.Forget(from)
	case len(sent.Get("authorization")) > 0 && slices.Contains(acquainted, code):
		strangers.Meet(from, "") // who it is only the service knows
	}
}

// Router sends each call to the service it belongs to.
type Router map[string]grpc.ClientConnInterface

func (s *Suite) router() (Router, error) {
	r := Router{}
	for _, kind := range Specs() {
		conn, err := s.dial(kind.Name, "")
		if err != nil {
			return nil, err
		}
		r[kind.Name] = conn
	}
	return r, nil
}

// Invoke calls "/qingfeng.{service}.v1.…" at that service.
func (r Router) Invoke(ctx context.Context, method string, req, reply any, options ...grpc.CallOption) error {
	err := r[serviceOf(method)].Invoke(ctx, method, req, reply, options...)
	acquaint(ctx, err)
	return err
}

// NewStream opens a stream at the service.
func (r Router) NewStream(
	ctx context.Context, desc *grpc.StreamDesc, method string, options ...grpc.CallOption,
) (grpc.ClientStream, error) {
	stream, err := r[serviceOf(method)].NewStream(ctx, desc, method, options...)
	if err != nil {
		return nil, err
	}
	return acquaintingStream{stream}, nil
}

// acquaintingStream is a stream whose messages, and whose end, tell that the service knows who called.
type acquaintingStream struct{ grpc.ClientStream }

// RecvMsg receives a message.
func (s acquaintingStream) RecvMsg(into any) error {
	err := s.ClientStream.RecvMsg(into)
	acquaint(s.Context(), err)
	return err
}

func serviceOf(method string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(method, "/qingfeng."), ".")
	return name
}

// observe serves metrics and readiness to the operator.
func (s *Suite) observe() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if s.server != nil {
			if err := s.server.Ready(r.Context()); err != nil {
				http.Error(w, err.Error(), http.StatusServiceUnavailable)
				return
			}
		}
		w.WriteHeader(http.StatusOK)
		s.tellClock(w)
	})
	return mux
}
