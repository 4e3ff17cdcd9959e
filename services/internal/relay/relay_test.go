package relay_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/record/recordtest"
	"github.com/qingfeng-suite/qingfeng/services/internal/relay"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// inbox keeps what it is sent. Where it crashes it has kept the messages, and its caller does not know.
type inbox struct {
	networkv1.InboxServiceClient

	crashes  bool
	received []*networkv1.OutgoingMessage
}

func (i *inbox) SendMessages(
	_ context.Context, req *networkv1.SendMessagesRequest, _ ...grpc.CallOption,
) (*networkv1.SendMessagesResponse, error) {
	i.received = append(i.received, req.GetMessages()...)
	if i.crashes {
		return nil, errors.New("crashed")
	}
	return &networkv1.SendMessagesResponse{}, nil
}

// change records a change of a thing, which tells units of it.
func change(t *testing.T, store *record.Store, thing string, units ...string) {
	t.Helper()
	require.NoError(t, record.System(t.Context(), store, "things.change", func(ctx context.Context, tx *record.Tx) error {
		for _, unit := range units {
			tx.Notify(record.Message{Unit: unit, Sentence: words.InboxTipOverdue("2026-11-27"), Resource: thing})
		}
		return tx.Record(ctx, record.Entry{Resource: thing, UnitPath: "1"})
	}))
}

// receives runs the job until so many messages have come: an older transaction of another test may hold it up.
func receives(t *testing.T, store *record.Store, to *inbox, n int) {
	t.Helper()
	job := relay.Job(store, to, zap.NewNop())
	require.Eventually(t, func() bool { return (job.Run(t.Context()) == nil) != to.crashes && len(to.received) >= n },
		time.Minute, 10*time.Millisecond)
	require.Len(t, to.received, n)
}

func TestMessagesOfAJournalAreRelayedInOrder(t *testing.T) {
	t.Parallel()
	store, to := recordtest.Store(t), &inbox{}
	change(t, store, "things/1", "units/a", "units/b")
	change(t, store, "things/2")
	change(t, store, "things/3", "units/a")
	receives(t, store, to, 3)
	for i, want := range [][]string{{"units/a", "things/1"}, {"units/b", "things/1"}, {"units/a", "things/3"}} {
		assert.Equal(t, want, []string{to.received[i].GetUnit(), to.received[i].GetResource()})
	}
	assert.Equal(t, "2026-11-27", to.received[0].GetArguments()[0].GetValue())
	change(t, store, "things/4", "units/c")
	receives(t, store, to, 4)
}

func TestAMessageSentAgainAfterACrashHasTheSameKey(t *testing.T) {
	t.Parallel()
	store, to := recordtest.Store(t), &inbox{crashes: true}
	change(t, store, "things/1", "units/a", "units/b")
	receives(t, store, to, 2)
	to.crashes = false
	receives(t, store, to, 4)
	assert.Equal(t, to.received[0].GetDedupKey(), to.received[1].GetDedupKey(), "a unit that acts for both gets one of them")
	for i := range 2 {
		assert.Equal(t, to.received[i].GetDedupKey(), to.received[i+2].GetDedupKey())
	}
}

func TestMessagesGoWithTheEntryOfTheirChange(t *testing.T) {
	t.Parallel()
	store := recordtest.Store(t)
	err := record.System(t.Context(), store, "things.change", func(ctx context.Context, tx *record.Tx) error {
		defer tx.Notify(record.Message{Unit: "units/a"})
		return tx.Record(ctx, record.Entry{Resource: "things/1", UnitPath: "1"})
	})
	require.ErrorContains(t, err, "not recorded", "a message that would be lost fails its change")
}
