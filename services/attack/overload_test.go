package attack

import (
	"context"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
)

// refusedWithin is how soon a call is refused that can't be served.
const refusedWithin = time.Second

// What calls may do that had a connection to the database when it stopped: wait until they give up.
const (
	givenUp     = 10 * time.Second
	connections = 16 // the pool of network and that of the directory
)

// TestOverloadWithTheDatabaseStoppedIsShed calls very often while PostgreSQL answers nobody.
func TestOverloadWithTheDatabaseStoppedIsShed(t *testing.T) {
	t.Parallel()
	data, err := os.MkdirTemp("", "qingfeng-attack-data-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(data) })
	require.NoError(t, os.Chmod(data, 0o711)) // for the account of PostgreSQL
	s := startAt(t, data)
	conns := make([]networkv1.UnitServiceClient, size(4, 50))
	for i := range conns {
		conns[i] = networkv1.NewUnitServiceClient(s.as(t, s.dial(t), access.Principal{
			Subject: "accounts/admin", Unit: "units/340500", Roles: []string{access.Administrator},
		}))
		_, err := conns[i].GetUnit(t.Context(), &networkv1.GetUnitRequest{Name: "units/340500"})
		require.Equal(t, codes.NotFound, status.Code(err), "%v", err)
	}
	s.signal(t, syscall.SIGSTOP)
	t.Cleanup(func() { s.signal(t, syscall.SIGCONT) })
	calls := size(1_000, 20_000)
	waits, refused := make([]time.Duration, calls), make([]error, calls)
	taken := s.measure(t, func() {
		var all sync.WaitGroup
		for i := range calls {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), givenUp)
				defer cancel()
				began := clock.System{}.Now()
				_, refused[i] = conns[i%len(conns)].GetUnit(ctx, &networkv1.GetUnitRequest{Name: "units/340500"})
				waits[i] = clock.System{}.Now().Sub(began)
			})
		}
		all.Wait()
	})
	byCode := map[codes.Code]int{}
	for _, err := range refused {
		byCode[status.Code(err)]++
		if status.Code(err) == codes.DeadlineExceeded {
			continue // it had a connection when the database stopped
		}
		assert.True(t, slices.ContainsFunc(status.Convert(err).Details(), func(detail any) bool {
			_, ok := detail.(*errdetails.RetryInfo)
			return ok
		}), "%v", err)
	}
	slices.Sort(waits)
	ready, err := s.ready(t.Context())
	require.NoError(t, err)
	assert.False(t, ready)
	figure(t, "%d calls, database stopped: %v; half refused within %v, 99 of 100 within %v, all within %v; %v", calls, byCode,
		waits[calls/2].Round(time.Millisecond), waits[calls*99/100].Round(time.Millisecond),
		waits[calls-1].Round(time.Millisecond), taken)
	assert.LessOrEqual(t, byCode[codes.DeadlineExceeded], connections)
	assert.Less(t, taken.peak, 2*taken.rest, "memory")
	if *full {
		assert.Less(t, waits[calls*99/100], refusedWithin)
	}
}
