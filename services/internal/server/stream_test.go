package server

import (
	"context"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/access/accesstest"
)

// feed is a service whose stream sends one event, with what it was asked and who asked, and then waits for its end.
type feed struct {
	networkv1.UnimplementedJournalServiceServer
}

func (f *feed) Register(r grpc.ServiceRegistrar) { networkv1.RegisterJournalServiceServer(r, f) }

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
	client, clerk, stop, _ = openFeedTCP(t, permissions...)
	return client, clerk, stop
}

// openFeedTCP tells the server's address as well.
func openFeedTCP(t *testing.T, permissions ...string) (
	client networkv1.JournalServiceClient, clerk context.Context, stop func(), address string,
) {
	t.Helper()
	gate := accesstest.New(t, permissions...)
	s, err := New(listen(t, loopbackAny), Config{Listen: loopbackAny}, gate.Gate, zap.NewNop(), prometheus.NewRegistry())
	require.NoError(t, err)
	s.Register(&feed{}, alwaysReady)
	ctx, end := context.WithCancel(context.WithoutCancel(t.Context()))
	stopped := make(chan error, 1)
	go func() { stopped <- s.Serve(ctx) }()
	conn, err := s.Dial()
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, conn.Close())
		end()
		assert.NoError(t, <-stopped)
	})
	token := gate.Token(accesstest.Clerk(accesstest.City))
	return networkv1.NewJournalServiceClient(conn), metadata.AppendToOutgoingContext(t.Context(), "authorization",
		"Bearer "+token), end, s.Addr()
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
