// Package server builds the gRPC server of every shape of the suite: transport security, interceptors in their asserted
// order, health, reflection, metrics, traces and a graceful stop. What is declared wrongly fails at start.
package server

import (
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
	"google.golang.org/grpc/test/bufconn"

	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/inprocess"
	"github.com/qingfeng-suite/qingfeng/services/internal/logline"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
)

const (
	// MaxMessage is the largest request or answer, in bytes.
	MaxMessage = 4 << 20
	// stopTimeout is how long calls in flight may take once the server stops.
	stopTimeout = 10 * time.Second
	// streamWorkers are goroutines kept for calls, whose stacks have grown already; calls beyond them get new ones.
	streamWorkers = 64
	memoryBuffer  = 1 << 20
	// connectionAge is how long a client keeps a connection before it looks up the addresses anew, and finds replicas that came
	// since.
	connectionAge = 30 * time.Minute
	// flowControlWindow is how much a client may send ahead, in bytes. A fixed one spares each call the pings that would find
	// one.
	flowControlWindow = 1 << 20
)

// Config says where a server listens.
type Config struct {
	// Listen is host:port for gRPC.
	Listen string
	// TLS; without it only a loopback address may be listened on, unless Plaintext says otherwise.
	TLS TLS
	// Plaintext allows an address that others can reach to be served without TLS, behind a proxy that adds it.
	Plaintext bool
}

// Server is one gRPC server, reachable over TCP and in memory.
type Server struct {
	grpc    *grpc.Server
	inside  *inprocess.Server // the same services, for calls from this process
	streams *streams
	gate    *access.Gate
	health  *health
	metrics *grpcprom.ServerMetrics
	memory  *bufconn.Listener // for streams from this process
	network net.Listener
	log     *zap.Logger
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
	guards, err := interceptors(gate, log, metrics)
	if err != nil {
		return nil, err
	}
	watch := otelgrpc.NewServerHandler(otelgrpc.WithFilter(func(info *stats.RPCTagInfo) bool {
		return !gate.ProtectsSource(info.FullMethodName) // a span tells the address of whoever calls
	}))
	streams := newStreams(unary(guards, "deadline"))
	s := &Server{
		streams: streams,
		gate:    gate, health: newHealth(), metrics: metrics, memory: bufconn.Listen(memoryBuffer), network: listener, log: log,
		inside: inprocess.New(inprocess.Config{
			Interceptors: unary(guards), Server: watch, Client: clientSpans(), MaxMessage: MaxMessage,
		}),
		grpc: grpc.NewServer(
			grpc.Creds(creds),
			grpc.NumStreamWorkers(streamWorkers),
			grpc.ChainUnaryInterceptor(unary(guards)...),
			grpc.StreamInterceptor(streams.intercept),
			grpc.StatsHandler(watch),
			grpc.MaxRecvMsgSize(MaxMessage), grpc.MaxSendMsgSize(MaxMessage),
			grpc.InitialWindowSize(flowControlWindow), grpc.InitialConnWindowSize(flowControlWindow),
			grpc.ConnectionTimeout(10*time.Second),
			grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 20 * time.Second, PermitWithoutStream: true}),
			grpc.KeepaliveParams(keepalive.ServerParameters{
				Time: time.Minute, Timeout: 20 * time.Second,
				MaxConnectionAge: connectionAge, MaxConnectionAgeGrace: 2 * callTimeout,
			}),
		),
	}
	grpc_health_v1.RegisterHealthServer(s, s.health)
	reflection.Register(s.grpc)
	return s, nil
}

// RegisterService registers a service for both ways to it.
func (s *Server) RegisterService(desc *grpc.ServiceDesc, service any) {
	s.grpc.RegisterService(desc, service)
	s.inside.RegisterService(desc, service)
}

// Register registers a service. ready tells, under the deadline of its context, whether it can do its work.
func (s *Server) Register(svc service.Service, ready func(context.Context) error) {
	registrar := &named{ServiceRegistrar: s}
	svc.Register(registrar)
	s.health.add(ready, registrar.names)
}

// Addr is the address gRPC is served at.
func (s *Server) Addr() string { return s.network.Addr().String() }

// Ready tells whether every service can do its work.
func (s *Server) Ready(ctx context.Context) error { return s.health.ready(ctx) }

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
