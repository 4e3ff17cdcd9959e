package server

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access/accesstest"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// recognized is the context of a call by a clerk.
func recognized(t *testing.T) (call context.Context) {
	t.Helper()
	gate := accesstest.New(t, "*")
	_, _ = gate.Call(t.Context(), networkv1.UnitService_GetUnit_FullMethodName, gate.Token(accesstest.Clerk(accesstest.City)),
		&networkv1.GetUnitRequest{Name: accesstest.City}, func(ctx context.Context) (any, error) {
			call = context.WithoutCancel(ctx) // synctest knows nothing of its end
			return nil, nil
		})
	require.NotNil(t, call)
	return call
}

func TestWhatIsTooMuchIsRefusedWithATimeToComeAgain(t *testing.T) {
	t.Parallel()
	call := recognized(t)
	synctest.Test(t, func(t *testing.T) {
		refused := prometheus.NewCounter(prometheus.CounterOpts{})
		a, release := newAdmission(2, 10, refused), make(chan struct{})
		answers := make(chan error, 10)
		for range 10 {
			go func() {
				_, err := a.intercept(call, nil, nil, func(context.Context, any) (any, error) {
					<-release
					return nil, nil
				})
				answers <- err
			}()
		}
		synctest.Wait()
		assert.Len(t, answers, 6, "beyond those at work and those that wait, refused at once")
		close(release)
		for range 10 {
			if err := <-answers; err != nil {
				assert.Equal(t, fault.Busy(), err)
			}
		}
		assert.InDelta(t, 6, testutil.ToFloat64(refused), 0)
	})
}

func TestWhoWaitsIsRefusedAfterAMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAdmission(1, 2, prometheus.NewCounter(prometheus.CounterOpts{}))
		assert.True(t, a.enter(t.Context(), "accounts/a"))
		assert.False(t, a.enter(t.Context(), "accounts/a"), "after some time that a synctest doesn't take")
		assert.Zero(t, a.waiting.Load())
		a.leave("accounts/a")
		assert.Empty(t, a.shares.of)
	})
}

func TestOneCallerTakesNoMoreThanAShare(t *testing.T) {
	t.Parallel()
	a := newAdmission(8, 2, prometheus.NewCounter(prometheus.CounterOpts{}))
	for range 2 {
		assert.True(t, a.enter(t.Context(), "accounts/a"))
	}
	assert.False(t, a.enter(t.Context(), "accounts/a"))
	assert.True(t, a.enter(t.Context(), "accounts/b"))
	a.leave("accounts/a")
	assert.True(t, a.enter(t.Context(), "accounts/a"))
}

// openCall begins a call of a clerk that sends no message, and tells how it ends.
func (b *bench) openCall(t *testing.T, conn *grpc.ClientConn, subject, method string, ended chan<- codes.Code) {
	t.Helper()
	clerk := accesstest.Clerk(accesstest.City)
	clerk.Subject = subject
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+b.gate.Token(clerk))
	call, err := conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true}, method)
	require.NoError(t, err)
	go func() { ended <- status.Code(call.RecvMsg(&networkv1.ListTipsResponse{})) }()
}

func TestCallsWhoseMessageDoesNotComeHoldUpNobody(t *testing.T) {
	t.Parallel()
	b := run(t, Config{Listen: loopbackAny}, alwaysReady)
	const callers = 8
	ended := make(chan codes.Code, callers*callsEach)
	for i := range callers {
		conn := b.dialTCP(t)
		for range callsEach - 1 {
			b.openCall(t, conn, fmt.Sprint("accounts/", i), networkv1.TipService_ListTips_FullMethodName, ended)
		}
	}
	for range callers*(callsEach-1) - callsAtOnce {
		assert.Contains(t, []codes.Code{codes.Canceled, codes.ResourceExhausted}, <-ended, "who makes room, or finds none")
	}
	_, err := networkv1.NewTipServiceClient(b.dialTCP(t)).ListTips(b.clerk(t), city())
	require.NoError(t, err)
}

func TestCallsWithoutMessageOfOneCallerHoldUpNobody(t *testing.T) {
	t.Parallel()
	b := run(t, Config{Listen: loopbackAny}, alwaysReady)
	ended := make(chan codes.Code, 2*callsEach)
	conn := b.dialTCP(t)
	for range cap(ended) {
		b.openCall(t, conn, "accounts/a", networkv1.TipService_ListTips_FullMethodName, ended)
	}
	for range callsEach {
		assert.Equal(t, codes.ResourceExhausted, <-ended)
	}
	_, err := networkv1.NewTipServiceClient(b.dialTCP(t)).ListTips(b.clerk(t), city())
	require.NoError(t, err)
}

func TestCallsOfServicesPass(t *testing.T) {
	t.Parallel()
	gate := accesstest.New(t, "*")
	a := newAdmission(0, 1, prometheus.NewCounter(prometheus.CounterOpts{}))
	for service, code := range map[string]codes.Code{"": codes.ResourceExhausted, "warning": codes.OK} {
		p := accesstest.Clerk(accesstest.City)
		p.Service = service
		_, err := gate.Call(t.Context(), networkv1.UnitService_GetUnit_FullMethodName, gate.Token(p),
			&networkv1.GetUnitRequest{Name: accesstest.City}, func(ctx context.Context) (any, error) {
				return a.intercept(ctx, nil, nil, func(context.Context, any) (any, error) { return nil, nil })
			})
		assert.Equal(t, code == codes.ResourceExhausted, fault.HasCode(err, codes.ResourceExhausted), "%s: %v", service, err)
	}
}
