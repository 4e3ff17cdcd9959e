package access

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// Bearing is a connection whose unary calls carry a bearer token, which is asked for before each; none where it is empty.
type Bearing struct {
	grpc.ClientConnInterface

	Token func() (string, error)
}

// Invoke calls with the token.
func (b Bearing) Invoke(ctx context.Context, method string, req, reply any, options ...grpc.CallOption) error {
	token, err := b.Token()
	if err != nil {
		return err
	}
	if token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
	}
	return b.ClientConnInterface.Invoke(ctx, method, req, reply, options...)
}

// As is a connection that calls as a principal, with a token of an hour made for each call; with none as nobody.
func (t *Tokens) As(conn grpc.ClientConnInterface, p Principal) grpc.ClientConnInterface {
	return Bearing{conn, func() (string, error) {
		if p.Subject == "" {
			return "", nil
		}
		return t.Issue(p, time.Hour)
	}}
}
