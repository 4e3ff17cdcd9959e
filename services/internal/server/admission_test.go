package server

import (
	"context"
	"fmt"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access/accesstest"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// isBusy tells whether a call was refused with the time after which to come again.
func isBusy(err error) bool {
	for _, detail := range status.Convert(err).Details() {
		if _, ok := detail.(*errdetails.RetryInfo); ok {
			return status.Code(err) == codes.ResourceExhausted
		}
	}
	return false
}

// of is the context of a call with a token of a subject.
func (b *bench) of(t *testing.T, subject string) context.Context {
	t.Helper()
	clerk := accesstest.Clerk(accesstest.City)
	clerk.Subject = subject
	return metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+b.gate.Token(clerk))
}

// open begins a call that sends a message without an end, or nothing, and tells how it ends.
func open(
	ctx context.Context, t *testing.T, conn *grpc.ClientConn, method string, part proto.Message, ended chan<- error,
) grpc.ClientStream {
	t.Helper()
	call, err := conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, method)
	require.NoError(t, err)
	if part != nil {
		require.NoError(t, call.SendMsg(part))
	}
	go func() {
		err := call.RecvMsg(&emptypb.Empty{})
		for err == nil {
			err = call.RecvMsg(&emptypb.Empty{})
		}
		ended <- err
	}()
	return call
}

func TestCallsWhoseMessageDoesNotComeHoldUpNobody(t *testing.T) {
	t.Parallel()
	for _, callers := range []int{1, 8, 32} {
		for name, part := range map[string]proto.Message{"half-open": nil, "without an end": city()} {
			t.Run(fmt.Sprint(callers, " ", name), func(t *testing.T) {
				t.Parallel()
				b := run(t, Config{Listen: loopbackAny}, alwaysReady)
				const more = 64
				ended, oldest := make(chan error, callsComing+more), make(chan error, 1)
				conns := []*grpc.ClientConn{b.dialTCP(t), b.dialTCP(t)}
				open(b.of(t, "accounts/one"), t, b.dialTCP(t), networkv1.TipService_ListTips_FullMethodName, part, oldest)
				for i := range cap(ended) {
					open(b.of(t, fmt.Sprint("accounts/", i%callers)), t, conns[i%2], networkv1.TipService_ListTips_FullMethodName, part, ended)
				}
				for range more + 1 { // the oldest takes a place too
					err := <-ended
					assert.True(t, isBusy(err), "who makes room is told when to come again: %v", err)
				}
				_, err := networkv1.NewTipServiceClient(b.dialTCP(t)).ListTips(b.clerk(t), city())
				require.NoError(t, err)
				assert.Empty(t, oldest, "who has one makes no room, though it is the oldest")
			})
		}
	}
}

func TestCallsOfServicesPass(t *testing.T) {
	t.Parallel()
	gate := accesstest.New(t, "*")
	a := newAdmission(newAnswers(answersAtOnce, nil), prometheus.NewCounter(prometheus.CounterOpts{}))
	a.slots = newSlots(0, 1)
	for service, code := range map[string]codes.Code{"": codes.ResourceExhausted, "warning": codes.OK} {
		p := accesstest.Clerk(accesstest.City)
		p.Service = service
		_, err := gate.Call(t.Context(), networkv1.UnitService_GetUnit_FullMethodName, gate.Token(p),
			&networkv1.GetUnitRequest{Name: accesstest.City}, func(ctx context.Context) (any, error) {
				return a.intercept(ctx, nil, nil, func(context.Context, any) (any, error) { return nil, nil })
			})
		assert.Equal(t, code == codes.ResourceExhausted, fault.HasCode(err, codes.ResourceExhausted), "%s: %v", service, err)
	}
	assert.InDelta(t, 1, testutil.ToFloat64(a.refused), 0)
}
