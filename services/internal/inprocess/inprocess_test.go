package inprocess_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/inprocess"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const limit = 1 << 16

type handler func(context.Context, *networkv1.GetTipRequest) (*networkv1.Tip, error)

// tips is a service whose answers a test chooses.
type tips struct {
	networkv1.UnimplementedTipServiceServer

	get handler
}

func (s *tips) GetTip(ctx context.Context, req *networkv1.GetTipRequest) (*networkv1.Tip, error) {
	return s.get(ctx, req)
}

// both are the two ways to one service: "wire" and "inside".
type both struct {
	inside *inprocess.Server
	conns  map[string]grpc.ClientConnInterface
}

func serve(t *testing.T, get handler) both {
	t.Helper()
	marked := func(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		if err := grpc.SetHeader(ctx, metadata.Pairs("Passed", info.FullMethod)); err != nil {
			return nil, err
		}
		return next(ctx, req)
	}
	wire := grpc.NewServer(grpc.ChainUnaryInterceptor(marked), grpc.MaxRecvMsgSize(limit), grpc.MaxSendMsgSize(limit))
	inside := inprocess.New(inprocess.Config{Interceptors: []grpc.UnaryServerInterceptor{marked}, MaxMessage: limit})
	networkv1.RegisterTipServiceServer(wire, &tips{get: get})
	networkv1.RegisterTipServiceServer(inside, &tips{get: get})
	listener := bufconn.Listen(limit)
	served := make(chan error, 1)
	go func() { served <- wire.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///memory", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(limit), grpc.MaxCallSendMsgSize(limit)))
	require.NoError(t, err)
	inner := inside.Dial(conn)
	t.Cleanup(func() {
		require.NoError(t, inner.Close())
		wire.Stop()
		require.NoError(t, <-served)
	})
	return both{inside: inside, conns: map[string]grpc.ClientConnInterface{"wire": conn, "inside": inner}}
}

const getTip = networkv1.TipService_GetTip_FullMethodName

func answer(name string) (*networkv1.Tip, error) {
	return &networkv1.Tip{Name: name}, nil
}

func echo(_ context.Context, req *networkv1.GetTipRequest) (*networkv1.Tip, error) {
	return answer(req.GetName())
}

func failing(err error) handler {
	return func(context.Context, *networkv1.GetTipRequest) (*networkv1.Tip, error) { return nil, err }
}

// TestBothWaysSayTheSame calls each way and compares answer, status and what comes beside.
func TestBothWaysSayTheSame(t *testing.T) {
	t.Parallel()
	detailed, err := status.New(codes.NotFound, "no such tip").WithDetails(&errdetails.ErrorInfo{Reason: "NOT_FOUND"})
	require.NoError(t, err)
	long := string(make([]byte, limit+1))
	tests := map[string]struct {
		get     handler
		name    string
		method  string
		headers []string
		code    codes.Code
		differs bool // in its text
	}{
		"an answer":              {get: echo, name: "tips/1"},
		"a status with details":  {get: failing(detailed.Err()), code: codes.NotFound},
		"a wrapped status":       {get: failing(fmt.Errorf("read: %w", detailed.Err())), code: codes.NotFound},
		"another error":          {get: failing(errors.New("broken")), code: codes.Unknown},
		"a deadline of its own":  {get: failing(context.DeadlineExceeded), code: codes.DeadlineExceeded},
		"a wrapped end":          {get: failing(fmt.Errorf("query: %w", context.Canceled)), code: codes.Canceled},
		"no answer":              {get: failing(nil)},
		"an unknown method":      {get: echo, method: "/qingfeng.network.v1.TipService/Forget", code: codes.Unimplemented},
		"an unknown service":     {get: echo, method: "/a.B/C", code: codes.Unimplemented},
		"a malformed method":     {get: echo, method: "/a", code: codes.Unimplemented},
		"a request of any size":  {get: echo, name: long, code: codes.ResourceExhausted},
		"a text of other bytes":  {get: echo, name: "tips/\xff", code: codes.Internal, differs: true},
		"a header of other text": {get: echo, headers: []string{"accept-language", "中文"}, code: codes.Internal},
		"a header of other name": {get: echo, headers: []string{"a b", "c"}, code: codes.Internal, differs: true},
		"an answer of any size": {get: func(context.Context, *networkv1.GetTipRequest) (*networkv1.Tip, error) {
			return answer(long)
		}, code: codes.ResourceExhausted, differs: true},
		"what comes beside": {get: func(ctx context.Context, _ *networkv1.GetTipRequest) (*networkv1.Tip, error) {
			got, _ := metadata.FromIncomingContext(ctx)
			_, late := ctx.Deadline()
			said := fmt.Sprint(got.Get("x-some"), got.Get("x-bin"), late)
			return nil, errors.Join(errors.New(said), //nolint:err113 // only its text counts
				grpc.SetHeader(ctx, metadata.Pairs("one", "1")), grpc.SendHeader(ctx, metadata.Pairs("Two", "2")),
				grpc.SetTrailer(ctx, metadata.Pairs("three", "3")))
		}, headers: []string{"X-Some", "b", "x-some", "c", "x-bin", "\x00"}, code: codes.Unknown},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := serve(t, test.get)
			b.inside.Open()
			method := test.method
			if method == "" {
				method = getTip
			}
			said := map[string][]any{}
			for way, conn := range b.conns {
				var header, trailer metadata.MD
				reply := &networkv1.Tip{Name: "of before", Etag: "1"}
				err := conn.Invoke(metadata.AppendToOutgoingContext(t.Context(), test.headers...), method,
					&networkv1.GetTipRequest{Name: test.name}, reply, grpc.Header(&header), grpc.Trailer(&trailer))
				require.Equal(t, test.code, status.Code(err), "%s: %v", way, err)
				s := status.Convert(err)
				header.Delete("content-type") // with the next, a wire's own
				trailer.Delete("content-type")
				trailer.Delete("grpc-status-details-bin")
				text := s.Message()
				if test.differs {
					text = ""
				}
				said[way] = []any{
					text, fmt.Sprint(s.Details()), fmt.Sprint(map[string][]string(header)),
					fmt.Sprint(map[string][]string(trailer)), reply.GetName(), reply.GetEtag(),
				}
				if test.differs {
					said[way] = said[way][:1]
				}
			}
			assert.Equal(t, said["wire"], said["inside"])
		})
	}
}

