package attack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2/hpack"
	"golang.org/x/time/rate"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
)

// What strangers may cost, whatever they send.
const (
	strangersMemory     = 64 * mebibyte
	strangersProcessors = 0.2
)

// mayCost holds what an attack of strangers took against the bars: processors in full alone.
func mayCost(t *testing.T, c cost) {
	t.Helper()
	assert.Less(t, c.peak-c.rest, int64(strangersMemory), "memory")
	if *full {
		assert.Less(t, c.processors, strangersProcessors, "processors")
	}
}

// TestLargeCallsOfStrangersAreNotRead sends messages of very many empty parts without a token.
func TestLargeCallsOfStrangersAreNotRead(t *testing.T) {
	t.Parallel()
	s := start(t)
	request := &networkv1.BatchCreateUnitsRequest{}
	for range 1_900_000 { // 3.8 MB, which take 200 MB once they are decoded
		request.Requests = append(request.Requests, &networkv1.CreateUnitRequest{})
	}
	taken := s.measure(t, func() {
		var calls sync.WaitGroup
		for range size(2, 10) {
			client := networkv1.NewUnitServiceClient(s.dial(t))
			calls.Go(func() {
				_, err := client.BatchCreateUnits(t.Context(), request)
				assert.Equal(t, codes.Unauthenticated, status.Code(err), "%v", err)
			})
		}
		calls.Wait()
	})
	figure(t, "large calls without a token: %v", taken)
	mayCost(t, taken)
}

// attackFor is how long an attack lasts that has no end of its own.
func attackFor() time.Duration { return time.Duration(size(1, 15)) * time.Second }

// How fast attackers send, all together: as fast as they can, or as slowly as keeps their connections from being closed, by which
// they hold the most.
var paces = map[string]rate.Limit{"in haste": rate.Inf, "with patience": 900}

// flood has many attack until the time is up, each with one connection after another.
func flood(t *testing.T, attackers int, attack func(ctx context.Context)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), attackFor())
	defer cancel()
	var all sync.WaitGroup
	for range attackers {
		all.Go(func() {
			for ctx.Err() == nil {
				attack(ctx)
			}
		})
	}
	all.Wait()
}

// overWire sends something over and over on a connection whose answers have a window of so many bytes each.
func (s *target) overWire(pace rate.Limit, window uint32, send func(*wire) error) func(ctx context.Context) {
	turns := rate.NewLimiter(pace, 1)
	return func(ctx context.Context) {
		w, err := open(ctx, s.GRPC, window)
		if err != nil {
			return
		}
		for err == nil && turns.Wait(ctx) == nil {
			err = send(w)
		}
		_ = w.conn.Close()
	}
}

// TestHalfOpenCallsOfStrangersEnd opens calls that send no message, of methods with and without need of a token.
func TestHalfOpenCallsOfStrangersEnd(t *testing.T) {
	t.Parallel()
	for _, method := range []string{
		networkv1.TipService_ListTips_FullMethodName, networkv1.TipService_FollowTip_FullMethodName,
		riskv1.CommentService_SubmitComment_FullMethodName,
		grpc_health_v1.Health_Check_FullMethodName, grpc_health_v1.Health_Watch_FullMethodName,
	} {
		for name, pace := range paces {
			t.Run(method+" "+name, func(t *testing.T) {
				t.Parallel()
				s, opened := start(t), atomic.Int64{}
				taken := s.measure(t, func() {
					flood(t, size(4, 120), s.overWire(pace, 65535, func(w *wire) error {
						opened.Add(1)
						return w.call(method)
					}))
				})
				figure(t, "%d half-open calls of %s %s: %v", opened.Load(), method, name, taken)
				mayCost(t, taken)
			})
		}
	}
}

