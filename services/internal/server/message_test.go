package server

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// rawCodec sends bytes as they are, and takes any answer.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	text, _ := v.([]byte)
	return mem.BufferSlice{mem.SliceBuffer(text)}, nil
}

func (rawCodec) Unmarshal(mem.BufferSlice, any) error { return nil }

// dialTCP connects to a server over TCP.
func (b *bench) dialTCP(t *testing.T) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+b.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func reasonOf(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

func TestAFaultyMessageIsAnsweredLoggedAndCountedLikeAnyCall(t *testing.T) {
	t.Parallel()
	parts := bytes.Repeat([]byte{1<<3 | 2, 0}, typev1.MostParts+1)
	for name, c := range map[string]struct {
		method, reason string
		message        []byte
	}{
		"no protobuf": {networkv1.TipService_ListTips_FullMethodName, "UNREADABLE_MESSAGE", []byte("no message")},
		"too large":   {networkv1.TipService_ListTips_FullMethodName, "MESSAGE_TOO_LARGE", make([]byte, typev1.SmallMessage+1)},
		"parts":       {networkv1.UnitService_BatchCreateUnits_FullMethodName, "TOO_MANY_PARTS", parts},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := run(t, Config{Listen: loopbackAny}, alwaysReady)
			conn := b.dialTCP(t)
			err := conn.Invoke(t.Context(), c.method, c.message, nil, grpc.ForceCodecV2(rawCodec{}))
			assert.Equal(t, codes.Unauthenticated, status.Code(err), "%v", err)
			err = conn.Invoke(b.clerk(t), c.method, c.message, nil, grpc.ForceCodecV2(rawCodec{}))
			assert.Equal(t, codes.InvalidArgument, status.Code(err), "%v", err)
			assert.Equal(t, c.reason, reasonOf(err))
			require.NoError(t, conn.Close())
			assert.Len(t, b.lines(t, "rpc"), 2)
			assert.Equal(t, map[string]float64{"Unauthenticated": 1, "InvalidArgument": 1}, handled(t, b.registry))
		})
	}
}

func TestAFaultyMessageOfAStreamIsAnsweredInTheSameForm(t *testing.T) {
	t.Parallel()
	b := run(t, Config{Listen: loopbackAny}, alwaysReady)
	conn := b.dialTCP(t)
	for _, c := range []struct {
		ctx  context.Context
		code codes.Code
	}{{t.Context(), codes.Unauthenticated}, {b.clerk(t), codes.InvalidArgument}} {
		stream, err := conn.NewStream(c.ctx, &grpc.StreamDesc{ServerStreams: true},
			networkv1.JournalService_WatchJournal_FullMethodName, grpc.ForceCodecV2(rawCodec{}))
		require.NoError(t, err)
		require.NoError(t, stream.SendMsg([]byte("no message")))
		require.NoError(t, stream.CloseSend())
		assert.Equal(t, c.code, status.Code(stream.RecvMsg(nil)))
	}
}

func TestAMethodThatIsNoneIsAnsweredInTheSameForm(t *testing.T) {
	t.Parallel()
	b := run(t, Config{Listen: loopbackAny}, alwaysReady)
	conn := b.dialTCP(t)
	err := conn.Invoke(metadata.AppendToOutgoingContext(t.Context(), "accept-language", "en"), "/qingfeng.network.v1.None/Do",
		[]byte{}, nil, grpc.ForceCodecV2(rawCodec{}))
	assert.Equal(t, codes.Unimplemented, status.Code(err))
	assert.Equal(t, "NO_SUCH_METHOD", reasonOf(err))
	require.NoError(t, conn.Close())
}
