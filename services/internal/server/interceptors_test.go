package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"pgregory.net/rapid"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/access/accesstest"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/inprocess"
)

func TestInterceptorsStandInOneOrderOnly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.Permutation(interceptorOrder).Draw(t, "names")
		names = names[:rapid.IntRange(len(names)-1, len(names)).Draw(t, "n")]
		stand := make([]interceptor, len(names))
		for i, name := range names {
			stand[i].name = name
		}
		_, err := inOrder(stand)
		require.Equal(t, slices.Equal(names, interceptorOrder), err == nil)
	})
}

// lines waits until the call of a method has been logged and returns all its lines.
func (b *bench) lines(t *testing.T, message string) []observer.LoggedEntry {
	t.Helper()
	b.stop() // a stopped server has written every line
	require.NoError(t, <-b.stopped)
	b.stopped <- nil
	return b.log.FilterMessage(message).AllUntimed()
}

func TestAPanicBecomesAnInternalErrorAndIsLoggedWithoutPayload(t *testing.T) {
	t.Parallel()
	b := run(t, Config{Listen: loopbackAny}, func(context.Context) error { panic("payload of a tip") })
	var header metadata.MD
	_, err := b.client.ListTips(b.clerk(t, "accept-language", "en"), city(), grpc.Header(&header))
	assert.Equal(t, codes.Internal, status.Code(err))
	panics, calls := b.lines(t, "panic"), b.log.FilterMessage("rpc").AllUntimed()
	require.Len(t, panics, 1)
	require.Len(t, calls, 1)
	id := calls[0].ContextMap()["request"]
	assert.Equal(t, id, panics[0].ContextMap()["request"])
	assert.Contains(t, status.Convert(err).Message(), id, "the caller is told the id that stands in the log")
	assert.Equal(t, "PANIC", calls[0].ContextMap()["code"])
	assert.NotContains(t, fmt.Sprint(b.log.AllUntimed()), "payload")
}

func TestAPanicInAnyInterceptorIsCaught(t *testing.T) {
	t.Parallel()
	b := run(t, Config{Listen: loopbackAny}, alwaysReady)
	for at := range interceptorOrder[1:] {
		stand := make([]interceptor, len(interceptorOrder))
		for i, name := range interceptorOrder {
			stand[i] = interceptor{
				name,
				func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
					if i == at+1 {
						panic("payload")
					}
					return next(ctx, req)
				},
			}
		}
		stand[0].unary = recovery(access.NewGate(0, nil, nil), &loggers{base: b.Server.log})
		guards, err := inOrder(stand)
		require.NoError(t, err)
		_, err = inprocess.Chain(without(guards))(t.Context(), "request", &grpc.UnaryServerInfo{FullMethod: "/a/b"},
			func(context.Context, any) (any, error) { return "answer", nil })
		assert.Equal(t, codes.Internal, status.Code(err), interceptorOrder[at+1])
	}
	assert.Len(t, b.log.FilterMessage("panic").AllUntimed(), len(interceptorOrder)-1)
}

func TestEveryCallHasOneLine(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		call func(context.Context, *bench) error
		anon bool
		can  string // permission of the caller; all where empty
		code codes.Code
		who  bool
	}{
		"answered":                       {call: list, can: "network.tips.read", code: codes.OK, who: true},
		"one who could have sent a tip":  {call: list, code: codes.OK},
		"a possible sender, and no more": {call: list, can: "network.tips.submit", code: codes.PermissionDenied},
		"without token":                  {call: list, anon: true, code: codes.Unauthenticated},
		"invalid": {call: func(ctx context.Context, b *bench) error {
			_, err := b.client.ListTips(ctx, &networkv1.ListTipsRequest{Unit: accesstest.City, PageSize: -1})
			return err
		}, can: "network.tips.read", code: codes.InvalidArgument, who: true},
		"from a protected source": {call: func(ctx context.Context, b *bench) error {
			_, err := b.client.SubmitTip(ctx, &networkv1.SubmitTipRequest{})
			return err
		}, code: codes.InvalidArgument},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := runFor(t, Config{Listen: loopbackAny}, alwaysReady, cmp.Or(test.can, "*"))
			ctx := t.Context()
			if !test.anon {
				ctx = b.clerk(t)
			}
			require.Equal(t, test.code, status.Code(test.call(ctx, b)))
			lines := b.lines(t, "rpc")
			require.Len(t, lines, 1)
			require.Len(t, b.log.AllUntimed(), 1)
			said := lines[0].ContextMap()
			assert.Equal(t, test.code.String(), said["code"])
			require.NoError(t, uuid.Validate(fmt.Sprint(said["request"])))
			assert.NotContains(t, fmt.Sprint(said), "payload")
			assert.Equal(t, "network", lines[0].LoggerName)
			assert.IsType(t, 0.5, said["duration_ms"])
			if name == "from a protected source" {
				assert.NotContains(t, said, "trace")
			}
			if test.who {
				assert.Equal(t, "accounts/clerk", said["subject"])
			} else {
				assert.NotContains(t, fmt.Sprint(said), "clerk")
				assert.NotContains(t, fmt.Sprint(said), accesstest.City)
			}
			assert.Equal(t, map[string]float64{test.code.String(): 1}, handled(t, b.registry))
		})
	}
}

func list(ctx context.Context, b *bench) error {
	_, err := b.client.ListTips(ctx, city())
	return err
}