// TestAnswersThatStrangersDoNotReadAreBounded asks for what anyone may ask, and for what is long, with no window for the answers.
func TestAnswersThatStrangersDoNotReadAreBounded(t *testing.T) {
	t.Parallel()
	for method, request := range map[string]proto.Message{
		grpc_health_v1.Health_Check_FullMethodName: &grpc_health_v1.HealthCheckRequest{},
		grpc_health_v1.Health_List_FullMethodName:  &grpc_health_v1.HealthListRequest{},
		reflectionpb.ServerReflection_ServerReflectionInfo_FullMethodName: &reflectionpb.ServerReflectionRequest{
			MessageRequest: &reflectionpb.ServerReflectionRequest_FileContainingSymbol{
				FileContainingSymbol: "qingfeng.network.v1.TipService",
			},
		},
	} {
		message, err := proto.Marshal(request)
		require.NoError(t, err)
		for name, pace := range paces {
			t.Run(method+" "+name, func(t *testing.T) {
				t.Parallel()
				s, asked := start(t), atomic.Int64{}
				taken := s.measure(t, func() {
					flood(t, size(4, 120), s.overWire(pace, 0, func(w *wire) error {
						asked.Add(1)
						return errors.Join(w.call(method), w.send(message))
					}))
				})
				figure(t, "%d answers of %s that nobody reads, asked %s: %v", asked.Load(), method, name, taken)
				mayCost(t, taken)
			})
		}
	}
}

// TestFramesAndRefusedCallsOfStrangersArePaced sends what costs most a byte: tiny frames, and calls with a token that is none.
func TestFramesAndRefusedCallsOfStrangersArePaced(t *testing.T) {
	t.Parallel()
	for name, attack := range map[string]func(*wire) error{
		"settings": func(w *wire) error { return w.WriteSettings() },
		"pings":    func(w *wire) error { return w.WritePing(false, [8]byte{}) },
		"calls": func(w *wire) error {
			return w.call(networkv1.TipService_ListTips_FullMethodName, hpack.HeaderField{Name: "authorization", Value: "Bearer x"})
		},
		"calls of no kind": func(w *wire) error { return w.call("/x/y", hpack.HeaderField{Name: "grpc-timeout", Value: "9999H"}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, sent := start(t), atomic.Int64{}
			taken := s.measure(t, func() {
				flood(t, size(4, 50), s.overWire(rate.Inf, 65535, func(w *wire) error {
					sent.Add(1)
					return attack(w)
				}))
			})
			figure(t, "%d %s: %v", sent.Load(), name, taken)
			mayCost(t, taken)
		})
	}
}

// TestConnectionsOfStrangersAreFew opens connections and keeps each for as long as the suite does.
func TestConnectionsOfStrangersAreFew(t *testing.T) {
	t.Parallel()
	s, opened, held := start(t), []*wire{}, 0
	taken := s.measure(t, func() {
		ctx, cancel := context.WithTimeout(t.Context(), attackFor())
		defer cancel()
		for w, err := open(ctx, s.GRPC, 65535); err == nil; w, err = open(ctx, s.GRPC, 65535) {
			opened = append(opened, w)
		}
	})
	for _, w := range opened {
		if !w.hasEnded() {
			held++
		}
		_ = w.conn.Close()
	}
	figure(t, "%d connections, %d closed by the suite, %d held: %v", len(opened), len(opened)-held, held, taken)
	mayCost(t, taken)
}

// TestRequestsOfStrangersOverHTTPAreBounded asks the gateway for documents and sends it bodies without a token.
func TestRequestsOfStrangersOverHTTPAreBounded(t *testing.T) {
	t.Parallel()
	body := `{"requests": [` + strings.Repeat("{},", size(10_000, 340_000)) + "{}]}"
	for name, request := range map[string]string{
		"documents": "GET /openapi.json HTTP/1.1\r\nHost: suite\r\nAccept-Encoding: gzip\r\n\r\n",
		"bodies": fmt.Sprintf("POST /network/v1/units:batchCreate HTTP/1.1\r\nHost: suite\r\nContent-Type: application/json\r\n"+
			"Content-Length: %d\r\n\r\n%s", len(body), body),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, sent := start(t), atomic.Int64{}
			taken := s.measure(t, func() {
				flood(t, size(4, 50), func(ctx context.Context) {
					conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.HTTP)
					if err != nil {
						return
					}
					defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
					go func() { _, _ = io.Copy(io.Discard, conn) }() // until the connection is closed
					for err == nil {
						_, err = io.WriteString(conn, request)
						sent.Add(1)
					}
					_ = conn.Close()
				})
			})
			figure(t, "%d %s over HTTP: %v", sent.Load(), name, taken)
			mayCost(t, taken)
		})
	}
}
