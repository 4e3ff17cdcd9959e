package gateway

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/propagation"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
)

// call is what is known of a request while the mux and a generated handler have it.
type call struct {
	looking   bool        // for an operation only: see look
	operation *operation  // nil until one is found
	header    http.Header // as the caller sent it
	body      []byte
	refused   *fault
	asked     bool // the service has the request
}

type callKey struct{}

func (c *call) in(ctx context.Context) context.Context { return context.WithValue(ctx, callKey{}, c) }

// callOf is the call that a request belongs to; every request of the mux has one.
func callOf(ctx context.Context) *call {
	state, ok := ctx.Value(callKey{}).(*call)
	if !ok {
		return &call{}
	}
	return state
}

// ask makes the request that the generated handler sees.
func (c *call) ask(w http.ResponseWriter, r *http.Request, limit int64) (*http.Request, *fault) {
	var fault *fault
	if c.body, fault = readBody(w, r, limit, c.operation); fault == nil {
		fault = checkQuery(r, c.operation)
	}
	if fault != nil {
		return nil, fault
	}
	ctx := r.Context()
	if !c.operation.access.ProtectsSource() {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(r.Header))
	}
	asked := r.WithContext(ctx)
	asked.Body = io.NopCloser(bytes.NewReader(c.body))
	asked.Header = forward(r.Header, c.operation)
	asked.Host, asked.RemoteAddr = "", "" // the mux would tell them to the service
	return asked, nil
}

// forward picks the headers that the services see, and the only ones. Of a protected call the trace is not told: it would
// lead from the tip to its sender.
func forward(header http.Header, to *operation) http.Header {
	picked := http.Header{}
	if to.bytes() {
		picked.Set("Accept", bytesForm)
	}
	for _, name := range []string{"Accept-Language", "Authorization", "Traceparent", "X-Request-Id"} {
		if name == "Traceparent" && to.access.ProtectsSource() {
			continue
		}
		for _, value := range header[name] {
			// What gRPC can't carry is left out: the mux would do so too, with a line in the log each time.
			if !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
				picked.Add(name, value)
			}
		}
	}
	return picked
}

// watched is the connection that generated handlers call over. It notes that a request was asked.
type watched struct{ grpc.ClientConnInterface }

var errRefused = errors.New("refused by the gateway")

// Invoke calls an RPC.
func (c watched) Invoke(ctx context.Context, method string, request, answer any, options ...grpc.CallOption) error {
	state := callOf(ctx)
	if message, ok := request.(proto.Message); ok {
		if state.refused = state.match(message); state.refused != nil {
			return errRefused
		}
	}
	state.asked = true
	return c.ClientConnInterface.Invoke(ctx, method, request, answer, options...)
}

// NewStream opens a stream.
func (c watched) NewStream(
	ctx context.Context, desc *grpc.StreamDesc, method string, options ...grpc.CallOption,
) (grpc.ClientStream, error) {
	callOf(ctx).asked = true
	stream, err := c.ClientConnInterface.NewStream(ctx, desc, method, options...)
	if err != nil {
		return nil, err
	}
	return &stillEmpty{ClientStream: stream}, nil
}

// stillEmpty is a stream that waits for its first message before the generated handler begins to answer: a stream that
// fails at once is then answered like any call that fails.
type stillEmpty struct {
	grpc.ClientStream

	first []byte
	begun bool // first is there and not taken yet
	ended error
}

// Header gives the header of a stream that has begun or ended well.
func (s *stillEmpty) Header() (metadata.MD, error) {
	received, err := s.ClientStream.Header()
	if err != nil {
		return nil, err
	}
	var first emptypb.Empty // every field is unknown to it, and kept
	switch s.ended = s.ClientStream.RecvMsg(&first); {
	case s.ended == nil:
		s.first, s.begun = first.ProtoReflect().GetUnknown(), true
	case !errors.Is(s.ended, io.EOF):
		return nil, s.ended
	}
	return metadata.Join(received), nil // never nil, which would stand for a failure
}

// RecvMsg gives the next message.
func (s *stillEmpty) RecvMsg(message any) error {
	into, ok := message.(proto.Message)
	switch {
	case s.ended != nil:
		return s.ended
	case !s.begun || !ok:
		return s.ClientStream.RecvMsg(message)
	}
	s.begun = false
	return proto.Unmarshal(s.first, into)
}
