package server

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/inprocess"
	"github.com/qingfeng-suite/qingfeng/services/internal/strangers"
)

// streams guards the streams of a server as its unary calls are guarded. A stream has one request and any number of responses; it
// lasts as long as its caller wants, or until its connection is too old or the server stops.
type streams struct {
	guard    grpc.UnaryServerInterceptor
	shared   grpc.UnaryServerInterceptor // of streams that share what they are made of
	known    grpc.UnaryServerInterceptor // of reflection, whose streams have any number of requests, which no rule looks at
	sessions *lasting                    // of the public services
	gate     *access.Gate
	answers  *answers
	stop     context.CancelFunc
	stopped  context.Context //nolint:containedctx // it ends with the server, not with a call
}

func newStreams(gate *access.Gate, guards, ofShared, ofReflection []interceptor, sessions *lasting, answers *answers) *streams {
	s := &streams{
		guard:    inprocess.Chain(without(guards, "deadline")),
		shared:   inprocess.Chain(without(ofShared, "deadline")),
		known:    inprocess.Chain(without(ofReflection, "deadline", "access", "validation")),
		sessions: sessions, gate: gate, answers: answers,
	}
	s.stopped, s.stop = context.WithCancel(context.Background())
	return s
}

// unknown answers where there is no such method; the gate says so before.
func unknown(any, grpc.ServerStream) error {
	return fault.New(codes.Unimplemented, words.NoSuchMethod())
}

// intercept guards the request of a stream, which is read once its sender is known, and gives it to the handler.
func (s *streams) intercept(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	if access.IsPublic(info.FullMethod) {
		return s.session(srv, stream, next)
	}
	if access.IsReflection(info.FullMethod) {
		_, err := s.known(stream.Context(), nil, &grpc.UnaryServerInfo{Server: srv, FullMethod: info.FullMethod},
			func(ctx context.Context, _ any) (any, error) { return nil, next(srv, s.answers.count(ctx, stream)) })
		return err
	}
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	defer context.AfterFunc(s.stopped, cancel)()
	request, err := requestOf(info.FullMethod)
	if err != nil {
		request = &emptypb.Empty{} // of no method: the gate refuses it
	}
	ctx, guard := withReader(ctx, framed(stream.RecvMsg)), s.guard
	if s.gate.IsShared(info.FullMethod) {
		guard = s.shared
	}
	_, err = guard(ctx, request, &grpc.UnaryServerInfo{Server: srv, FullMethod: info.FullMethod},
		func(ctx context.Context, req any) (any, error) {
			err := next(srv, &guarded{ServerStream: s.answers.count(ctx, stream), ctx: ctx, request: req})
			if err != nil && s.stopped.Err() != nil {
				err = fault.Unavailable()
			}
			return nil, err
		})
	return err
}

// session serves a stream of a public service. Who shows a token that holds shares no room with those who show none.
func (s *streams) session(srv any, stream grpc.ServerStream, next grpc.StreamHandler) error {
	strangers.Answer(strangers.CallerOf(stream.Context()))
	_, err := translate(stream.Context(), nil, nil, func(ctx context.Context, _ any) (any, error) {
		return s.sessions.enter(ctx, s.gate.SubjectOf(ctx), nil, func(context.Context, any) (any, error) {
			return nil, next(srv, stream)
		})
	})
	return err
}

// requestOf is an empty request of a method. A stream of requests is none that the suite has.
func requestOf(fullMethod string) (proto.Message, error) {
	name := strings.ReplaceAll(strings.TrimPrefix(fullMethod, "/"), "/", ".")
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", name, err)
	}
	method, ok := found.(protoreflect.MethodDescriptor)
	if !ok || method.IsStreamingClient() {
		return nil, fmt.Errorf("%s is no method with one request", name)
	}
	kind, err := protoregistry.GlobalTypes.FindMessageByName(method.Input().FullName())
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", name, err)
	}
	return kind.New().Interface(), nil
}

// guarded is a stream whose request has been read and guarded.
type guarded struct {
	grpc.ServerStream

	ctx     context.Context //nolint:containedctx // that is how streams carry theirs
	request any             // nil once the handler has it
}

// Context is that of the guarded call.
func (g *guarded) Context() context.Context { return g.ctx }

var errRequestRead = errors.New("a stream has one request")

// RecvMsg gives the handler the request.
func (g *guarded) RecvMsg(m any) error {
	into, ok := m.(proto.Message)
	request, read := g.request.(proto.Message)
	if !ok || !read {
		return errRequestRead
	}
	g.request = nil
	proto.Merge(into, request)
	return nil
}
