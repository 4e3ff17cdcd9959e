package warning_test

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// watcher is somebody who watches warnings.
type watcher struct {
	t      *testing.T
	stream grpc.ServerStreamingClient[warningv1.WatchWarningsResponse]
	token  string
}

// watch begins to watch as a clerk of a unit.
func watch(t *testing.T, s *suitetest.Suite, unit string, req *warningv1.WatchWarningsRequest) *watcher {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	stream, err := as(s, "clerk", unit).warnings.WatchWarnings(ctx, req)
	require.NoError(t, err)
	return &watcher{t, stream, req.GetResumeToken()}
}

// next is the next event, "" where nothing was done.
func (w *watcher) next() string {
	w.t.Helper()
	event, err := w.stream.Recv()
	require.NoError(w.t, err)
	w.token = event.GetResumeToken()
	if event.GetEvent() == "" {
		return ""
	}
	return event.GetEvent() + " " + event.GetWarning() + " " + event.GetWarningLevel() + " " + event.GetState().String()
}

func TestC11_H9_WatchersHearOfWarningsTheyMayRead(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	addressee := watch(t, s, township, &warningv1.WatchWarningsRequest{Unit: township})
	above := watch(t, s, suitetest.City, &warningv1.WatchWarningsRequest{Unit: county})
	office := watch(t, s, county, &warningv1.WatchWarningsRequest{Unit: county, Supervised: true})
	reds := watch(t, s, county, &warningv1.WatchWarningsRequest{Unit: county, WarningLevels: []string{"red"}})
	for _, w := range []*watcher{addressee, above, office, reds} {
		require.Empty(t, w.next(), "all there was is sent, which is nothing")
	}
	name := as(s, "handler", county).issue(t, notice("yellow")).GetName()
	issued := "warning.WarningService.IssueWarning " + name + " yellow WARNING_STATE_ISSUED"
	for _, w := range []*watcher{addressee, above, office} {
		assert.Equal(t, issued, w.next())
	}
	before := addressee.token
	as(s, "clerk", township).acknowledge(t, name)
	acknowledged := "warning.WarningService.AcknowledgeWarning " + name + " yellow WARNING_STATE_ISSUED"
	for _, w := range []*watcher{addressee, above, office} {
		assert.Equal(t, acknowledged, w.next())
	}
	again := watch(t, s, township, &warningv1.WatchWarningsRequest{Unit: township, ResumeToken: before})
	assert.Equal(t, acknowledged, again.next(), "what came after the token, and nothing else")
	require.Empty(t, again.next())

	pending := as(s, "handler", county).issue(t, notice("red"))
	require.Equal(t, warningv1.WarningState_WARNING_STATE_PENDING, pending.GetState())
	assert.Equal(t, "warning.WarningService.IssueWarning "+pending.GetName()+" red WARNING_STATE_PENDING", reds.next())
	second := as(s, "handler", county).issue(t, notice("blue")).GetName()
	assert.Equal(t, "warning.WarningService.IssueWarning "+second+" blue WARNING_STATE_ISSUED", addressee.next(),
		"who would answer a warning hears of it once it goes out")
}

func levels(ids ...string) *warningv1.WatchWarningsRequest {
	return &warningv1.WatchWarningsRequest{Unit: township, WarningLevels: ids}
}

func after(token string) *warningv1.WatchWarningsRequest {
	return &warningv1.WatchWarningsRequest{Unit: township, ResumeToken: token}
}

func TestC11_AThousandWatchersHearAndHoldUpNobody(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	watchers, over := make([]*watcher, 1000), s
	for i := range watchers {
		if i%100 == 0 {
			over = s.OverAnother()
		}
		watchers[i] = watch(t, over, township, &warningv1.WatchWarningsRequest{Unit: township})
	}
	for _, w := range watchers {
		require.Empty(t, w.next())
	}
	name := as(s, "handler", county).issue(t, notice("yellow")).GetName()
	for _, w := range watchers {
		require.Equal(t, "warning.WarningService.IssueWarning "+name+" yellow WARNING_STATE_ISSUED", w.next())
	}
}

func TestC11_FaultyWatchesAreRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	for name, c := range map[string]struct {
		role string
		req  *warningv1.WatchWarningsRequest
		code codes.Code
		want string
	}{
		"beyond reach":   {"clerk", &warningv1.WatchWarningsRequest{Unit: suitetest.City}, codes.NotFound, "NOT_FOUND"},
		"no permission":  {"informant", &warningv1.WatchWarningsRequest{Unit: township}, codes.PermissionDenied, "PERMISSION_DENIED"},
		"no such level":  {"clerk", levels("violet"), codes.InvalidArgument, "INVALID_ARGUMENT"},
		"no token":       {"clerk", after("x"), codes.InvalidArgument, "INVALID_ARGUMENT"},
		"no such place":  {"clerk", after("9-9"), codes.InvalidArgument, "INVALID_ARGUMENT"},
		"without a unit": {"clerk", &warningv1.WatchWarningsRequest{}, codes.InvalidArgument, "INVALID_ARGUMENT"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stream, err := as(s, c.role, township).warnings.WatchWarnings(t.Context(), c.req)
			if err == nil {
				_, err = stream.Recv()
			}
			require.NotErrorIs(t, err, io.EOF)
			suitetest.RequireRefused(t, err, c.code, c.want)
		})
	}
}
