// Package accesstest makes calls as a test wants them: through a real gate, over a small tree of units.
package accesstest

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// The tree: a city with two counties.
const (
	City   = "units/340500"
	County = "units/340503"
	Other  = "units/340504"
)

// Role is the one role of the tree's scheme.
const Role = "clerk"

// Start is when a gate's clock stands at first.
var Start = time.Date(2026, time.November, 2, 1, 0, 0, 0, time.UTC)

// Tree is a directory that knows City, County and Other, and what Role may do in them.
type Tree struct {
	// Permissions of Role.
	Permissions []string
}

// Unit returns a unit of the tree, or a NOT_FOUND fault.
func (Tree) Unit(_ context.Context, name string) (*networkv1.Unit, error) {
	switch name {
	case City:
		return &networkv1.Unit{Name: name, Title: "市", Level: typev1.Level_LEVEL_CITY}, nil
	case County, Other:
		return &networkv1.Unit{Name: name, Title: "区", Level: typev1.Level_LEVEL_COUNTY, Ancestors: []string{City}}, nil
	default:
		return nil, fault.NotFound(name)
	}
}

// Ended returns no unit: none of the tree has ended.
func (Tree) Ended(_ context.Context, name string) (*networkv1.Unit, error) {
	return nil, fault.NotFound(name)
}

// Scheme returns the scheme of every unit of the tree.
func (t Tree) Scheme(ctx context.Context, unit string) (*networkv1.Scheme, error) {
	if _, err := t.Unit(ctx, unit); err != nil {
		return nil, err
	}
	return &networkv1.Scheme{Roles: []*networkv1.Role{{Id: Role, Permissions: t.Permissions}}}, nil
}

// SystemBelow returns nothing: the tree has one line.
func (Tree) SystemBelow(context.Context, string) ([]*networkv1.Unit, error) { return nil, nil }

// Officer returns no officer: the tree has none.
func (Tree) Officer(_ context.Context, name string) (*networkv1.Officer, error) {
	return nil, fault.NotFound(name)
}

// Gate is the gate of a city, of which a test holds the key and the clock.
type Gate struct {
	*access.Gate

	Tokens *access.Tokens
	Clock  *clock.Manual

	tb testing.TB
}

// New makes a gate in which Role has permissions. It guards four services of network and one of risk.
func New(tb testing.TB, permissions ...string) *Gate {
	tb.Helper()
	return NewAtLevel(tb, typev1.Level_LEVEL_CITY, permissions...)
}

// NewAtLevel is New for the gate of another level.
func NewAtLevel(tb testing.TB, level typev1.Level, permissions ...string) *Gate {
	tb.Helper()
	c := clock.NewManual(Start)
	tokens, err := access.OpenTokens(filepath.Join(tb.TempDir(), "token.pem"), c)
	require.NoError(tb, err)
	gate := access.NewGate(level, tokens, Tree{Permissions: permissions})
	require.NoError(tb, gate.LoadRules(map[string]grpc.ServiceInfo{
		networkv1.UnitService_ServiceDesc.ServiceName: {}, networkv1.TipService_ServiceDesc.ServiceName: {},
		networkv1.OfficerService_ServiceDesc.ServiceName: {}, networkv1.SchemeService_ServiceDesc.ServiceName: {},
		riskv1.CommentService_ServiceDesc.ServiceName: {},
	}))
	return &Gate{Gate: gate, Tokens: tokens, Clock: c, tb: tb}
}

// Token is a bearer token that holds for an hour.
func (g *Gate) Token(p access.Principal) string {
	g.tb.Helper()
	token, err := g.Tokens.Issue(p, time.Hour)
	require.NoError(g.tb, err)
	return token
}

// Call has handle answer a call of method, if the gate lets it through. An empty token is none.
func (g *Gate) Call(
	ctx context.Context, method, token string, req proto.Message, handle func(context.Context) (any, error),
) (any, error) {
	if token != "" {
		ctx = metadata.NewIncomingContext(ctx, metadata.Pairs("authorization", "Bearer "+token))
	}
	info := &grpc.UnaryServerInfo{FullMethod: method}
	return g.Authenticate(ctx, req, info, func(ctx context.Context, req any) (any, error) {
		return g.Authorize(ctx, req, info, func(ctx context.Context, _ any) (any, error) { return handle(ctx) })
	})
}

// Clerk is a caller with Role in a unit.
func Clerk(unit string) access.Principal {
	return access.Principal{Subject: "accounts/clerk", Unit: unit, Roles: []string{Role}}
}
