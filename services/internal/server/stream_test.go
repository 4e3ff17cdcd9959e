package server

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
)

// feed is a service whose stream sends one event, with what it was asked and who asked, and then waits for its end.
type feed struct {
	networkv1.UnimplementedJournalServiceServer
}

func (f *feed) Register(r grpc.ServiceRegistrar) { networkv1.RegisterJournalServiceServer(r, f) }
func (*feed) Start(context.Context) error        { return nil }
func (*feed) Stop(context.Context) error         { return nil }

func (*feed) WatchJournal(req *typev1.WatchJournalRequest, stream grpc.ServerStreamingServer[typev1.JournalEvent]) error {
	if err := stream.Send(&typev1.JournalEvent{
		Position: req.GetAfter(), Resource: access.PrincipalOf(stream.Context()).Subject,
	}); err != nil {
		return err
	}
	<-stream.Context().Done()
	return stream.Context().Err()
}

// openFeed asks for the feed as a clerk with permissions; the server stops when stop is called.
func openFeed(t *testing.T, permissions ...string) (client networkv1.JournalServiceClient, clerk context.Context, stop func()) {
	t.Helper()
	b := runFor(t, Config{Listen: loopbackAny}, alwaysReady, permissions...)
	conn, err := b.Dial()
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, conn.Close()) })
	return networkv1.NewJournalServiceClient(conn), b.clerk(t), b.stop
}

func TestAStreamIsGuardedLikeACall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		permission, after string
		anonymous         bool
		want              codes.Code
	}{
		"allowed":       {permission: "network.journal.watch", after: "7-1"},
		"no permission": {permission: "network.journal.read", want: codes.PermissionDenied},
		"no token":      {permission: "*", anonymous: true, want: codes.Unauthenticated},
		"faulty":        {permission: "*", after: strings.Repeat("7", 41), want: codes.InvalidArgument},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, ctx, _ := openFeed(t, c.permission)
			if c.anonymous {
				ctx = t.Context()
			}
			stream, err := client.WatchJournal(ctx, &typev1.WatchJournalRequest{After: c.after})
			require.NoError(t, err)
			event, err := stream.Recv()
			require.Equal(t, c.want, status.Code(err), "%v", err)
			if err == nil {
				assert.Equal(t, []string{c.after, "accounts/clerk"}, []string{event.GetPosition(), event.GetResource()})
			}
		})
	}
}

func TestAStreamEndsWithTheServer(t *testing.T) {
	t.Parallel()
	client, ctx, stop := openFeed(t, "*")
	stream, err := client.WatchJournal(ctx, &typev1.WatchJournalRequest{})
	require.NoError(t, err)
	_, err = stream.Recv()
	require.NoError(t, err)
	stop()
	_, err = stream.Recv()
	assert.Equal(t, codes.Unavailable, status.Code(err))
}

// TestLastingStreamsOfOthersHoldUpNobody has callers hold streams that were let in, or whose request does not come.
func TestLastingStreamsOfOthersHoldUpNobody(t *testing.T) {
	t.Parallel()
	const watch, reflect, health = networkv1.JournalService_WatchJournal_FullMethodName,
		reflectionpb.ServerReflection_ServerReflectionInfo_FullMethodName, grpc_health_v1.Health_Watch_FullMethodName
	for name, c := range map[string]struct {
		method  string
		request proto.Message // of those who hold them
		whole   bool
		unknown bool // they show no token
		atOnce  int
		asked   proto.Message // by another
	}{
		"half-open":      {watch, nil, false, false, streamsAtOnce, &typev1.WatchJournalRequest{}},
		"without an end": {watch, &typev1.WatchJournalRequest{}, false, false, streamsAtOnce, &typev1.WatchJournalRequest{}},
		"watching":       {watch, &typev1.WatchJournalRequest{}, true, false, streamsAtOnce, &typev1.WatchJournalRequest{}},
		"health":         {health, nil, false, false, sessionsAtOnce, &grpc_health_v1.HealthCheckRequest{}},
		"health, strangers": {
			health, &grpc_health_v1.HealthCheckRequest{}, true, true, sessionsAtOnce, &grpc_health_v1.HealthCheckRequest{},
		},
		"reflection": {reflect, nil, false, false, reflectionsAtOnce, &reflectionpb.ServerReflectionRequest{
			MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := run(t, Config{Listen: loopbackAny}, alwaysReady)
			const more = 16
			ended, oldest := make(chan error, c.atOnce+more), make(chan error, 1)
			conn := b.dialTCP(t)
			open(b.of(t, "accounts/one"), t, conn, c.method, c.request, oldest)
			for i := range cap(ended) {
				ctx := b.of(t, fmt.Sprint("accounts/", i%8))
				if c.unknown {
					ctx = t.Context()
				}
				call := open(ctx, t, conn, c.method, c.request, ended)
				if c.whole {
					require.NoError(t, call.CloseSend())
				}
			}
			for range more + 1 { // the oldest takes a place too
				err := <-ended
				assert.True(t, isBusy(err), "who makes room is told when to come again: %v", err)
			}
			another, err := b.dialTCP(t).NewStream(b.clerk(t), &grpc.StreamDesc{ServerStreams: true}, c.method)
			require.NoError(t, err)
			require.NoError(t, another.SendMsg(c.asked))
			require.NoError(t, another.CloseSend())
			require.NoError(t, another.RecvMsg(&emptypb.Empty{}))
			assert.Empty(t, oldest, "who has one makes no room, though it is the oldest")
		})
	}
}
