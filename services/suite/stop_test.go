package suite_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/suite"
)

// Metrics are served until the end, so their address is closed below them.
func TestSuiteWithAdminAddressStopsCleanly(t *testing.T) {
	t.Parallel()
	running, err := suite.Open(t.Context(), suite.Config{
		Data: t.TempDir(), Level: typev1.Level_LEVEL_CITY, HTTP: "127.0.0.1:0", Admin: "127.0.0.1:0",
		Targets: []string{suite.Gateway}, Peers: map[string]string{
			"network": "127.0.0.1:1", "risk": "127.0.0.1:1", "warning": "127.0.0.1:1", "assessment": "127.0.0.1:1",
		},
		Clock: clock.System{}, Log: zap.NewNop(),
	})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	require.NoError(t, running.Run(ctx))
}
