package server

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/fair"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/strangers"
)

// answersAtOnce is how large the answers of all callers may be together that were not sent yet, in bytes.
const answersAtOnce = 64 << 20

// answers bound what those take that nobody reads. gRPC queues an answer whole, and its status behind it: it is held after its
// call has ended, until it was sent or its connection is closed. So the room is made by closing connections.
type answers struct {
	room   *fair.Room
	closed prometheus.Counter
}

func newAnswers(closed prometheus.Counter) *answers {
	return &answers{fair.NewRoom(answersAtOnce), closed}
}

// to is an answer that counts until it was sent, if it goes over a network.
func (a *answers) to(ctx context.Context, caller string, message any) any {
	m, ok := message.(proto.Message)
	conn, remote := strangers.CallerOf(ctx).(strangers.Address)
	if !ok || !remote {
		return message
	}
	return &answer{Message: m, of: a, caller: caller, conn: conn}
}

// answer is a message on its way to who asked.
type answer struct {
	proto.Message

	of     *answers
	caller string
	conn   strangers.Address
}

// encode encodes an answer. gRPC frees the bytes once they were sent; those of small ones, which it doesn't tell of, don't count.
func (a *answer) encode(with encoding.CodecV2) (mem.BufferSlice, error) {
	data, err := with.Marshal(a.Message)
	if err != nil || mem.IsBelowBufferPoolingThreshold(data.Len()) {
		return data, err
	}
	whole := data.MaterializeToBuffer(mem.DefaultBufferPool())
	data.Free()
	text := whole.ReadOnlyData()
	place := a.of.room.Enter(a.caller, int64(cap(text)), func() {
		a.of.closed.Inc()
		strangers.Cut(a.conn)
	})
	forget := strangers.AfterClose(a.conn, func() { place.Leave() })
	return mem.BufferSlice{mem.NewBuffer(&text, freed(func() {
		whole.Free()
		if forget() {
			place.Leave()
		}
	}))}, nil
}

// freed is called once bytes are no longer needed, as the pool that they would go back to.
type freed func()

// Get makes a buffer.
func (freed) Get(length int) *[]byte {
	made := make([]byte, length)
	return &made
}

// Put notes that a buffer is free.
func (f freed) Put(*[]byte) { f() }

// counted is a stream whose answers count.
type counted struct {
	grpc.ServerStream

	answers *answers
	caller  string
}

// count has what is sent on a stream count for the caller of its context.
func (a *answers) count(ctx context.Context, stream grpc.ServerStream) grpc.ServerStream {
	return &counted{stream, a, access.PrincipalOf(ctx).Subject}
}

// SendMsg sends a message.
func (c *counted) SendMsg(m any) error {
	return c.ServerStream.SendMsg(c.answers.to(c.Context(), c.caller, m))
}
