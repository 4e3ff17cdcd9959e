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
const answersAtOnce = 32 << 20

// answers bound what those take that nobody reads. gRPC queues an answer whole, and its status behind it: it is held after its
// call has ended, until it was sent or its connection is closed. So the room is made by closing connections.
type answers struct {
	room   *fair.Room
	closed prometheus.Counter
}

func newAnswers(size int64, closed prometheus.Counter) *answers {
	return &answers{fair.NewRoom(size), closed}
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

// buffers are those of answers: none is more than twice as large as what it holds. gRPC's own would take 1 MiB for 40 KiB.
var buffers = mem.NewTieredBufferPool(
	4<<10, 8<<10, 16<<10, 32<<10, 64<<10, 128<<10, 256<<10, 512<<10, 1<<20, 2<<20, 4<<20,
)

// encode encodes an answer, which counts before it is made. gRPC frees the bytes once they were sent; those of small ones, which
// it doesn't tell of, don't count.
func (a *answer) encode(with encoding.CodecV2) (mem.BufferSlice, error) {
	size := proto.Size(a.Message)
	if mem.IsBelowBufferPoolingThreshold(size) {
		return with.Marshal(a.Message)
	}
	buffer := buffers.Get(size)
	place := a.of.enter(a.caller, a.conn, int64(cap(*buffer)))
	forget := strangers.AfterClose(a.conn, func() { place.Leave() })
	text, err := proto.MarshalOptions{UseCachedSize: true}.MarshalAppend((*buffer)[:0], a.Message)
	whole := mem.BufferSlice{mem.NewBuffer(&text, freed(func() {
		buffers.Put(buffer)
		if forget() {
			place.Leave()
		}
	}))}
	if err != nil {
		whole.Free()
		return nil, err
	}
	return whole, nil
}

// enter gives an answer its place. What it was made from is kept no longer than that takes.
func (a *answers) enter(caller string, conn strangers.Address, size int64) *fair.Place {
	return a.room.Enter(caller, size, func() {
		a.closed.Inc()
		strangers.Cut(conn)
	})
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