func get(ctx context.Context, conn grpc.ClientConnInterface, options ...grpc.CallOption) error {
	_, err := networkv1.NewTipServiceClient(conn).GetTip(ctx, &networkv1.GetTipRequest{Name: "tips/1"}, options...)
	return err
}

func TestNeitherSideSharesMemoryWithTheOther(t *testing.T) {
	t.Parallel()
	kept, _ := answer("tips/1")
	var got *networkv1.GetTipRequest
	b := serve(t, func(_ context.Context, req *networkv1.GetTipRequest) (*networkv1.Tip, error) {
		got = req
		return kept, nil
	})
	b.inside.Open()
	req := &networkv1.GetTipRequest{Name: "tips/1"}
	given, err := networkv1.NewTipServiceClient(b.conns["inside"]).GetTip(t.Context(), req)
	require.NoError(t, err)
	assert.True(t, proto.Equal(kept, given))
	given.Name, req.Name = "changed", "changed"
	assert.Equal(t, "tips/1", kept.GetName())
	assert.Equal(t, "tips/1", got.GetName())
}

type key struct{}

func TestOfTheContextOnlyItsEndCrosses(t *testing.T) {
	t.Parallel()
	end := time.Now().Add(time.Hour)
	begun := make(chan struct{})
	b := serve(t, func(ctx context.Context, _ *networkv1.GetTipRequest) (*networkv1.Tip, error) {
		at, _ := ctx.Deadline()
		assert.Equal(t, end, at)
		assert.Nil(t, ctx.Value(key{}))
		_, leaks := metadata.FromOutgoingContext(ctx)
		assert.False(t, leaks, "a call of the handler's own does not carry the caller's token")
		method, _ := grpc.Method(ctx)
		assert.Equal(t, getTip, method)
		from, _ := peer.FromContext(ctx)
		assert.Equal(t, "inprocess", from.Addr.Network())
		close(begun)
		<-ctx.Done()
		return answer("too late")
	})
	b.inside.Open()
	ctx, cancel := context.WithDeadline(context.WithValue(t.Context(), key{}, 1), end)
	go func() { <-begun; cancel() }()
	err := get(metadata.AppendToOutgoingContext(ctx, "authorization", "a"), b.conns["inside"])
	assert.Equal(t, codes.Canceled, status.Code(err), "though the handler gave an answer")
	assert.Equal(t, codes.Canceled, status.Code(get(ctx, b.conns["inside"])), "the handler does not begin")
	past, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	assert.Equal(t, codes.DeadlineExceeded, status.Code(get(past, b.conns["inside"])))
}

