package server

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access/accesstest"
)

const (
	serving    = grpc_health_v1.HealthCheckResponse_SERVING
	notServing = grpc_health_v1.HealthCheckResponse_NOT_SERVING
)

// watched is a server with one service, whose readiness a test chooses.
func watched(t *testing.T) (health grpc_health_v1.HealthClient, down *atomic.Bool, stop func()) {
	t.Helper()
	s, err := New(listen(t, loopbackAny), Config{Listen: loopbackAny}, accesstest.New(t).Gate, zap.NewNop(),
		prometheus.NewRegistry())
	require.NoError(t, err)
	s.health.every = time.Nanosecond
	down = &atomic.Bool{}
	s.Register(&tips{}, func(context.Context) error {
		if down.Load() {
			return errors.New("down")
		}
		return nil
	})
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	stopped := make(chan error, 1)
	go func() { stopped <- s.Serve(ctx) }()
	conn, err := Dial(s.Addr(), TLS{})
	require.NoError(t, err)
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-stopped)
		assert.NoError(t, conn.Close())
	})
	return grpc_health_v1.NewHealthClient(conn), down, cancel
}

func watch(t *testing.T, health grpc_health_v1.HealthClient,
	service string,
) func() grpc_health_v1.HealthCheckResponse_ServingStatus {
	t.Helper()
	stream, err := health.Watch(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: service})
	require.NoError(t, err)
	return func() grpc_health_v1.HealthCheckResponse_ServingStatus {
		answer, err := stream.Recv()
		require.NoError(t, err)
		return answer.GetStatus()
	}
}

func TestHealthIsThatOfTheServiceNamed(t *testing.T) {
	t.Parallel()
	health, down, _ := watched(t)
	check := func(service string) grpc_health_v1.HealthCheckResponse_ServingStatus {
		answer, err := health.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: service})
		require.NoError(t, err)
		return answer.GetStatus()
	}
	tipService := networkv1.TipService_ServiceDesc.ServiceName
	assert.Equal(t, serving, check(""))
	assert.Equal(t, serving, check(tipService))
	down.Store(true)
	assert.Equal(t, notServing, check(""))
	assert.Equal(t, notServing, check(tipService))
	_, err := health.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: "qingfeng.risk.v1.RiskPointService"})
	assert.Equal(t, codes.NotFound, status.Code(err))
}

func TestHealthOfAllIsListedForWhoHasAToken(t *testing.T) {
	t.Parallel()
	b := runFor(t, Config{Listen: loopbackAny}, alwaysReady)
	conn, err := b.Dial()
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	health := grpc_health_v1.NewHealthClient(conn)
	all, err := health.List(b.clerk(t), &grpc_health_v1.HealthListRequest{})
	require.NoError(t, err)
	assert.Len(t, all.GetStatuses(), 3, "of all together, and of two services")
	assert.Equal(t, serving, all.GetStatuses()[networkv1.TipService_ServiceDesc.ServiceName].GetStatus())
	_, err = health.List(t.Context(), &grpc_health_v1.HealthListRequest{})
	assert.Equal(t, codes.Unauthenticated, status.Code(err), "%v", err)
}

func TestAllWhoAskForHealthShareWhatWasFound(t *testing.T) {
	t.Parallel()
	h, looks := newHealth(), 0
	h.add(func(ctx context.Context) error { looks++; return ctx.Err() }, []string{"one", "another"})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, h.ready(gone, h.all...), "the next who asks may still be there")
	_, err := h.List(t.Context(), &grpc_health_v1.HealthListRequest{})
	require.NoError(t, err)
	assert.Equal(t, 1, looks)
}

func TestWatchTellsOfEveryChange(t *testing.T) {
	t.Parallel()
	health, down, stop := watched(t)
	all, one := watch(t, health, ""), watch(t, health, networkv1.TipService_ServiceDesc.ServiceName)
	assert.Equal(t, serving, all())
	assert.Equal(t, serving, one())
	unknown := watch(t, health, "qingfeng.risk.v1.RiskPointService")
	assert.Equal(t, grpc_health_v1.HealthCheckResponse_SERVICE_UNKNOWN, unknown())
	down.Store(true)
	assert.Equal(t, notServing, all())
	assert.Equal(t, notServing, one())
	down.Store(false)
	assert.Equal(t, serving, all())
	stop()
	assert.Equal(t, notServing, all(), "a server that stops says so before it ends the stream")
}
