package server

import (
	"context"
	"net"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access/accesstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const loopbackAny = "127.0.0.1:0"

// tips is a service whose answers a test chooses.
type tips struct {
	networkv1.UnimplementedTipServiceServer

	list func(context.Context) error
}

func (s *tips) Register(r grpc.ServiceRegistrar) { networkv1.RegisterTipServiceServer(r, s) }
func (*tips) Start(context.Context) error        { return nil }
func (*tips) Stop(context.Context) error         { return nil }

func (s *tips) ListTips(ctx context.Context, _ *networkv1.ListTipsRequest) (*networkv1.ListTipsResponse, error) {
	return &networkv1.ListTipsResponse{}, s.list(ctx)
}

func (s *tips) SubmitTip(ctx context.Context, _ *networkv1.SubmitTipRequest) (*networkv1.SubmitTipResponse, error) {
	return &networkv1.SubmitTipResponse{}, s.list(ctx)
}

// bench is a running server.
type bench struct {
	*Server

	gate     *accesstest.Gate
	log      *observer.ObservedLogs
	registry *prometheus.Registry
	client   networkv1.TipServiceClient // in memory
	stop     context.CancelFunc
	stopped  chan error
}

// run serves until the test ends; list answers ListTips and SubmitTip. The clerk may do everything.
func run(t *testing.T, cfg Config, list func(context.Context) error) *bench {
	t.Helper()
	return runFor(t, cfg, list, "*")
}

// runFor is run where the clerk has permissions.
func runFor(t *testing.T, cfg Config, list func(context.Context) error, permissions ...string) *bench {
	t.Helper()
	return runOn(t, listen(t, cfg.Listen), cfg, list, permissions...)
}

// runOn is runFor on a listener.
func runOn(
	t *testing.T, listener net.Listener, cfg Config, list func(context.Context) error, permissions ...string,
) *bench {
	t.Helper()
	core, log := observer.New(zap.InfoLevel)
	b := &bench{gate: accesstest.New(t, permissions...), log: log, registry: prometheus.NewRegistry(), stopped: make(chan error, 1)}
	var err error
	b.Server, err = New(listener, cfg, b.gate.Gate, zap.New(core), b.registry)
	require.NoError(t, err)
	b.Register(&tips{list: list}, func(ctx context.Context) error { return ctx.Err() })
	b.Register(&feed{}, alwaysReady)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	b.stop = stop
	go func() { b.stopped <- b.Serve(ctx) }()
	conn, err := b.Dial()
	require.NoError(t, err)
	b.client = networkv1.NewTipServiceClient(conn)
	t.Cleanup(func() {
		assert.NoError(t, conn.Close())
		stop()
		assert.NoError(t, <-b.stopped)
	})
	return b
}

// clerk is the context of a call by a clerk of the city, with more headers in pairs.
func (b *bench) clerk(t *testing.T, headers ...string) context.Context {
	t.Helper()
	token := b.gate.Token(accesstest.Clerk(accesstest.City))
	return metadata.AppendToOutgoingContext(t.Context(), append([]string{"authorization", "Bearer " + token}, headers...)...)
}

func alwaysReady(context.Context) error { return nil }

// city asks for the tips of the city; the subject area is a payload to look for in logs.
func city() *networkv1.ListTipsRequest {
	return &networkv1.ListTipsRequest{Unit: accesstest.City, SubjectArea: "payload"}
}

func listen(t *testing.T, address string) net.Listener {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() }) // where no server has
	return l
}

func (s *tips) FollowTip(ctx context.Context, _ *networkv1.FollowTipRequest) (*networkv1.FollowTipResponse, error) {
	return &networkv1.FollowTipResponse{}, s.list(ctx)
}