func TestCallsWaitUntilTheServerOpensAndAreRefusedAfterItsStop(t *testing.T) {
	t.Parallel()
	b := serve(t, echo)
	soon, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	assert.Equal(t, codes.DeadlineExceeded, status.Code(get(soon, b.conns["inside"])))
	waiting := make(chan error, 1)
	go func() { waiting <- get(t.Context(), b.conns["inside"]) }()
	b.inside.Open()
	b.inside.Open()
	require.NoError(t, <-waiting)
	b.inside.Stop()
	b.inside.Stop()
	assert.Equal(t, codes.Unavailable, status.Code(get(t.Context(), b.conns["inside"])))
	unopened := serve(t, echo)
	go func() { waiting <- get(t.Context(), unopened.conns["inside"]) }()
	unopened.inside.Stop()
	unopened.inside.Open()
	assert.Equal(t, codes.Unavailable, status.Code(<-waiting), "what never opened refuses")
}

// TestStopWaitsForCallsAndForWhatTheyCall has a call in flight make another one while the server stops.
func TestStopWaitsForCallsAndForWhatTheyCall(t *testing.T) {
	t.Parallel()
	begun, release := make(chan struct{}), make(chan struct{})
	var b both
	outer := context.Context(nil)
	b = serve(t, func(ctx context.Context, req *networkv1.GetTipRequest) (*networkv1.Tip, error) {
		if outer != nil {
			return echo(ctx, req)
		}
		outer = ctx
		close(begun)
		<-release
		return &networkv1.Tip{}, get(ctx, b.conns["inside"])
	})
	b.inside.Open()
	answered, stopped := make(chan error, 1), make(chan struct{})
	go func() { answered <- get(t.Context(), b.conns["inside"]) }()
	<-begun
	go func() { b.inside.Stop(); close(stopped) }()
	require.Eventually(t, func() bool {
		return status.Code(get(t.Context(), b.conns["inside"])) == codes.Unavailable
	}, time.Minute, time.Millisecond)
	select {
	case <-stopped:
		t.Fatal("stopped under a call")
	default:
	}
	close(release)
	require.NoError(t, <-answered)
	<-stopped
	assert.Error(t, get(context.WithoutCancel(outer), b.conns["inside"]), "what a call left behind is no part of it")
}

func TestACutEndsCallsAndTheWaitForThem(t *testing.T) {
	t.Parallel()
	begun := make(chan struct{})
	b := serve(t, func(ctx context.Context, _ *networkv1.GetTipRequest) (*networkv1.Tip, error) {
		close(begun)
		<-ctx.Done()
		return nil, ctx.Err()
	})
	b.inside.Open()
	answered := make(chan error, 1)
	go func() { answered <- get(t.Context(), b.conns["inside"]) }()
	<-begun
	b.inside.Cut()
	b.inside.Stop()
	assert.Equal(t, codes.Unavailable, status.Code(<-answered))
	assert.Equal(t, codes.Unavailable, status.Code(get(t.Context(), b.conns["inside"])))
}