func TestTheTraceIsToldButForProtectedCalls(t *testing.T) {
	t.Parallel()
	services := grpc.NewServer()
	(&tips{}).Register(services)
	gate := accesstest.New(t).Gate
	require.NoError(t, gate.LoadRules(services.GetServiceInfo()))
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}})
	ctx := trace.ContextWithSpanContext(t.Context(), span)
	list, submit := "/qingfeng.network.v1.TipService/ListTips", "/qingfeng.network.v1.TipService/SubmitTip"
	assert.Equal(t, zap.Stringer("trace", span.TraceID()), traceOf(ctx, gate, list))
	assert.Equal(t, zap.Skip(), traceOf(ctx, gate, submit))
	assert.Equal(t, zap.Skip(), traceOf(t.Context(), gate, list))
}

// handled counts the calls by code, without the series that are 0 from the start.
func handled(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	found, series := map[string]float64{}, 0
	for _, family := range families {
		if family.GetName() != "grpc_server_handled_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			series++
			for _, label := range metric.GetLabel() {
				if n := metric.GetCounter().GetValue(); label.GetName() == "grpc_code" && n > 0 {
					found[label.GetValue()] += n
				}
			}
		}
	}
	require.Greater(t, series, 100, "every method and code is there from the start")
	return found
}

func TestARequestIDIsTakenOverOnlyIfItIsAUUID(t *testing.T) {
	t.Parallel()
	b := run(t, Config{Listen: loopbackAny}, alwaysReady)
	const given = "0193a3c2-5b00-7000-8000-000000000001"
	for asked, want := range map[string]string{given: given, "forged\nline": "", "": ""} {
		var header metadata.MD
		_, err := b.client.ListTips(metadata.AppendToOutgoingContext(b.clerk(t), "x-request-id", asked), city(),
			grpc.Header(&header))
		if asked == "forged\nline" && err != nil {
			continue // gRPC itself refuses such a header
		}
		require.NoError(t, err)
		require.Len(t, header.Get("x-request-id"), 1)
		require.NoError(t, uuid.Validate(header.Get("x-request-id")[0]))
		if want != "" {
			assert.Equal(t, want, header.Get("x-request-id")[0])
		}
	}
}

func TestTheIDASourceGaveIsNotLogged(t *testing.T) {
	t.Parallel()
	b := run(t, Config{Listen: loopbackAny}, alwaysReady)
	const sealed = "0193a3c2-5b00-7000-8000-000000000001"
	_, err := b.client.SubmitTip(b.clerk(t, "x-request-id", strings.ToUpper(sealed)),
		&networkv1.SubmitTipRequest{RequestId: sealed})
	require.Error(t, err)
	assert.NotContains(t, fmt.Sprint(b.lines(t, "rpc")), sealed)
}

func TestTheCauseOfAHiddenErrorStandsInTheLogOnly(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"the cause":    errors.New("the cause"),
		"postgres 235": &pgconn.PgError{Code: "23505", Detail: "payload", Message: "payload"},
	} {
		b := run(t, Config{Listen: loopbackAny}, func(context.Context) error { return err })
		got := list(b.clerk(t), b)
		assert.Equal(t, codes.Internal, status.Code(got))
		assert.NotContains(t, got.Error(), want)
		lines := b.lines(t, "rpc")
		require.Len(t, lines, 1)
		assert.Contains(t, lines[0].ContextMap()["cause"], want)
		assert.NotContains(t, fmt.Sprint(lines), "payload")
	}
}

func TestErrorsSpeakTheCallersLanguage(t *testing.T) {
	t.Parallel()
	b := run(t, Config{Listen: loopbackAny}, func(context.Context) error { return fault.NotFound("tips/1") })
	assert.Contains(t, status.Convert(list(b.clerk(t, "accept-language", "en"), b)).Message(), "does not exist")
	assert.Contains(t, status.Convert(list(b.clerk(t), b)).Message(), "找不到")
}

func TestNothingIsLookedAtBeforeItsSenderMaySendIt(t *testing.T) {
	t.Parallel()
	b := run(t, Config{Listen: loopbackAny}, alwaysReady)
	bad := &networkv1.ListTipsRequest{Unit: accesstest.City, PageSize: -1}
	_, err := b.client.ListTips(t.Context(), bad)
	assert.Equal(t, codes.Unauthenticated, status.Code(err))
	_, err = b.client.ListTips(b.clerk(t), bad)
	assert.Equal(t, codes.InvalidArgument, status.Code(err))
}

func TestAServiceCallsInItsOwnNameWithTheCallersIDAndLanguage(t *testing.T) {
	t.Parallel()
	var got metadata.MD
	b := run(t, Config{Listen: loopbackAny}, func(ctx context.Context) error {
		got, _ = metadata.FromIncomingContext(ctx)
		return nil
	})
	inside, err := b.Dial()
	require.NoError(t, err)
	defer func() { require.NoError(t, inside.Close()) }()
	conn := AsService(inside, func() (string, error) { return b.gate.Token(accesstest.Clerk(accesstest.City)), nil })
	const id = "0193a3c2-5b00-7000-8000-000000000001"
	incoming := metadata.NewIncomingContext(t.Context(),
		metadata.Pairs("accept-language", "en", "authorization", "Bearer of the caller"))
	_, err = networkv1.NewTipServiceClient(conn).ListTips(withID(incoming, id), city())
	require.NoError(t, err)
	assert.Equal(t, []string{id}, got.Get("x-request-id"))
	assert.Equal(t, []string{"en"}, got.Get("accept-language"))
	assert.Len(t, got.Get("authorization"), 1)
	assert.NotContains(t, got.Get("authorization")[0], "of the caller")
	none := errors.New("no token")
	failing := AsService(inside, func() (string, error) { return "", none })
	_, err = networkv1.NewTipServiceClient(failing).ListTips(t.Context(), city())
	require.ErrorIs(t, err, none)
}
