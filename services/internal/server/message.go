package server

import (
	"context"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
	protobuf "google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// reader reads the one message of a call into a value of its type.
type reader func(into any) error

type readerKey struct{}

func withReader(ctx context.Context, read reader) context.Context {
	return context.WithValue(ctx, readerKey{}, read)
}

// readLater leaves the message of each call to its admission, so that it is neither received nor decoded before its sender is
// known.
func readLater(desc *grpc.ServiceDesc, prepare func(reader) reader) *grpc.ServiceDesc {
	later := *desc
	later.Methods = make([]grpc.MethodDesc, len(desc.Methods))
	for i, method := range desc.Methods {
		later.Methods[i] = grpc.MethodDesc{
			MethodName: method.MethodName,
			Handler: func(srv any, ctx context.Context, read func(any) error, chain grpc.UnaryServerInterceptor) (any, error) {
				return method.Handler(srv, withReader(ctx, prepare(read)), func(any) error { return nil }, chain)
			},
		}
	}
	return &later
}

// asIs is for messages that come in memory.
func asIs(read reader) reader { return read }

// receive receives and decodes the message of a call.
func receive(ctx context.Context, into any) error {
	if read, ok := ctx.Value(readerKey{}).(reader); ok {
		return read(into)
	}
	return nil
}

// received goes on with a call once its message is there.
func received(ctx context.Context, req any, next grpc.UnaryHandler) (any, error) {
	if err := receive(ctx, req); err != nil {
		return nil, err
	}
	return next(ctx, req)
}

// framed reads over a wire. What is wrong with a message is told by the frame: an error of the codec would be answered by gRPC
// before any interceptor hears of it.
func framed(read reader) reader {
	return func(into any) error {
		message, ok := into.(protobuf.Message)
		if !ok {
			return read(into)
		}
		f := &frame{into: message}
		if err := read(f); err != nil {
			return asFault(err)
		}
		return f.fault
	}
}

// asFault says in our words that a message didn't come, or not whole.
func asFault(err error) error {
	switch status.Code(err) {
	case codes.Internal, codes.Unknown:
		return fault.New(codes.InvalidArgument, words.UnreadableMessage())
	case codes.ResourceExhausted:
		return tooLarge(typev1.LargestMessage)
	default:
		return err
	}
}

func tooLarge(limit int) error {
	return fault.New(codes.InvalidArgument, words.MessageTooLarge(strconv.Itoa(limit)))
}

// frame is a message to be decoded, within the limits of its type.
type frame struct {
	into  protobuf.Message
	fault error
}

func (f *frame) decode(data mem.BufferSlice) error {
	descriptor := f.into.ProtoReflect().Descriptor()
	if limit := typev1.MaxSize(descriptor); data.Len() > limit {
		return tooLarge(limit)
	}
	whole := data.MaterializeToBuffer(mem.DefaultBufferPool())
	defer whole.Free()
	if typev1.HasTooManyParts(whole.ReadOnlyData(), descriptor) {
		return fault.New(codes.InvalidArgument, words.TooManyParts(strconv.Itoa(typev1.MostParts)))
	}
	if err := protobuf.Unmarshal(whole.ReadOnlyData(), f.into); err != nil {
		return fault.New(codes.InvalidArgument, words.UnreadableMessage())
	}
	return nil
}

// codec is gRPC's for protobuf, and decodes frames and encodes answers as well.
type codec struct{ encoding.CodecV2 }

func newCodec() codec { return codec{encoding.GetCodecV2(proto.Name)} }

// Marshal encodes a message, or an answer, which counts itself.
func (c codec) Marshal(from any) (mem.BufferSlice, error) {
	if a, ok := from.(*answer); ok {
		return a.encode(c.CodecV2)
	}
	return c.CodecV2.Marshal(from)
}

// Unmarshal decodes a message, or a frame, which tells its fault itself.
func (c codec) Unmarshal(data mem.BufferSlice, into any) error {
	f, ok := into.(*frame)
	if !ok {
		return c.CodecV2.Unmarshal(data, into)
	}
	f.fault = f.decode(data)
	return nil
}
