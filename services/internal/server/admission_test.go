package server

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

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
		a, release := newAdmission(2, 3, refused), make(chan struct{})
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
		assert.Len(t, answers, 5, "beyond those at work and those that wait, refused at once")
		close(release)
		for range 10 {
			if err := <-answers; err != nil {
				assert.Equal(t, fault.Busy(), err)
			}
		}
		assert.InDelta(t, 5, testutil.ToFloat64(refused), 0)
	})
}

func TestWhoWaitsIsRefusedAfterAMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAdmission(1, 1, prometheus.NewCounter(prometheus.CounterOpts{}))
		assert.True(t, a.enter(t.Context()))
		assert.False(t, a.enter(t.Context()), "after some time that a synctest doesn't take")
		assert.Zero(t, a.waiting.Load())
	})
}

func TestCallsOfServicesPass(t *testing.T) {
	t.Parallel()
	gate := accesstest.New(t, "*")
	a := newAdmission(0, 0, prometheus.NewCounter(prometheus.CounterOpts{}))
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
