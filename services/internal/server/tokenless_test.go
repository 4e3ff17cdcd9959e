package server

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
)

func TestCallsWithoutTokenOrMessageHoldUpNobody(t *testing.T) {
	t.Parallel()
	b := run(t, Config{Listen: loopbackAny}, alwaysReady)
	const more = 16
	conn, ended := b.dialTCP(t), make(chan error, callsComing+more)
	for range cap(ended) {
		open(t.Context(), t, conn, networkv1.TipService_FollowTip_FullMethodName, nil, ended)
	}
	for range more {
		assert.True(t, isBusy(<-ended), "who makes room")
	}
	client := networkv1.NewTipServiceClient(conn)
	_, err := client.FollowTip(t.Context(), &networkv1.FollowTipRequest{Receipt: "r"})
	require.NoError(t, err, "a call with its message gets through")
	_, err = client.ListTips(b.clerk(t), city())
	require.NoError(t, err)
}
