// Package server builds the gRPC server of every shape of the suite: transport security, interceptors in their asserted
// order, health, reflection, metrics, traces and a graceful stop. What is declared wrongly fails at start.
package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	grpcprom "github.com/grpc-ecosystem/go-grpc-middleware/providers/prometheus"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/tap"
	"google.golang.org/grpc/test/bufconn"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/inprocess"
	"github.com/qingfeng-suite/qingfeng/services/internal/logline"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/internal/strangers"
)

const (
	// MaxMessage is the largest request or answer, in bytes. What a request of a type may have is often less.
	MaxMessage = typev1.LargestMessage
	// stopTimeout is how long calls in flight may take once the server stops.
	stopTimeout = 10 * time.Second
	// streamWorkers are goroutines kept for calls, whose stacks have grown already; calls beyond them get new ones.
	streamWorkers = 64
	memoryBuffer  = 1 << 20
	// callsOfConnection is how many calls a connection may have at a time; those beyond wait on the client's side. It
	// is more than the lasting streams of a process that are made for one caller.
	callsOfConnection = 160
	// maxHeaders is how much a call may have beside its message, in bytes.
	maxHeaders = 16 << 10
	// callWindow and connectionWindow are how much a client may send ahead, in bytes. Fixed ones spare each call the pings that
	// would find one.
	callWindow       = 64 << 10
	connectionWindow = 1 << 20
)

// Config says where a server listens.
type Config struct {
	// Listen is host:port for gRPC.
	Listen string
	// TLS; without it only a loopback address may be listened on, unless Plaintext says otherwise.
	TLS TLS
	// Plaintext allows an address that others can reach to be served without TLS, behind a proxy that adds it.
	Plaintext bool
	// Patience is how long a call waits for a connection to the database; defaultPatience where 0.
	Patience time.Duration
	// CallTimeout is how long a call may take, from when its headers came, where its caller sets no nearer deadline, so that none
	// waits for ever; defaultCallTimeout where 0.
	CallTimeout time.Duration
	// ConnectionAge is how long a client keeps a connection before it looks up the addresses anew, and finds replicas that came
	// since; ConnectionIdle is how long one without calls is kept. defaultConnectionAge and defaultConnectionIdle where 0.
	ConnectionAge, ConnectionIdle time.Duration

	answers int64 // how large they may be together that were not sent yet, in bytes; answersAtOnce where 0
}

const (
	// defaultPatience is short: who is refused within a second can come again.
	defaultPatience = 500 * time.Millisecond
	// defaultCallTimeout is less than the gateway gives its answers.
	defaultCallTimeout    = 50 * time.Second
	defaultConnectionAge  = 30 * time.Minute
	defaultConnectionIdle = 10 * time.Minute
)

// withDefaults is the configuration with the usual times where it says none.
func (c Config) withDefaults() Config {
	c.Patience = cmp.Or(c.Patience, defaultPatience)
	c.CallTimeout = cmp.Or(c.CallTimeout, defaultCallTimeout)
	c.ConnectionAge = cmp.Or(c.ConnectionAge, defaultConnectionAge)
	c.ConnectionIdle = cmp.Or(c.ConnectionIdle, defaultConnectionIdle)
	c.answers = cmp.Or(c.answers, answersAtOnce)
	return c
}

// Server is one gRPC server, reachable over TCP and in memory.
type Server struct {
	grpc    *grpc.Server
	inside  *inprocess.Server // the same services, for calls from this process
	streams *streams
	lasting map[string]bool // streams without a deadline, by full method
	// callTimeout is that of all other calls.
	callTimeout time.Duration
	gate        *access.Gate
	health      *health
	metrics     *grpcprom.ServerMetrics
	memory      *bufconn.Listener // for streams from this process
	network     net.Listener
	log         *zap.Logger
}

// New builds a server on a listener that it closes when it stops; it does not serve yet.
func New(listener net.Listener, cfg Config, gate *access.Gate, log *zap.Logger, registry prometheus.Registerer) (*Server, error) {
	creds, err := cfg.TLS.credentials(cfg.Listen, cfg.Plaintext)
	if err != nil {
		return nil, err
	}
	metrics := grpcprom.NewServerMetrics(grpcprom.WithServerHandlingTimeHistogram())
	if err := registry.Register(metrics); err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	refused, err := refusals(registry)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	refusedStreams := refused.WithLabelValues("stream")
	cfg = cfg.withDefaults()
	answers := newAnswers(cfg.answers, refused.WithLabelValues("answer"))
	var guards, streamGuards, sharedGuards, reflectionGuards []interceptor
	for into, admit := range map[*[]interceptor]grpc.UnaryServerInterceptor{
		&guards:           newAdmission(answers, refused.WithLabelValues("call")).intercept,
		&streamGuards:     newLasting(streamsAtOnce, answers, refusedStreams).intercept,
		&sharedGuards:     newLasting(sharedAtOnce, answers, refusedStreams).intercept,
		&reflectionGuards: newLasting(reflectionsAtOnce, answers, refusedStreams).intercept,
	} {
		if *into, err = interceptors(gate, log, metrics, admit, cfg); err != nil {
			return nil, err
		}
	}
	watch := otelgrpc.NewServerHandler(otelgrpc.WithFilter(func(info *stats.RPCTagInfo) bool {
		return !gate.ProtectsSource(info.FullMethodName) // a span tells the address of whoever calls
	}))
	s := &Server{
		streams: newStreams(gate, streamGuards, sharedGuards, reflectionGuards,
			newLasting(sessionsAtOnce, answers, refusedStreams), answers),
		lasting: map[string]bool{}, callTimeout: cfg.CallTimeout,
		gate: gate, health: newHealth(), metrics: metrics, memory: bufconn.Listen(memoryBuffer), network: listener, log: log,
		inside: inprocess.New(inprocess.Config{
			Interceptors: without(guards), Server: watch, Client: clientSpans(), MaxMessage: MaxMessage,
		}),
	}
	s.grpc = grpc.NewServer(append(cfg.limits(),
		grpc.Creds(creds),
		grpc.NumStreamWorkers(streamWorkers),
		grpc.InTapHandle(s.begin),
		grpc.ForceServerCodecV2(newCodec()),
		grpc.ChainUnaryInterceptor(without(guards)...),
		grpc.StreamInterceptor(s.streams.intercept),
		grpc.UnknownServiceHandler(unknown),
		grpc.StatsHandler(watch),
	)...)
	grpc_health_v1.RegisterHealthServer(s, s.health)
	reflection.Register(s.grpc)
	return s, nil
}

