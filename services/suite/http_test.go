package suite

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/strangers"
)

// answering is a service that ends each call with a code.
type answering struct {
	grpc.ClientConnInterface

	code codes.Code
}

func (a answering) Invoke(context.Context, string, any, any, ...grpc.CallOption) error {
	return status.Error(a.code, "")
}

// connect makes a connection to a listener and gives the end that was accepted.
func connect(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", l.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	accepted, err := l.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { _ = accepted.Close() })
	return accepted
}

// moreThanStrangers is more than there may be connections of strangers.
const moreThanStrangers = 150

func TestOnlyWhomAServiceRecognizedIsNoStranger(t *testing.T) {
	t.Parallel()
	for code, recognized := range map[codes.Code]bool{
		codes.OK: true, codes.PermissionDenied: true, codes.InvalidArgument: true, codes.NotFound: true,
		codes.Unauthenticated: false, codes.Unavailable: false, codes.DeadlineExceeded: false, codes.Unimplemented: false,
		codes.ResourceExhausted: false, codes.Internal: false,
	} {
		t.Run(code.String(), func(t *testing.T) {
			t.Parallel()
			limits, err := strangers.NewLimits(prometheus.NewRegistry())
			require.NoError(t, err)
			inner, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
			require.NoError(t, err)
			t.Cleanup(func() { _ = inner.Close() })
			l := limits.Listen(inner)
			conn := connect(t, l)
			ctx := metadata.AppendToOutgoingContext(strangers.InContext(t.Context(), conn), "authorization", "Bearer forged")
			err = Router{"network": answering{code: code}}.Invoke(ctx, networkv1.UnitService_GetUnit_FullMethodName, nil, nil)
			require.Equal(t, code, status.Code(err))
			for range moreThanStrangers {
				connect(t, l)
			}
			assert.Equal(t, recognized, conn.SetDeadline(time.Time{}) == nil, "it makes room for others")
		})
	}
}
