package server

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
)

func TestCallsWithoutTokenOrMessageHoldUpNobody(t *testing.T) {
	t.Parallel()
	b := run(t, Config{Listen: loopbackAny}, alwaysReady)
	conn := b.dialTCP(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2*tokenlessAtOnce)
	for range cap(ended) {
		call, err := conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true}, networkv1.TipService_FollowTip_FullMethodName)
		require.NoError(t, err)
		go func() { ended <- call.RecvMsg(&networkv1.FollowTipResponse{}) }()
	}
	for range tokenlessAtOnce {
		assert.Contains(t, []codes.Code{codes.Canceled, codes.ResourceExhausted}, status.Code(<-ended), "who makes room, or finds none")
	}
	client := networkv1.NewTipServiceClient(conn)
	_, err := client.FollowTip(t.Context(), &networkv1.FollowTipRequest{Receipt: "r"})
	require.NoError(t, err, "a call with its message gets through")
	_, err = client.ListTips(b.clerk(t), city())
	require.NoError(t, err)
	cancel()
	for range tokenlessAtOnce {
		require.Error(t, <-ended)
	}
}
