package server

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	"github.com/qingfeng-suite/qingfeng/services/internal/strangers"
)

// An answer that was asked for before comes whole, however late it is read.
func TestWhoHasUnreadAnswersInAllThatIsFreeIsRefused(t *testing.T) {
	t.Parallel()
	b := runUnderLimits(t)
	late, err := askMuch(b.of(t, "accounts/late"), b.dialNarrow(t))
	require.NoError(t, err)
	assert.Eventually(t, func() bool {
		b.askWithoutReading(t, 1) // of what is asked at once, some makes room before it is answered
		stream, err := askMuch(b.of(t, "accounts/0"), b.dialNarrow(t))
		require.NoError(t, err)
		_, err = stream.Recv()
		return status.Code(err) == codes.ResourceExhausted
	}, time.Minute, time.Millisecond)
	answer, err := late.Recv()
	require.NoError(t, err)
	assert.NotEmpty(t, answer.GetFileDescriptorResponse().GetFileDescriptorProto())
}

func TestConnectionsAreClosedWhereUnreadAnswersOfManyAreTooLong(t *testing.T) {
	t.Parallel()
	b := runUnderLimits(t)
	b.askWithoutReading(t, 100)
	assert.Eventually(t, func() bool { return testutil.ToFloat64(b.streams.answers.closed) > 0 }, time.Minute, time.Millisecond)
}

func runUnderLimits(t *testing.T) *bench {
	t.Helper()
	limits, err := strangers.NewLimits(prometheus.NewRegistry())
	require.NoError(t, err)
	return runOn(t, limits.Listen(listen(t, loopbackAny)), Config{Listen: loopbackAny, answers: 2 << 20}, alwaysReady, "*")
}

// askWithoutReading asks for more long answers than there is room for, of so many callers in turn.
func (b *bench) askWithoutReading(t *testing.T, callers int) {
	t.Helper()
	for range 4 {
		conn := b.dialNarrow(t)
		for i := range 100 {
			_, _ = askMuch(b.of(t, fmt.Sprint("accounts/", i%callers)), conn) // it may have been closed
		}
	}
}

// askMuch asks for what is long.
func askMuch(ctx context.Context, conn *grpc.ClientConn) (reflectionpb.ServerReflection_ServerReflectionInfoClient, error) {
	stream, err := reflectionpb.NewServerReflectionClient(conn).ServerReflectionInfo(ctx)
	if err != nil {
		return nil, err
	}
	return stream, stream.Send(&reflectionpb.ServerReflectionRequest{
		MessageRequest: &reflectionpb.ServerReflectionRequest_FileContainingSymbol{
			FileContainingSymbol: "qingfeng.network.v1.TipService",
		},
	})
}

// dialNarrow connects to a server, which can send 64 KiB of what is not read.
func (b *bench) dialNarrow(t *testing.T) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+b.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithStaticStreamWindowSize(65535), grpc.WithStaticConnWindowSize(65535))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}
