package attack

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
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

// heldFor is more than a call may wait that had a connection to the database when it stopped.
const heldFor = 30 * time.Second

// connections is how many calls may have one when the database stops: the pool of network and that of the directory.
const connections = 16

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
				ctx, cancel := context.WithTimeout(t.Context(), heldFor)
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
		assert.True(t, slices.ContainsFunc(status.Convert(err).Details(), func(detail any) bool {
			_, ok := detail.(*errdetails.RetryInfo)
			return ok
		}), "%v", err)
	}
	slices.Sort(waits)
	ready, err := s.ready(t.Context())
	require.NoError(t, err)
	assert.False(t, ready)
	late := s.answeredAfter(t, refusedWithin, "GetUnit")
	figure(t, "%d calls, database stopped: %v; %d took the suite over %v; as the callers saw it, with what they took themselves, "+
		"half were refused within %v, 99 of 100 within %v, all within %v; %v", calls, byCode, late, refusedWithin,
		waits[calls/2].Round(time.Millisecond), waits[calls*99/100].Round(time.Millisecond),
		waits[calls-1].Round(time.Millisecond), taken)
	assert.Less(t, taken.peak, 2*taken.rest, "memory")
	if *full {
		assert.LessOrEqual(t, late, connections)
	}
}

// answeredAfter is how many calls of a method took the suite longer, by its own metrics.
func (s *target) answeredAfter(t *testing.T, after time.Duration, method string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.Admin+"/metrics", nil)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, errors.Join(err, answer.Body.Close()))
	count := func(bucket string) (n int) {
		line := regexp.MustCompile(`grpc_server_handling_seconds_bucket{.*grpc_method="` + method + `".*le="` + bucket + `"} (\d+)`)
		found := line.FindSubmatch(text)
		require.NotNil(t, found, "%s", text)
		n, err := strconv.Atoi(string(found[1]))
		require.NoError(t, err)
		return n
	}
	return count(`\+Inf`) - count(strconv.FormatFloat(after.Seconds(), 'g', -1, 64))
}
