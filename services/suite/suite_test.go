package suite_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/server"
	"github.com/qingfeng-suite/qingfeng/services/suite"
)

func listen(t *testing.T, address string) net.Listener {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	require.NoError(t, err)
	return l
}

func TestFailedStartReleasesItsAddresses(t *testing.T) {
	t.Parallel()
	taken, free := listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")
	require.NoError(t, free.Close())
	cfg := suite.Config{
		Data: t.TempDir(), DatabaseURL: "postgres://127.0.0.1:1/none?connect_timeout=1", Level: typev1.Level_LEVEL_CITY,
		Server: server.Config{Listen: free.Addr().String()}, HTTP: taken.Addr().String(), Clock: clock.System{},
		Log: zap.NewNop(),
	}
	_, err := suite.Open(t.Context(), cfg)
	require.ErrorIs(t, err, suite.ErrAddress)
	require.ErrorContains(t, err, cfg.HTTP+" can't be served: another program uses it; name another with --http or QINGFENG_HTTP")
	require.ErrorContains(t, err, "已被另一个程序占用，请用参数 --http 或环境变量 QINGFENG_HTTP 另行指定")
	require.NoError(t, listen(t, cfg.Server.Listen).Close())

	require.NoError(t, taken.Close())
	_, err = suite.Open(t.Context(), cfg)
	require.Error(t, err, "there is no database")
	require.NoError(t, listen(t, cfg.Server.Listen).Close())
	require.NoError(t, listen(t, cfg.HTTP).Close())
}
