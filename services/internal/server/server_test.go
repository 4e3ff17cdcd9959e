package server

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	_ "google.golang.org/grpc/channelz/grpc_channelz_v1" // a service without access options
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/access/accesstest"
)

func withID(ctx context.Context, id string) context.Context { return access.WithRequestID(ctx, id) }

func TestStoppingTurnsReadinessOffAndLetsCallsEnd(t *testing.T) {
	t.Parallel()
	begun, release := make(chan struct{}), make(chan struct{})
	b := run(t, Config{Listen: loopbackAny}, func(context.Context) error {
		close(begun)
		<-release
		return nil
	})
	end := sync.OnceFunc(func() { close(release) })
	t.Cleanup(end) // or a failure would wait for the call
	require.NoError(t, b.Ready(t.Context()))
	answered := make(chan error, 1)
	go func() { answered <- list(b.clerk(t), b) }()
	<-begun
	b.stop()
	require.Eventually(t, func() bool { return b.Ready(t.Context()) != nil }, patience, tick)
	require.ErrorIs(t, b.Ready(t.Context()), errDraining)
	answer, err := b.health.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	require.NoError(t, err)
	assert.Equal(t, grpc_health_v1.HealthCheckResponse_NOT_SERVING, answer.GetStatus())
	select {
	case err := <-b.stopped:
		t.Fatalf("stopped under a call: %v", err)
	default:
	}
	end()
	require.NoError(t, <-answered)
}

func TestHealthNeedsNoToken(t *testing.T) {
	t.Parallel()
	b := run(t, Config{Listen: loopbackAny}, alwaysReady)
	conn, err := Dial(b.Addr(), TLS{})
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	health := grpc_health_v1.NewHealthClient(conn)
	answer, err := health.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	require.NoError(t, err, "health needs no token")
	assert.Equal(t, grpc_health_v1.HealthCheckResponse_SERVING, answer.GetStatus())
}

func TestReflectionNeedsATokenOfAnyone(t *testing.T) {
	t.Parallel()
	b := runFor(t, Config{Listen: loopbackAny}, alwaysReady)
	conn, err := b.Dial()
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	ask := func(ctx context.Context) (*reflectionv1.ServerReflectionResponse, error) {
		stream, err := reflectionv1.NewServerReflectionClient(conn).ServerReflectionInfo(ctx)
		require.NoError(t, err)
		err = stream.Send(&reflectionv1.ServerReflectionRequest{
			MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{},
		})
		if !errors.Is(err, io.EOF) { // refused already
			require.NoError(t, err)
		}
		require.NoError(t, stream.CloseSend())
		return stream.Recv()
	}
	answer, err := ask(b.clerk(t))
	require.NoError(t, err)
	assert.NotEmpty(t, answer.GetListServicesResponse().GetService())
	_, err = ask(t.Context())
	assert.Equal(t, codes.Unauthenticated, status.Code(err), "%v", err)
}

// undeclared is a service whose methods have no access option.
type undeclared struct{ tips }

func (*undeclared) Register(r grpc.ServiceRegistrar) {
	r.RegisterService(&grpc.ServiceDesc{ServiceName: "grpc.channelz.v1.Channelz", HandlerType: (*any)(nil)}, &struct{}{})
}

func TestAServerWithAnUndeclaredServiceDoesNotServe(t *testing.T) {
	t.Parallel()
	s, err := New(listen(t, loopbackAny), Config{Listen: loopbackAny}, accesstest.New(t).Gate, zap.NewNop(),
		prometheus.NewRegistry())
	require.NoError(t, err)
	s.Register(&undeclared{}, alwaysReady)
	inside, err := s.Dial()
	require.NoError(t, err)
	defer func() { require.NoError(t, inside.Close()) }()
	answered := make(chan error, 1)
	go func() {
		_, err := grpc_health_v1.NewHealthClient(inside).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
		answered <- err
	}()
	require.ErrorContains(t, s.Serve(t.Context()), "/grpc.channelz.v1.Channelz/GetServer: no access option")
	assert.Equal(t, codes.Unavailable, status.Code(<-answered), "nor does it from within")
	conn, err := grpc.NewClient(s.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	_, err = grpc_health_v1.NewHealthClient(conn).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	assert.Equal(t, codes.Unavailable, status.Code(err), "the port is closed")
}

func TestAMessageOverTheLimitIsRefused(t *testing.T) {
	t.Parallel()
	b := run(t, Config{Listen: loopbackAny}, alwaysReady)
	conn, err := grpc.NewClient(b.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	_, err = networkv1.NewTipServiceClient(conn).ListTips(b.clerk(t), &networkv1.ListTipsRequest{
		SubjectArea: string(make([]byte, MaxMessage+1)),
	})
	assert.Equal(t, codes.ResourceExhausted, status.Code(err))
	_, err = b.client.ListTips(b.clerk(t), &networkv1.ListTipsRequest{SubjectArea: string(make([]byte, MaxMessage+1))})
	assert.Equal(t, codes.ResourceExhausted, status.Code(err), "in memory too")
}