// limits bound what a connection may take.
func (c Config) limits() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.MaxRecvMsgSize(MaxMessage), grpc.MaxSendMsgSize(MaxMessage),
		grpc.MaxHeaderListSize(maxHeaders), grpc.MaxConcurrentStreams(callsOfConnection),
		grpc.StaticStreamWindowSize(callWindow), grpc.StaticConnWindowSize(connectionWindow),
		grpc.ConnectionTimeout(10 * time.Second),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 20 * time.Second, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			Time: time.Minute, Timeout: 20 * time.Second, MaxConnectionIdle: c.ConnectionIdle,
			MaxConnectionAge: c.ConnectionAge, MaxConnectionAgeGrace: 2 * c.CallTimeout,
		}),
	}
}

// RegisterService registers a service for both ways to it.
func (s *Server) RegisterService(desc *grpc.ServiceDesc, service any) {
	s.grpc.RegisterService(readLater(desc, framed), service)
	s.inside.RegisterService(readLater(desc, asIs), service)
	for _, stream := range desc.Streams {
		s.lasting["/"+desc.ServiceName+"/"+stream.StreamName] = true
	}
}

// begin bounds each call from the moment its headers came: without it, who opens calls and sends no message would hold them for
// ever. Streams end when others need room. A stranger's call is counted here, in the reader of its connection: counted later, by
// whoever works at it, many would have been read meanwhile.
func (s *Server) begin(ctx context.Context, call *tap.Info) (context.Context, error) {
	settle := strangers.Begin(ctx, strangers.CallerOf(ctx))
	if s.lasting[call.FullMethodName] {
		return withSettle(ctx, settle), nil
	}
	ctx, end := context.WithTimeout(ctx, s.callTimeout) //nolint:gosec // gRPC ends the outer context with the call
	_ = end                                             // vet takes a cancel function thrown away at once for a mistake
	return ctx, nil
}

// Register registers a service. ready tells, under the deadline of its context, whether it can do its work.
func (s *Server) Register(svc service.Service, ready func(context.Context) error) {
	registrar := &named{ServiceRegistrar: s}
	svc.Register(registrar)
	s.health.add(ready, registrar.names)
}

// Addr is the address gRPC is served at.
func (s *Server) Addr() string { return s.network.Addr().String() }

// Ready is nil where every service can do its work, else why one can't.
func (s *Server) Ready(ctx context.Context) error { return s.health.ready(ctx, s.health.all...) }

// Serve serves until ctx ends, then stops: readiness first, calls in flight next.
func (s *Server) Serve(ctx context.Context) error {
	s.metrics.InitializeMetrics(s.grpc)
	if err := s.gate.LoadRules(s.grpc.GetServiceInfo()); err != nil {
		s.inside.Stop()
		s.grpc.Stop()
		return errors.Join(fmt.Errorf("access options: %w", err), s.network.Close(), s.memory.Close())
	}
	s.inside.Open()
	failed := make(chan error, 2)
	for _, listener := range []net.Listener{s.memory, s.network} {
		go func() {
			err := s.grpc.Serve(listener)
			if errors.Is(err, grpc.ErrServerStopped) && ctx.Err() != nil {
				err = nil // told to stop before it had begun
			}
			failed <- err
		}()
	}
	select {
	case err := <-failed:
		s.inside.Cut()
		s.grpc.Stop()
		return errors.Join(err, <-failed)
	case <-ctx.Done():
	}
	close(s.health.draining)
	s.streams.stop()
	s.stop()
	return errors.Join(<-failed, <-failed)
}

func (s *Server) stop() {
	stopped := make(chan struct{})
	go func() {
		s.grpc.GracefulStop()
		s.inside.Stop() // after the wire, whose calls may make calls of their own
		close(stopped)
	}()
	select {
	case <-stopped:
	case <-time.After(stopTimeout): //nolint:forbidigo // a process that stops does so in real time
		s.log.Warn("calls in flight were cut off", logline.Milliseconds(stopTimeout))
		s.inside.Cut()
		s.grpc.Stop()
		<-stopped
	}
}
