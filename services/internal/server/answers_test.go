package server

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"

	"github.com/qingfeng-suite/qingfeng/services/internal/strangers"
)

// TestAnswersThatNobodyReadsTakeSoMuch asks for long answers and reads none, while another reads late what it has asked before.
func TestAnswersThatNobodyReadsTakeSoMuch(t *testing.T) {
	t.Parallel()
	limits, err := strangers.NewLimits(prometheus.NewRegistry())
	require.NoError(t, err)
	b := runOn(t, limits.Listen(listen(t, loopbackAny)), Config{Listen: loopbackAny}, alwaysReady, "*")
	late, err := askMuch(b.of(t, "accounts/late"), b.dialNarrow(t))
	require.NoError(t, err)
	for range 4 {
		conn := b.dialNarrow(t)
		for range 100 {
			_, _ = askMuch(b.of(t, "accounts/another"), conn) // it may have been closed
		}
	}
	assert.Eventually(t, func() bool { return testutil.ToFloat64(b.streams.answers.closed) > 0 }, time.Minute, time.Millisecond)
	answer, err := late.Recv()
	require.NoError(t, err)
	assert.NotEmpty(t, answer.GetFileDescriptorResponse().GetFileDescriptorProto())
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
