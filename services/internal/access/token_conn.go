package access

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// TokenConn adds a bearer token to each call. Token is called before each call; an empty token is not sent.
type TokenConn struct {
	grpc.ClientConnInterface

	Token func() (string, error)
}

// Invoke calls with the token.
func (b TokenConn) Invoke(ctx context.Context, method string, req, reply any, options ...grpc.CallOption) error {
	ctx, err := b.withToken(ctx)
	if err != nil {
		return err
	}
	return b.ClientConnInterface.Invoke(ctx, method, req, reply, options...)
}

// NewStream opens a stream with the token.
func (b TokenConn) NewStream(
	ctx context.Context, desc *grpc.StreamDesc, method string, options ...grpc.CallOption,
) (grpc.ClientStream, error) {
	ctx, err := b.withToken(ctx)
	if err != nil {
		return nil, err
	}
	return b.ClientConnInterface.NewStream(ctx, desc, method, options...)
}

func (b TokenConn) withToken(ctx context.Context) (context.Context, error) {
	token, err := b.Token()
	if err != nil || token == "" {
		return ctx, err
	}
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token), nil
}

// ConnAs is a connection that calls as a principal, with a token of an hour made for each call; with none as nobody.
func (t *Tokens) ConnAs(conn grpc.ClientConnInterface, p Principal) grpc.ClientConnInterface {
	return TokenConn{conn, func() (string, error) {
		if p.Subject == "" {
			return "", nil
		}
		return t.Issue(p, time.Hour)
	}}
}
