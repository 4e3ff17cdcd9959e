package suite_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/bench"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
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

func TestASuiteWhoseDatabaseOnlyReadsReadsAndIsNotReady(t *testing.T) {
	t.Parallel()
	admin, err := bench.Free(t.Context(), 1)
	require.NoError(t, err)
	s := suitetest.New(t, suitetest.With(func(cfg *suite.Config) { cfg.Admin = admin[0] }))
	setReadOnly(t, s, "on")
	becomes(t, s, grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+admin[0]+"/readyz", nil)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)

	clerk := s.As("clerk", networktest.Township)
	submit := func() error {
		_, err := networkv1.NewTipServiceClient(s.As("informant", networktest.Township)).SubmitTip(t.Context(),
			&networkv1.SubmitTipRequest{Content: networktest.ValidTip()})
		return err
	}
	_, err = riskv1.NewPositionServiceClient(clerk).CreatePosition(t.Context(), &riskv1.CreatePositionRequest{
		Position: &riskv1.Position{Unit: networktest.Township, Title: "审批岗", Rank: "staff"},
	})
	suitetest.RequireRefused(t, err, codes.Unavailable, "UNAVAILABLE")
	suitetest.RequireRefused(t, submit(), codes.Unavailable, "UNAVAILABLE")
	_, err = networkv1.NewUnitServiceClient(clerk).GetUnit(t.Context(), &networkv1.GetUnitRequest{Name: networktest.Township})
	require.NoError(t, err)

	setReadOnly(t, s, "off")
	becomes(t, s, grpc_health_v1.HealthCheckResponse_SERVING)
	require.NoError(t, submit())
}

// setReadOnly has the database of a suite take changes or none, and ends the connections that don't know of it.
func setReadOnly(t *testing.T, s *suitetest.Suite, readOnly string) {
	t.Helper()
	conn := networktest.Database(t, s)
	for _, statement := range []string{
		"SET default_transaction_read_only = off",
		`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = ` + readOnly + `',
			current_database()); END $$`,
		`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
	} {
		_, err := conn.Exec(t.Context(), statement)
		require.NoError(t, err)
	}
}
