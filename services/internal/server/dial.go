package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/stats"

	"github.com/qingfeng-suite/qingfeng/services/internal/access"
)

// Conn is a connection that is closed when it is needed no more.
type Conn interface {
	grpc.ClientConnInterface
	Close() error
}

// Dial connects to a server of the suite at host:port, where host may be a name with several addresses; see peer.go.
func Dial(address string, files TLS) (Conn, error) {
	cfg, err := files.client()
	if err != nil {
		return nil, err
	}
	creds := insecure.NewCredentials()
	if cfg != nil {
		creds = credentials.NewTLS(cfg)
	}
	return dial("dns:///"+address, append(peerOptions(),
		grpc.WithTransportCredentials(creds))...)
}

// Dial connects to this server in memory: calls run its handlers, streams go over wires of memory.
func (s *Server) Dial() (Conn, error) {
	made := &wires{}
	for range wiresOfMemory {
		wire, err := dial("passthrough:///memory", grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return s.memory.DialContext(ctx) }))
		if err != nil {
			return nil, errors.Join(err, made.Close())
		}
		made.all = append(made.all, wire)
	}
	return s.inside.Dial(made), nil
}

// wiresOfMemory have room for twice the lasting streams of a process: they get them in turn, and lose them in any order.
const wiresOfMemory = 2 * (streamsAtOnce + sharedAtOnce) / callsOfConnection

// wires are connections that get streams in turn. One that never got any is not made.
type wires struct {
	all   []*grpc.ClientConn
	turns atomic.Uint64
}

// NewStream opens a stream on one of them.
func (w *wires) NewStream(
	ctx context.Context, desc *grpc.StreamDesc, method string, options ...grpc.CallOption,
) (grpc.ClientStream, error) {
	return w.all[w.turns.Add(1)%uint64(len(w.all))].NewStream(ctx, desc, method, options...)
}

// Close closes all of them.
func (w *wires) Close() error {
	faults := make([]error, 0, len(w.all))
	for _, wire := range w.all {
		faults = append(faults, wire.Close())
	}
	return errors.Join(faults...)
}

func dial(target string, options ...grpc.DialOption) (*grpc.ClientConn, error) {
	conn, err := grpc.NewClient(target, append(options,
		grpc.WithStatsHandler(clientSpans()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(MaxMessage), grpc.MaxCallSendMsgSize(MaxMessage)))...)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", target, err)
	}
	return conn, nil
}

// clientSpans makes the spans of calls, none of protected ones: a span would tell when who called, as one of the server's would.
func clientSpans() stats.Handler {
	protected := access.Protected()
	return otelgrpc.NewClientHandler(
		otelgrpc.WithFilter(func(info *stats.RPCTagInfo) bool { return !protected[info.FullMethodName] }),
	)
}

// AsService makes every call of a connection carry a token of the service's own, the caller's language and the request's id.
func AsService(conn Conn, token func() (string, error)) Conn { return serviceConn{conn, token} }

type serviceConn struct {
	Conn

	token func() (string, error)
}

// Invoke calls in the service's name.
func (c serviceConn) Invoke(ctx context.Context, method string, req, reply any, options ...grpc.CallOption) error {
	ctx, err := c.inItsName(ctx)
	if err != nil {
		return err
	}
	return c.Conn.Invoke(ctx, method, req, reply, options...)
}

// NewStream opens a stream in the service's name.
func (c serviceConn) NewStream(
	ctx context.Context, desc *grpc.StreamDesc, method string, options ...grpc.CallOption,
) (grpc.ClientStream, error) {
	ctx, err := c.inItsName(ctx)
	if err != nil {
		return nil, err
	}
	return c.Conn.NewStream(ctx, desc, method, options...)
}

// inItsName replaces what the caller's own call carried.
func (c serviceConn) inItsName(ctx context.Context) (context.Context, error) {
	bearer, err := c.token()
	if err != nil {
		return nil, err
	}
	pairs := []string{"authorization", "Bearer " + bearer}
	if id := access.RequestID(ctx); id != "" {
		pairs = append(pairs, "x-request-id", id)
	}
	if lang := header(ctx, "accept-language"); lang != "" {
		pairs = append(pairs, "accept-language", lang)
	}
	return metadata.NewOutgoingContext(ctx, metadata.Pairs(pairs...)), nil
}
