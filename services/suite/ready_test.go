package suite_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/qingfeng-suite/qingfeng/services/suite"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// becomes waits until the health of all services is as wanted; what was found out holds for a while.
func becomes(t *testing.T, s *suitetest.Suite, want grpc_health_v1.HealthCheckResponse_ServingStatus) {
	t.Helper()
	health := grpc_health_v1.NewHealthClient(s.Unauthenticated())
	assert.EventuallyWithT(t, func(c *assert.CollectT) {
		answer, err := health.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
		require.NoError(c, err)
		assert.Equal(c, want, answer.GetStatus())
	}, 20*time.Second, 50*time.Millisecond)
}

func TestASuiteWithNoSpaceLeftIsNotReady(t *testing.T) {
	t.Parallel()
	var free atomic.Int64
	s := suitetest.Empty(t, suitetest.With(func(cfg *suite.Config) {
		cfg.Uploads.FreeSpace = func() (int64, error) { return free.Load(), nil }
	}))
	becomes(t, s, grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	free.Store(1 << 30)
	becomes(t, s, grpc_health_v1.HealthCheckResponse_SERVING)
}