func TestAPanicThatNobodyCaughtLeavesTheServer(t *testing.T) {
	t.Parallel()
	b := serve(t, func(context.Context, *networkv1.GetTipRequest) (*networkv1.Tip, error) { panic("payload") })
	b.inside.Open()
	assert.Panics(t, func() { _ = get(t.Context(), b.conns["inside"]) })
	b.inside.Stop()
}

func TestOptionsAreHeardOrRefused(t *testing.T) {
	t.Parallel()
	b := serve(t, echo)
	b.inside.Open()
	var from peer.Peer
	require.NoError(t, get(t.Context(), b.conns["inside"], grpc.Peer(&from), grpc.WaitForReady(true)))
	assert.Equal(t, "inprocess", from.Addr.String())
	for _, option := range []grpc.CallOption{grpc.MaxCallSendMsgSize(1), grpc.MaxCallRecvMsgSize(1)} {
		assert.Equal(t, codes.ResourceExhausted, status.Code(get(t.Context(), b.conns["inside"], option)))
	}
	assert.Equal(t, codes.Internal, status.Code(get(t.Context(), b.conns["inside"], grpc.PerRPCCredentials(nil))))
	for _, pair := range [][2]any{
		{1, &networkv1.Tip{}},
		{&networkv1.GetTipRequest{}, 1},
		{&networkv1.Unit{}, &networkv1.Tip{}},
		{&networkv1.GetTipRequest{}, &networkv1.Unit{}},
	} {
		assert.Equal(t, codes.Internal, status.Code(b.conns["inside"].Invoke(t.Context(), getTip, pair[0], pair[1])))
	}
}

// watch notes what a stats handler is told.
type watch struct {
	stats.Handler

	side string
	told *[]string
}

type watched struct{}

func (w watch) TagRPC(ctx context.Context, info *stats.RPCTagInfo) context.Context {
	return metadata.AppendToOutgoingContext(context.WithValue(ctx, watched{}, info.FullMethodName), "traceparent", "of "+w.side)
}

func (w watch) HandleRPC(ctx context.Context, s stats.RPCStats) {
	said := fmt.Sprintf("%s %T", w.side, s)
	if end, ok := s.(*stats.End); ok {
		said += fmt.Sprint(" ", status.Code(end.Error), " ", end.EndTime.After(end.BeginTime))
	}
	if ctx.Value(watched{}) != getTip || s.IsClient() != (w.side == "client") {
		said += " of another call"
	}
	*w.told = append(*w.told, said)
}

// TestBothSidesAreWatched shows that spans are made as over a wire, and that the server's knows the client's.
func TestBothSidesAreWatched(t *testing.T) {
	t.Parallel()
	b := serve(t, echo)
	var told []string
	inside := inprocess.New(inprocess.Config{
		MaxMessage: limit, Server: watch{side: "server", told: &told}, Client: watch{side: "client", told: &told},
	})
	failing := func(ctx context.Context, _ *networkv1.GetTipRequest) (*networkv1.Tip, error) {
		told = append(told, fmt.Sprint(metadata.ValueFromIncomingContext(ctx, "traceparent")))
		return nil, errors.New("broken")
	}
	networkv1.RegisterTipServiceServer(inside, &tips{get: failing})
	inside.Open()
	wire, ok := b.conns["wire"].(*grpc.ClientConn)
	require.True(t, ok)
	require.Error(t, get(t.Context(), inside.Dial(wire)))
	assert.Equal(t, []string{
		"client *stats.Begin", "server *stats.Begin", "[of client]", "server *stats.End Unknown true",
		"client *stats.End Unknown true",
	}, told)
}
