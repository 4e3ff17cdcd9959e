package server

import (
	"context"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
)

// brief is a time that a test can wait for; what is not bounded by it lasts for far longer.
const brief = 300 * time.Millisecond

// connection is one of a client that only listens.
type connection struct {
	net.Conn
	*http2.Framer
}

// connect opens a connection that is listened to for a while.
func connect(t *testing.T, b *bench, listens time.Duration) connection {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", b.Addr())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(listens)))
	_, err = conn.Write([]byte(http2.ClientPreface))
	require.NoError(t, err)
	framer := http2.NewFramer(conn, conn)
	require.NoError(t, framer.WriteSettings())
	return connection{conn, framer}
}

func TestAConnectionIsToldHowManyCallsItMayHave(t *testing.T) {
	t.Parallel()
	first, err := connect(t, run(t, Config{Listen: loopbackAny}, alwaysReady), patience).ReadFrame()
	require.NoError(t, err)
	settings, ok := first.(*http2.SettingsFrame)
	require.True(t, ok, "%v", first)
	most, said := settings.Value(http2.SettingMaxConcurrentStreams)
	assert.True(t, said)
	assert.Equal(t, uint32(callsOfConnection), most)
}

// isSentAway listens until the server says that it will close the connection, or the time is up.
func (c connection) isSentAway(t *testing.T) bool {
	t.Helper()
	for {
		frame, err := c.ReadFrame()
		if err != nil {
			require.ErrorIs(t, err, os.ErrDeadlineExceeded, "closed without a word")
			return false
		}
		switch frame := frame.(type) {
		case *http2.GoAwayFrame:
			return true
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				require.NoError(t, c.WriteSettingsAck())
			}
		}
	}
}

func TestConnectionsThatAreOldOrIdleAreSentAway(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]Config{"old": {ConnectionAge: brief}, "idle": {ConnectionIdle: brief}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg.Listen = loopbackAny
			assert.True(t, connect(t, run(t, cfg, alwaysReady), patience).isSentAway(t))
		})
	}
	t.Run("neither", func(t *testing.T) {
		t.Parallel()
		assert.False(t, connect(t, run(t, Config{Listen: loopbackAny}, alwaysReady), 3*brief).isSentAway(t))
	})
}

// TestACallWhoseMessageDoesNotComeEnds opens calls and sends no message: their time runs from their headers on.
func TestACallWhoseMessageDoesNotComeEnds(t *testing.T) {
	t.Parallel()
	for method, known := range map[string]bool{
		networkv1.TipService_ListTips_FullMethodName: true, networkv1.TipService_FollowTip_FullMethodName: false,
	} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			b := run(t, Config{Listen: loopbackAny, CallTimeout: brief}, alwaysReady)
			ctx := t.Context()
			if known {
				ctx = b.clerk(t)
			}
			ctx, cancel := context.WithCancel(ctx) // and no deadline, which would be told to the server
			defer cancel()
			defer time.AfterFunc(patience, cancel).Stop()
			began := time.Now()
			call, err := b.dialTCP(t).NewStream(ctx, &grpc.StreamDesc{}, method)
			require.NoError(t, err)
			err = call.RecvMsg(&emptypb.Empty{})
			assert.Equal(t, codes.DeadlineExceeded, status.Code(err), "%v", err)
			assert.GreaterOrEqual(t, time.Since(began), brief)
		})
	}
}
