package server

import (
	"context"
	"fmt"
	"net"

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
func Dial(address string, files TLS, interceptors ...grpc.UnaryClientInterceptor) (Conn, error) {
	cfg, err := files.client()
	if err != nil {
		return nil, err
	}
	creds := insecure.NewCredentials()
	if cfg != nil {
		creds = credentials.NewTLS(cfg)
	}
	return dial("dns:///"+address, append(peerOptions(),
		grpc.WithTransportCredentials(creds), grpc.WithChainUnaryInterceptor(interceptors...))...)
}

// Dial connects to this server in memory: calls run its handlers, streams go over a wire of memory.
func (s *Server) Dial(interceptors ...grpc.UnaryClientInterceptor) (Conn, error) {
	wire, err := dial("passthrough:///memory", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return s.memory.DialContext(ctx) }))
	if err != nil {
		return nil, err
	}
	return s.inside.Dial(wire, interceptors...), nil
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
	return otelgrpc.NewClientHandler(otelgrpc.WithFilter(func(info *stats.RPCTagInfo) bool { return !protected[info.FullMethodName] }))
}

// AsService makes every call carry a token of the service's own, the caller's language and the request's id.
func AsService(token func() (string, error)) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, req, reply any,
		conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption,
	) error {
		bearer, err := token()
		if err != nil {
			return err
		}
		pairs := []string{"authorization", "Bearer " + bearer}
		if id := access.RequestID(ctx); id != "" {
			pairs = append(pairs, "x-request-id", id)
		}
		if lang := header(ctx, "accept-language"); lang != "" {
			pairs = append(pairs, "accept-language", lang)
		}
		return invoke(metadata.NewOutgoingContext(ctx, metadata.Pairs(pairs...)), method, req, reply, conn, options...)
	}
}
