package attack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2/hpack"
	"golang.org/x/time/rate"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
)

// holding is how callers whose tokens hold, but grant nothing, try to keep others out.
type holding struct {
	method string
	body   []byte                                                               // what they send of the message, which announces more
	other  func(ctx context.Context, conn grpc.ClientConnInterface) (err error) // what somebody else calls meanwhile
}

func holdings() map[string]holding {
	whoAmI := func(ctx context.Context, conn grpc.ClientConnInterface) error {
		_, err := networkv1.NewIdentityServiceClient(conn).WhoAmI(ctx, &networkv1.WhoAmIRequest{})
		return err
	}
	faulty := strings.Repeat("7", 41) // so that the stream ends once it is looked at
	watch := func(ctx context.Context, conn grpc.ClientConnInterface) error {
		stream, err := networkv1.NewJournalServiceClient(conn).WatchJournal(ctx, &typev1.WatchJournalRequest{After: faulty})
		if err == nil {
			_, err = stream.Recv()
		}
		if status.Code(err) == codes.ResourceExhausted {
			return err
		}
		return nil // it was let in
	}
	return map[string]holding{
		"half-open calls":       {method: networkv1.TipService_ListTips_FullMethodName, other: whoAmI},
		"slow uploads":          {networkv1.UnitService_BatchCreateUnits_FullMethodName, []byte{0, 0, 1, 0, 0, 10}, whoAmI},
		"half-open streams":     {method: networkv1.JournalService_WatchJournal_FullMethodName, other: watch},
		"streams of reflection": {method: reflectionpb.ServerReflection_ServerReflectionInfo_FullMethodName, other: watch},
	}
}

// TestCallersOfNoRightHoldUpNobody opens calls with tokens that grant nothing, of one caller and of many, and sends no message or a
// part. Meanwhile somebody else calls.
func TestCallersOfNoRightHoldUpNobody(t *testing.T) {
	t.Parallel()
	for name, h := range holdings() {
		for _, callers := range []int{1, 8, 32}[:size(2, 3)] {
			t.Run(fmt.Sprint(name, " of ", callers), func(t *testing.T) {
				t.Parallel()
				s := start(t)
				admin := s.as(t, s.dial(t), access.Principal{
					Subject: "accounts/admin", Unit: "units/340500", Roles: []string{access.Administrator},
				})
				require.NoError(t, h.other(t.Context(), admin))
				opened, failed, waits := s.hold(t, h, callers, admin)
				slices.Sort(waits)
				figure(t, "%d %s of %d callers of no right: of %d calls of another %d failed, the slowest took %v",
					opened, name, callers, len(waits), failed, waits[len(waits)-1].Round(time.Millisecond))
				assert.Zero(t, failed)
				if *full {
					assert.LessOrEqual(t, waits[len(waits)-1], refusedWithin)
				}
			})
		}
	}
}

// unreadMemory is what answers may cost that nobody reads: their room, the calls that begin meanwhile, thousands in a second, and
// what Go's heap takes beside both.
const unreadMemory = 256 * mebibyte

// TestAnswersThatCallersOfNoRightDoNotReadAreBounded asks for what is long with tokens that grant nothing, of one caller and of
// many, and reads nothing. Each stream is asked once, and is ended or held open.
func TestAnswersThatCallersOfNoRightDoNotReadAreBounded(t *testing.T) {
	t.Parallel()
	message, err := proto.Marshal(&reflectionpb.ServerReflectionRequest{
		MessageRequest: &reflectionpb.ServerReflectionRequest_FileContainingSymbol{
			FileContainingSymbol: "qingfeng.network.v1.TipService",
		},
	})
	require.NoError(t, err)
	for _, callers := range []int{1, 8} {
		for _, last := range []bool{true, false} {
			t.Run(fmt.Sprintf("%d callers, ended %t", callers, last), func(t *testing.T) {
				t.Parallel()
				s, asked, turn := start(t), atomic.Int64{}, atomic.Int64{}
				tokens := make([]string, callers)
				for i := range tokens {
					tokens[i] = s.token(t, access.Principal{Subject: fmt.Sprint("accounts/", i), Unit: "units/none", Roles: []string{"none"}})
				}
				taken := s.measure(t, func() {
					flood(t, size(8, 120), func(ctx context.Context) {
						token := tokens[int(turn.Add(1))%callers]
						s.overWire(rate.Limit(size(250, 500)), 0, func(w *wire) error {
							asked.Add(1)
							err := w.call(reflectionpb.ServerReflection_ServerReflectionInfo_FullMethodName,
								hpack.HeaderField{Name: "authorization", Value: "Bearer " + token})
							return errors.Join(err, w.sendPart(message, last))
						})(ctx)
					})
				})
				figure(t, "%d answers that nobody of %d callers of no right reads, their streams ended %t: %v",
					asked.Load(), callers, last, taken)
				assert.Less(t, taken.peak-taken.rest, int64(unreadMemory), "memory")
			})
		}
	}
}

// hold has callers try to keep another out until the time is up, and tells how the calls of the other fared.
func (s *target) hold(
	t *testing.T, h holding, callers int, other grpc.ClientConnInterface,
) (opened int64, failed int, waits []time.Duration) {
	t.Helper()
	tokens := make([]string, callers)
	for i := range tokens {
		tokens[i] = s.token(t, access.Principal{Subject: fmt.Sprint("accounts/", i), Unit: "units/none", Roles: []string{"none"}})
	}
	ctx, cancel := context.WithTimeout(t.Context(), attackFor())
	defer cancel()
	var count atomic.Int64
	var all sync.WaitGroup
	for _, token := range tokens {
		attack := s.overWire(rate.Limit(size(2_000, 5_000)/callers), 65535, func(w *wire) error {
			count.Add(1)
			err := w.call(h.method, hpack.HeaderField{Name: "authorization", Value: "Bearer " + token})
			if h.body != nil {
				err = errors.Join(err, w.WriteData(w.stream, false, h.body))
			}
			return err
		})
		for range 4 { // connections
			all.Go(func() {
				for ctx.Err() == nil {
					attack(ctx)
				}
			})
		}
	}
	for len(waits) == 0 || ctx.Err() == nil {
		began := clock.System{}.Now()
		call, done := context.WithTimeout(t.Context(), heldFor)
		if err := h.other(call, other); err != nil {
			t.Log(err)
			failed++
		}
		done()
		waits = append(waits, clock.System{}.Now().Sub(began))
	}
	all.Wait()
	return count.Load(), failed, waits
}
