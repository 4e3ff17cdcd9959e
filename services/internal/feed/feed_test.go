package feed_test

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/feed"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/internal/record/recordtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// journal is one of so many events, whose positions are numbers.
type journal int

func (j *journal) watch(
	_ context.Context, req *typev1.WatchJournalRequest, _ ...grpc.CallOption,
) (grpc.ServerStreamingClient[typev1.JournalEvent], error) {
	after, _ := strconv.Atoi(req.GetAfter()) // none is the beginning
	return &stream{at: after, last: int(*j)}, nil
}

type stream struct {
	grpc.ServerStreamingClient[typev1.JournalEvent]

	at, last int
}

func (s *stream) Recv() (*typev1.JournalEvent, error) {
	if s.at == s.last {
		return &typev1.JournalEvent{Position: strconv.Itoa(s.at)}, nil
	}
	s.at++
	return &typev1.JournalEvent{Position: strconv.Itoa(s.at), Event: "network.TipService.AcceptTip"}, nil
}

var errBusy = errors.New("busy")

func TestEventsAreHandledInOrderUntilThereAreNoMore(t *testing.T) {
	t.Parallel()
	all, handled, fails := journal(1203), []string{}, true
	job := feed.Job(recordtest.Store(t), "test.follow", all.watch, func(_ context.Context, events []*typev1.JournalEvent) error {
		if fails && events[0].GetPosition() == "501" {
			return errBusy
		}
		for _, event := range events {
			handled = append(handled, event.GetPosition())
		}
		return nil
	})
	require.ErrorIs(t, job.Run(t.Context()), errBusy)
	assert.Len(t, handled, 500)
	fails = false
	require.NoError(t, job.Run(t.Context()))
	require.NoError(t, job.Run(t.Context()), "nothing is new")
	all++
	require.NoError(t, job.Run(t.Context()))
	want := make([]string, all)
	for i := range want {
		want[i] = strconv.Itoa(i + 1)
	}
	assert.Equal(t, want, handled)
}
