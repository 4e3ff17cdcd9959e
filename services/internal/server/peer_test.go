package server

import (
	"context"
	"net"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
)

// peer answers calls with a code, and with OK from some call on.
type peer struct {
	networkv1.UnimplementedTipServiceServer

	code  codes.Code
	until int32
	asked atomic.Int32
}

func (p *peer) answer() error {
	if p.asked.Add(1) < p.until {
		return status.Error(p.code, "not now")
	}
	return nil
}

func (p *peer) GetTip(context.Context, *networkv1.GetTipRequest) (*networkv1.Tip, error) {
	return &networkv1.Tip{}, p.answer()
}

func (p *peer) AcceptTip(context.Context, *networkv1.AcceptTipRequest) (*networkv1.Tip, error) {
	return &networkv1.Tip{}, p.answer()
}

// serve serves the peer until the test ends.
func (p *peer) serve(t *testing.T) net.Addr {
	t.Helper()
	listener, server := listen(t, loopbackAny), grpc.NewServer()
	networkv1.RegisterTipServiceServer(server, p)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() { server.Stop(); assert.NoError(t, <-served) })
	return listener.Addr()
}

func TestOnlyReadingsAreRepeatedAndOnlyWhereAPeerIsNotAvailable(t *testing.T) {
	t.Parallel()
	get := func(ctx context.Context, client networkv1.TipServiceClient) error {
		_, err := client.GetTip(ctx, &networkv1.GetTipRequest{})
		return err
	}
	accept := func(ctx context.Context, client networkv1.TipServiceClient) error {
		_, err := client.AcceptTip(ctx, &networkv1.AcceptTipRequest{})
		return err
	}
	for name, test := range map[string]struct {
		peer  *peer
		call  func(context.Context, networkv1.TipServiceClient) error
		want  codes.Code
		asked int32
	}{
		"a reading":                 {&peer{code: codes.Unavailable, until: 3}, get, codes.OK, 3},
		"a reading, four times":     {&peer{code: codes.Unavailable, until: 9}, get, codes.Unavailable, 4},
		"a reading that is refused": {&peer{code: codes.Internal, until: 3}, get, codes.Internal, 1},
		"a change":                  {&peer{code: codes.Unavailable, until: 3}, accept, codes.Unavailable, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := Dial(test.peer.serve(t).String(), TLS{})
			require.NoError(t, err)
			defer func() { require.NoError(t, conn.Close()) }()
			assert.Equal(t, test.want, status.Code(test.call(t.Context(), networkv1.NewTipServiceClient(conn))))
			assert.Equal(t, test.asked, test.peer.asked.Load())
		})
	}
}

func TestAllAddressesOfAPeerAreCalledInTurns(t *testing.T) {
	t.Parallel()
	one, other := &peer{}, &peer{}
	names := manual.NewBuilderWithScheme("test")
	names.InitialState(resolver.State{
		Addresses: []resolver.Address{{Addr: one.serve(t).String()}, {Addr: other.serve(t).String()}},
	})
	conn, err := grpc.NewClient("test:///peer", slices.Concat(peerOptions(),
		[]grpc.DialOption{grpc.WithResolvers(names), grpc.WithTransportCredentials(insecure.NewCredentials())})...)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	require.Eventually(t, func() bool {
		_, err := networkv1.NewTipServiceClient(conn).GetTip(t.Context(), &networkv1.GetTipRequest{})
		return err == nil && one.asked.Load() > 2 && other.asked.Load() > 2
	}, patience, tick)
}

func TestReadingsAreThoseThatChangeNothing(t *testing.T) {
	t.Parallel()
	all := readings()
	assert.Contains(t, all, methodName{"qingfeng.network.v1.TipService", "ListTips"})
	for _, changing := range []string{"SubmitTip", "UploadPart", "AcceptTip"} {
		assert.False(t, slices.ContainsFunc(all, func(one methodName) bool { return one.Method == changing }), changing)
	}
}
