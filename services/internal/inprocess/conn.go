package inprocess

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// Conn is a connection to a server in the same process.
type Conn struct {
	server *Server
	wire   Wire
}

// Wire is what streams go over.
type Wire interface {
	NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error)
	Close() error
}

// Dial connects to the server. Streams go over a wire that the connection closes with itself.
func (s *Server) Dial(wire Wire) *Conn { return &Conn{server: s, wire: wire} }

// Close closes the wire of the streams; calls end by themselves.
func (c *Conn) Close() error { return c.wire.Close() }

// NewStream opens a stream over the wire.
func (c *Conn) NewStream(
	ctx context.Context, desc *grpc.StreamDesc, name string, options ...grpc.CallOption,
) (grpc.ClientStream, error) {
	return c.wire.NewStream(ctx, desc, name, options...)
}

// Invoke calls a method.
func (c *Conn) Invoke(ctx context.Context, name string, req, reply any, options ...grpc.CallOption) error {
	return c.server.call(ctx, name, req, reply, options)
}

func (s *Server) call(ctx context.Context, name string, req, reply any, options []grpc.CallOption) (err error) {
	asked, err := read(options, s.cfg.MaxMessage)
	if err != nil {
		return err
	}
	if s.cfg.Client != nil {
		ctx = s.cfg.Client.TagRPC(ctx, &stats.RPCTagInfo{FullMethodName: name})
		begun := time.Now() //nolint:forbidigo // how long a call takes is real time
		s.cfg.Client.HandleRPC(ctx, &stats.Begin{Client: true, BeginTime: begun})
		defer func() {
			//nolint:forbidigo // as above
			s.cfg.Client.HandleRPC(ctx, &stats.End{Client: true, BeginTime: begun, EndTime: time.Now(), Error: err})
		}()
	}
	sent, err := outgoing(ctx)
	if err != nil {
		return err
	}
	request, err := checked(req, min(asked.maxSend, s.cfg.MaxMessage))
	if err != nil {
		return err
	}
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	t := &transport{server: s, method: name}
	answer, err := s.serve(ctx, t, sent, request)
	asked.fill(t)
	if ctx.Err() != nil { // who gave up hears that, whatever came too late
		return status.FromContextError(ctx.Err()).Err()
	}
	if err != nil {
		return err
	}
	return copied(answer, reply, min(asked.maxReceive, s.cfg.MaxMessage))
}

// serve runs the server's side of a call. Its context is the server's own: of the caller's, only the end reaches it.
//
//nolint:contextcheck // as said
func (s *Server) serve(ctx context.Context, t *transport, sent metadata.MD, request proto.Message) (answer any, err error) {
	defer t.end()
	found, err := s.find(t.method)
	if err != nil {
		return nil, err
	}
	inner, cancel := context.WithCancel(s.base)
	if at, ok := ctx.Deadline(); ok {
		cancel()
		inner, cancel = context.WithDeadline(s.base, at)
	}
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	inner = metadata.NewIncomingContext(peer.NewContext(inner, &peer.Peer{Addr: address{}, LocalAddr: address{}}), sent)
	inner = grpc.NewContextWithServerTransportStream(inner, t)
	if s.cfg.Server != nil {
		inner = s.cfg.Server.TagRPC(inner, &stats.RPCTagInfo{FullMethodName: t.method})
		begun := time.Now() //nolint:forbidigo // how long a call takes is real time
		s.cfg.Server.HandleRPC(inner, &stats.Begin{BeginTime: begun})
		defer func() {
			//nolint:forbidigo // as above
			s.cfg.Server.HandleRPC(inner, &stats.End{BeginTime: begun, EndTime: time.Now(), Error: err})
		}()
	}
	answer, err = found.handle(found.service, inner, func(into any) error { return decode(request, into) }, s.chain)
	if err != nil && s.base.Err() != nil && inner.Err() != nil {
		return nil, errStopping // it was cut off
	}
	return answer, asStatus(err)
}

// asStatus makes of a handler's error what a wire makes of it: its code, text and details, and nothing that it wraps.
func asStatus(err error) error {
	if err == nil {
		return nil
	}
	said, ok := status.FromError(err)
	if !ok {
		said = status.FromContextError(err)
	}
	return status.FromProto(said.Proto()).Err()
}

// decode gives the handler a message of its own.
func decode(request proto.Message, into any) error {
	message, ok := into.(proto.Message)
	if !ok || message.ProtoReflect().Descriptor() != request.ProtoReflect().Descriptor() {
		return status.Errorf(codes.Internal, "a %T is no %T", request, into)
	}
	proto.Merge(message, request)
	return nil
}

var errNoMessage = errors.New("no message")

// copied copies an answer for the caller. That its texts are UTF-8 is not checked again: it is the suite's own.
func copied(answer, into any, limit int) error {
	from, ok := answer.(proto.Message)
	reply, wanted := into.(proto.Message)
	if !ok || !wanted {
		return status.Errorf(codes.Internal, "copy %T into %T: %v", answer, into, errNoMessage)
	}
	if from.ProtoReflect().Descriptor() != reply.ProtoReflect().Descriptor() {
		return status.Errorf(codes.Internal, "a %T is no %T", answer, into)
	}
	if size := proto.Size(from); size > limit {
		return tooLarge("received", size, limit)
	}
	proto.Reset(reply)
	proto.Merge(reply, from)
	return nil
}
