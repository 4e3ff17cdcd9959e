package server

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	grpcprom "github.com/grpc-ecosystem/go-grpc-middleware/providers/prometheus"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/fieldbehavior"
	"github.com/qingfeng-suite/qingfeng/services/internal/logline"
	"github.com/qingfeng-suite/qingfeng/services/internal/strangers"
)

// interceptor is a named interceptor, so that the order can be asserted.
type interceptor struct {
	name  string
	unary grpc.UnaryServerInterceptor
}

// interceptorOrder is the one order in which interceptors may stand, the outermost first: a panic anywhere is caught, what is
// refused is logged and counted too, every error is translated once, no message is received, which is a part of admission,
// before its sender is known, and nothing is looked at before its sender may send it.
var interceptorOrder = []string{
	"recovery", "logging", "metrics", "deadline", "errors", "authentication", "admission", "access", "validation",
}

func interceptors(
	gate *access.Gate, log *zap.Logger, metrics *grpcprom.ServerMetrics,
	admit grpc.UnaryServerInterceptor, cfg Config,
) ([]interceptor, error) {
	logs := &loggers{base: log}
	return inOrder([]interceptor{
		{"recovery", recovery(gate, logs)},
		{"logging", logging(gate, logs)},
		{"metrics", metrics.UnaryServerInterceptor()},
		{"deadline", deadline(cfg)},
		{"errors", translate},
		{"authentication", recognize(gate)},
		{"admission", admit},
		{"access", gate.Authorize},
		{"validation", validate},
	})
}

func inOrder(interceptors []interceptor) ([]interceptor, error) {
	names := make([]string, 0, len(interceptors))
	for _, i := range interceptors {
		names = append(names, i.name)
	}
	if !slices.Equal(names, interceptorOrder) {
		return nil, fmt.Errorf("interceptors stand as %v, not as %v", names, interceptorOrder)
	}
	return interceptors, nil
}

// without are the interceptors but those left out by name.
func without(interceptors []interceptor, leftOut ...string) []grpc.UnaryServerInterceptor {
	list := make([]grpc.UnaryServerInterceptor, 0, len(interceptors))
	for _, i := range interceptors {
		if !slices.Contains(leftOut, i.name) {
			list = append(list, i.unary)
		}
	}
	return list
}

// recovery gives the call its id and turns a panic into a neutral error that names it. A source that is protected gets an
// id of the server's own: the caller's may stand in another log beside an address, and in ours beside the tip.
func recovery(gate *access.Gate, logs *loggers) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (resp any, err error) {
		id := uuid.NewString()
		if !gate.ProtectsSource(info.FullMethod) {
			id = requestID(ctx)
		}
		ctx = access.WithRequestID(ctx, id)
		defer func() {
			if r := recover(); r != nil {
				// The value of a panic may hold a payload; its type and the stack don't.
				logs.of(info.FullMethod).Error("panic", zap.String("method", info.FullMethod), zap.String("request", id),
					zap.String("type", fmt.Sprintf("%T", r)), zap.ByteString("stack", debug.Stack()))
				err = fault.Status(words.CallerLang(ctx), id, fmt.Errorf("panic: %T", r)).Err()
			}
		}()
		return next(ctx, req)
	}
}

// loggers are those of the services, by which a line tells whose it is.
type loggers struct {
	base  *zap.Logger
	named sync.Map // by package, such as "qingfeng.network.v1"
}

// of is the logger of a method's service, "network" for "/qingfeng.network.v1.TipService/GetTip"; the base for other packages.
func (l *loggers) of(fullMethod string) *zap.Logger {
	service, ours := strings.CutPrefix(fullMethod, "/qingfeng.")
	service, _, _ = strings.Cut(service, ".")
	if !ours {
		return l.base
	}
	if found, ok := l.named.Load(service); ok {
		if log, ok := found.(*zap.Logger); ok {
			return log
		}
	}
	log := l.base.Named(service)
	l.named.Store(service, log)
	return log
}

// traceOf is the id of the trace that a call belongs to, where there is one. A protected call has none: the trace would lead from
// the tip to its sender.
func traceOf(ctx context.Context, gate *access.Gate, fullMethod string) zap.Field {
	span := trace.SpanContextFromContext(ctx)
	if !span.HasTraceID() || gate.ProtectsSource(fullMethod) {
		return zap.Skip()
	}
	return zap.Stringer("trace", span.TraceID())
}

// logging tells the caller the call's id and writes its one line.
func logging(gate *access.Gate, logs *loggers) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (resp any, err error) {
		id := access.RequestID(ctx)
		ctx, line := logline.With(ctx)
		_ = grpc.SetHeader(ctx, metadata.Pairs("x-request-id", id)) // without a transport there is nobody to tell
		start, done := time.Now(), false                            //nolint:forbidigo // how long a call takes is real time
		defer func() {
			code := status.Code(err).String()
			if !done {
				code = "PANIC"
			}
			logs.of(info.FullMethod).Info("rpc", append([]zap.Field{
				zap.String("method", info.FullMethod), zap.String("code", code),
				logline.Milliseconds(time.Since(start)), //nolint:forbidigo // as above
				zap.String("request", id), traceOf(ctx, gate, info.FullMethod),
			}, line.Fields()...)...)
		}()
		resp, err = next(ctx, req)
		done = true
		return resp, err
	}
}

// deadline bounds a call as a whole, and within it the wait for a connection to the database.
func deadline(cfg Config) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		ctx, cancel := context.WithTimeout(database.Impatient(ctx, cfg.Patience), cfg.CallTimeout)
		defer cancel()
		return next(ctx, req)
	}
}

// recognize finds out who calls, and tells it to the limits of strangers.
func recognize(gate *access.Gate) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		from := strangers.CallerOf(ctx)
		passed := false
		resp, err := gate.Authenticate(ctx, req, info, func(ctx context.Context, req any) (any, error) {
			passed = true
			switch {
			case access.Recognized(ctx):
				strangers.Meet(from, access.PrincipalOf(ctx).Subject)
			case access.IsPublic(info.FullMethod):
				strangers.Answer(from)
			}
			return next(ctx, req)
		})
		if !passed {
			strangers.Forget(from)
		}
		return resp, err
	}
}

// translate is the one place where errors become statuses. The cause of a hidden one goes to the log. A deadline that is not the
// call's own was that of something it waited for, such as a connection to the database.
func translate(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	resp, err := next(ctx, req)
	if err == nil {
		return resp, nil
	}
	shown := err
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		shown = fault.Unavailable()
	}
	s := fault.Status(words.CallerLang(ctx), access.RequestID(ctx), shown)
	document.IsDamaged(ctx, err)
	if fault.IsHidden(s) {
		logline.Add(ctx, zap.NamedError("cause", fault.Loggable(err)))
	}
	return nil, s.Err()
}

// validate checks the rules that stand in the protos. What only the server sets is cleared here, before the handler takes the
// fingerprint of a request with an id: with it or without it, the request is the same.
func validate(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if message, ok := req.(proto.Message); ok {
		if err := fieldbehavior.Check(message); err != nil {
			return nil, err
		}
	}
	return next(ctx, req)
}

// requestID takes the caller's id where it is a UUID, so that a call can be followed from one service into the next;
// anything else is replaced, since it ends up in logs.
func requestID(ctx context.Context) string {
	if id, err := uuid.Parse(header(ctx, "x-request-id")); err == nil {
		return id.String()
	}
	return uuid.NewString()
}

func header(ctx context.Context, name string) string {
	if values := metadata.ValueFromIncomingContext(ctx, name); len(values) > 0 {
		return values[0]
	}
	return ""
}
