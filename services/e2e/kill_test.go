package e2e

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/demo"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
	"github.com/qingfeng-suite/qingfeng/services/tour"
)

const (
	senders     = 16
	killings    = 3
	beforeKill  = 40 // tips acknowledged before the program is killed, at least
	villageSent = "units/340503101204"
)

// TestKillUnderLoadLosesOrDoublesNothing kills the program with tips in flight, starts it again on the
// same data, and repeats what was not acknowledged.
func TestKillUnderLoadLosesOrDoublesNothing(t *testing.T) {
	t.Parallel()
	data, sent := dataFolder(t), &ledger{receipts: map[string]string{}}
	for round := range killings {
		s, running := oneProcess(t, data)
		direct, _ := s.callers(t)
		if round == 0 {
			load(t, direct)
		}
		client := networkv1.NewTipServiceClient(direct(access.Principal{
			Subject: "accounts/test", Unit: villageSent, Roles: []string{"informant"},
		}))
		sent.compare(t, client, direct)
		sent.burst(t, client, func() { assert.NoError(t, running.kill()) })
	}
	s, _ := oneProcess(t, data)
	direct, _ := s.callers(t)
	client := networkv1.NewTipServiceClient(direct(access.Principal{
		Subject: "accounts/test", Unit: villageSent, Roles: []string{"informant"},
	}))
	sent.compare(t, client, direct)
	t.Logf("%d tips over %d killings", len(sent.receipts), killings)
}

func load(t *testing.T, direct tour.Caller) {
	t.Helper()
	admin := direct(access.Principal{Subject: "accounts/admin", Unit: tour.City, Roles: []string{access.Administrator}})
	require.NoError(t, demo.Load(t.Context(), admin, suitetest.Profiles(), nil))
}

// ledger is what the senders know: the receipt of each request id, empty where none came back.
type ledger struct {
	mu       sync.Mutex
	receipts map[string]string
	acked    int
}

func (l *ledger) note(id, receipt string) (acked int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.receipts[id] = receipt
	if receipt != "" {
		l.acked++
	}
	return l.acked
}

// burst sends from many senders until the program, killed at a random moment among them, answers no more.
func (l *ledger) burst(t *testing.T, client networkv1.TipServiceClient, kill func()) {
	t.Helper()
	l.acked = 0
	at := beforeKill + rand.IntN(100)
	var once sync.Once
	var group sync.WaitGroup
	for range senders {
		group.Go(func() {
			for {
				id := uuid.NewString()
				l.note(id, "")
				answer, err := submit(t.Context(), client, id)
				if err != nil {
					return
				}
				if l.note(id, answer.GetReceipt()) >= at {
					once.Do(kill)
				}
			}
		})
	}
	group.Wait()
}

// compare repeats what got no receipt, and then checks that each request made exactly one tip and each receipt holds.
func (l *ledger) compare(t *testing.T, client networkv1.TipServiceClient, direct tour.Caller) {
	t.Helper()
	for id, receipt := range l.receipts {
		again, err := submit(t.Context(), client, id)
		require.NoError(t, err)
		if receipt != "" {
			require.Equal(t, receipt, again.GetReceipt(), "a repeated request gave another receipt")
		}
		l.receipts[id] = again.GetReceipt()
		_, err = client.FollowTip(t.Context(), &networkv1.FollowTipRequest{Receipt: again.GetReceipt()})
		require.NoError(t, err, "an acknowledged tip is lost")
	}
	assert.Equal(t, len(l.receipts), count(t, direct(access.Principal{
		Subject: "accounts/admin", Unit: tour.City, Roles: []string{access.Administrator},
	})))
}

func submit(ctx context.Context, client networkv1.TipServiceClient, id string) (*networkv1.SubmitTipResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	return client.SubmitTip(ctx, &networkv1.SubmitTipRequest{
		RequestId: id,
		Content: &networkv1.TipContent{
			Unit: villageSent, SubjectArea: "work_style", Channel: "web", Title: "tip " + id, Body: "body of " + id,
		},
	})
}

func count(t *testing.T, conn grpc.ClientConnInterface) int {
	t.Helper()
	total, token := 0, ""
	for {
		page, err := networkv1.NewTipServiceClient(conn).ListTips(t.Context(), &networkv1.ListTipsRequest{
			Unit: tour.City, PageSize: 1000, PageToken: token,
		})
		require.NoError(t, err)
		total += len(page.GetTips())
		if token = page.GetNextPageToken(); token == "" {
			return total
		}
	}
}
