package attack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/demo"
)

// refusedWithin is how soon a call is refused that can't be served.
const refusedWithin = time.Second

// refusedAtLast is refusedWithin for a small run, beside which others run: the next bound of the suite's metrics.
const refusedAtLast = 2500 * time.Millisecond

// statementWithin is how long a call waits at most for what a statement gives, and more than its refusal takes.
const statementWithin = 15 * time.Second

// heldFor is more than a call may wait that had a connection to the database when it stopped.
const heldFor = 30 * time.Second

// connections is how many calls may have one when the database stops: the pool of network and that of the directory.
const connections = 16

// load is a call that many make at once; each has a connection of the suite to the database until it answers.
type load struct {
	method string
	as     access.Principal
	call   func(ctx context.Context, conn grpc.ClientConnInterface) error
}

func loads() []load {
	return []load{
		{
			"GetUnit",
			access.Principal{Subject: "accounts/admin", Unit: demo.City, Roles: []string{access.Administrator}},
			func(ctx context.Context, conn grpc.ClientConnInterface) error {
				_, err := networkv1.NewUnitServiceClient(conn).GetUnit(ctx, &networkv1.GetUnitRequest{Name: demo.City})
				return err
			},
		},
		{ // which shares its transactions
			"SubmitTip",
			access.Principal{Subject: "accounts/informant", Unit: "units/340503001", Roles: []string{"informant"}},
			func(ctx context.Context, conn grpc.ClientConnInterface) error {
				_, err := sendTip(ctx, conn, uuid.NewString())
				return err
			},
		},
	}
}

// TestOverloadWithTheDatabaseStoppedIsShed calls very often while PostgreSQL answers nobody.
func TestOverloadWithTheDatabaseStoppedIsShed(t *testing.T) {
	t.Parallel()
	for _, l := range loads() {
		t.Run(l.method, func(t *testing.T) {
			t.Parallel()
			s := startAt(t, dataFolder(t))
			s.load(t)
			conns := make([]grpc.ClientConnInterface, size(4, 50))
			for i := range conns {
				caller := l.as
				caller.Subject = fmt.Sprint(caller.Subject, i) // none may take the places of all
				conns[i] = s.as(t, s.dial(t), caller)
				require.NoError(t, l.call(t.Context(), conns[i]))
			}
			s.signal(t, syscall.SIGSTOP)
			t.Cleanup(func() { s.signal(t, syscall.SIGCONT) })
			s.overload(t, l, conns)
		})
	}
}

// overload makes many calls at once, all of which are to be refused.
func (s *target) overload(t *testing.T, l load, conns []grpc.ClientConnInterface) {
	t.Helper()
	calls := size(1_000, 20_000)
	waits, refused := make([]time.Duration, calls), make([]error, calls)
	taken := s.measure(t, func() {
		var all sync.WaitGroup
		for i := range calls {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), heldFor)
				defer cancel()
				began := clock.System{}.Now()
				refused[i] = l.call(ctx, conns[i%len(conns)])
				waits[i] = clock.System{}.Now().Sub(began)
			})
		}
		all.Wait()
	})
	byCode := tally(t, refused)
	assert.Positive(t, byCode[codes.ResourceExhausted], "%v", byCode)
	slices.Sort(waits)
	// The calls may all have been refused before the suite looks again whether it is ready.
	assert.Eventually(t, func() bool {
		ready, err := s.ready(t.Context())
		return err == nil && !ready
	}, heldFor, 50*time.Millisecond, "not ready")
	within := refusedWithin
	if !*full {
		within = refusedAtLast
	}
	late := s.answeredAfter(t, within, l.method)
	figure(t, "%d calls of %s, database stopped: %v; %d took the suite over %v; as the callers saw it, with what they took "+
		"themselves, half were refused within %v, 99 of 100 within %v, all within %v; %v", calls, l.method, byCode, late,
		within, waits[calls/2].Round(time.Millisecond), waits[calls*99/100].Round(time.Millisecond),
		waits[calls-1].Round(time.Millisecond), taken)
	assert.Less(t, taken.peak, 2*taken.rest, "memory")
	assert.LessOrEqual(t, late, connections)
	assert.Less(t, waits[calls-1], statementWithin)
}

// tally counts how calls were refused, each of which is to be told when to come again.
func tally(t *testing.T, refused []error) map[codes.Code]int {
	t.Helper()
	byCode := map[codes.Code]int{}
	for _, err := range refused {
		byCode[status.Code(err)]++
		assert.Contains(t, []codes.Code{codes.ResourceExhausted, codes.Unavailable}, status.Code(err), "%v", err)
		assert.True(t, slices.ContainsFunc(status.Convert(err).Details(), func(detail any) bool {
			_, ok := detail.(*errdetails.RetryInfo)
			return ok
		}), "%v", err)
	}
	return byCode
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
