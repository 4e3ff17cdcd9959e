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

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/inprocess"
)

// streams guards the streams of a server as its unary calls are guarded. A stream has one request and any number of responses; it
// lasts as long as its caller wants, or until its connection is too old or the server stops.
type streams struct {
	guard   grpc.UnaryServerInterceptor
	stop    context.CancelFunc
	stopped context.Context //nolint:containedctx // it ends with the server, not with a call
}

func newStreams(guards []grpc.UnaryServerInterceptor) *streams {
	s := &streams{guard: inprocess.Chain(guards)}
	s.stopped, s.stop = context.WithCancel(context.Background())
	return s
}

// intercept reads the request, guards it, and gives it to the handler.
func (s *streams) intercept(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	if access.IsPublic(info.FullMethod) {
		return next(srv, stream)
	}
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	defer context.AfterFunc(s.stopped, cancel)()
	request, err := readRequest(stream, info)
	if err != nil {
		return err
	}
	_, err = s.guard(ctx, request, &grpc.UnaryServerInfo{Server: srv, FullMethod: info.FullMethod},
		func(ctx context.Context, req any) (any, error) {
			err := next(srv, &guarded{ServerStream: stream, ctx: ctx, request: req})
			if err != nil && s.stopped.Err() != nil {
				err = fault.New(codes.Unavailable, words.Unavailable())
			}
			return nil, err
		})
	return err
}

// readRequest reads the one request of a stream. A stream of requests is none that the suite has.
func readRequest(stream grpc.ServerStream, info *grpc.StreamServerInfo) (proto.Message, error) {
	if info.IsClientStream {
		return nil, fmt.Errorf("%s: a stream of requests", info.FullMethod)
	}
	name := strings.ReplaceAll(strings.TrimPrefix(info.FullMethod, "/"), "/", ".")
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", name, err)
	}
	method, ok := found.(protoreflect.MethodDescriptor)
	if !ok {
		return nil, fmt.Errorf("%s is no method", name)
	}
	kind, err := protoregistry.GlobalTypes.FindMessageByName(method.Input().FullName())
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", name, err)
	}
	request := kind.New().Interface()
	return request, stream.RecvMsg(request)
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
