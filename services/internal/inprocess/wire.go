package inprocess

import (
	"context"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// asked is what the options of a call ask for.
type asked struct {
	headers, trailers   []*metadata.MD
	peers               []*peer.Peer
	maxSend, maxReceive int
}

func read(options []grpc.CallOption, limit int) (asked, error) {
	a := asked{maxSend: limit, maxReceive: limit}
	for _, option := range options {
		switch o := option.(type) {
		case grpc.HeaderCallOption:
			a.headers = append(a.headers, o.HeaderAddr)
		case grpc.TrailerCallOption:
			a.trailers = append(a.trailers, o.TrailerAddr)
		case grpc.PeerCallOption:
			a.peers = append(a.peers, o.PeerAddr)
		case grpc.MaxSendMsgSizeCallOption:
			a.maxSend = o.MaxSendMsgSize
		case grpc.MaxRecvMsgSizeCallOption:
			a.maxReceive = o.MaxRecvMsgSize
		case grpc.EmptyCallOption, grpc.FailFastCallOption, grpc.StaticMethodCallOption, grpc.CompressorCallOption:
			// they speak of a wire
		default: // an option that is dropped in silence could be credentials
			return a, status.Errorf(codes.Internal, "calls in one process don't know the option %T", option)
		}
	}
	return a, nil
}

// fill tells the caller what the handler said beside its answer.
func (a asked) fill(t *transport) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, header := range a.headers {
		*header = t.header.Copy()
	}
	for _, trailer := range a.trailers {
		*trailer = t.trailer.Copy()
	}
	for _, p := range a.peers {
		*p = peer.Peer{Addr: address{}, LocalAddr: address{}}
	}
}

// transport gathers what a handler says beside its answer. It may say so from several goroutines.
type transport struct {
	server *Server
	method string

	mu              sync.Mutex
	header, trailer metadata.MD
	sent, ended     bool
}

var errSent = status.Error(codes.Internal, "the headers have been sent")

// Method is the full name of the method.
func (t *transport) Method() string { return t.method }

// SetHeader adds headers.
func (t *transport) SetHeader(md metadata.MD) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sent || t.ended {
		return errSent
	}
	t.header = metadata.Join(t.header, md)
	return nil
}

// SendHeader adds headers, the last.
func (t *transport) SendHeader(md metadata.MD) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sent || t.ended {
		return errSent
	}
	t.header, t.sent = metadata.Join(t.header, md), true
	return nil
}

// SetTrailer adds to what comes after the answer.
func (t *transport) SetTrailer(md metadata.MD) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		return errSent
	}
	t.trailer = metadata.Join(t.trailer, md)
	return nil
}

func (t *transport) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
}

func (t *transport) inFlight() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.ended
}

// outgoing is the caller's metadata. What could not stand in a header is refused as a wire refuses it, so that both shapes of the
// suite say the same.
func outgoing(ctx context.Context) (metadata.MD, error) {
	md, _ := metadata.FromOutgoingContext(ctx) // a copy
	for name, values := range md {
		if strings.ContainsFunc(name, notInNames) || name == "" {
			return nil, status.Errorf(codes.Internal, "header key %q contains illegal characters not in [0-9a-z-_.]", name)
		}
		if strings.HasSuffix(name, "-bin") {
			continue
		}
		for _, value := range values {
			if strings.ContainsFunc(value, notPrintable) {
				return nil, status.Errorf(codes.Internal, "header key %q contains value with non-printable ASCII characters",
					name)
			}
		}
	}
	return md, nil
}

func notInNames(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '.' && r != '-' && r != '_'
}

func notPrintable(r rune) bool { return r < ' ' || r > '~' }

// buffers hold requests while they are checked.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// largestKept is how large a buffer may be that is kept.
const largestKept = 64 << 10

// checked refuses a request that would not pass a wire: one that is too large, or has texts that are not UTF-8, which would
// come as far as the database.
func checked(req any, limit int) (proto.Message, error) {
	message, ok := req.(proto.Message)
	if !ok {
		return nil, status.Errorf(codes.Internal, "a %T is no message", req)
	}
	buffer := buffers.Get().(*[]byte) //nolint:forcetypeassert,errcheck // it holds nothing else
	data, err := proto.MarshalOptions{}.MarshalAppend((*buffer)[:0], message)
	if err != nil {
		return nil, status.Errorf(codes.Internal, "grpc: error while marshaling: %v", err)
	}
	if cap(data) <= largestKept {
		clear(data)
		*buffer = data
		buffers.Put(buffer)
	}
	if len(data) > limit {
		return nil, tooLarge("trying to send", len(data), limit)
	}
	return message, nil
}
