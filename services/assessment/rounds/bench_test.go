package rounds_test

import (
	"context"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/assessment"
	"github.com/qingfeng-suite/qingfeng/services/assessment/measures"
	"github.com/qingfeng-suite/qingfeng/services/assessment/measures/measurestest"
	"github.com/qingfeng-suite/qingfeng/services/assessment/rounds"
	"github.com/qingfeng-suite/qingfeng/services/assessment/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/server"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const (
	city    = "units/city"
	measure = "network.share"
)

// tree is a network service of one city with units below it.
type tree struct {
	access.Directory
	grpc.ClientConnInterface

	mu    sync.Mutex
	below []string
}

func (f *tree) set(below []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.below = below
}

// Invoke lists all units by name, whatever the levels.
func (f *tree) Invoke(_ context.Context, method string, req, reply any, _ ...grpc.CallOption) error {
	asked, ok := req.(*networkv1.ListUnitsRequest)
	answer, isList := reply.(*networkv1.ListUnitsResponse)
	if !ok || !isList {
		return status.Error(codes.Unimplemented, method)
	}
	f.mu.Lock()
	all := append([]string{city}, f.below...)
	f.mu.Unlock()
	slices.Sort(all)
	from, _ := slices.BinarySearch(all, asked.GetPageToken())
	for i, name := range all[from:] {
		if i == int(asked.GetPageSize()) {
			answer.NextPageToken = name
			break
		}
		answer.Units = append(answer.Units, &networkv1.Unit{Name: name})
	}
	return nil
}

// Unit finds the city and everything else right below it, but for units/gone.
func (f *tree) Unit(_ context.Context, name string) (*networkv1.Unit, error) {
	if name == city {
		return &networkv1.Unit{Name: name, Region: "340500"}, nil
	}
	if name == "units/gone" {
		return nil, fault.NotFound(name)
	}
	return &networkv1.Unit{Name: name, Region: "340500", Ancestors: []string{city}}, nil
}

// Scheme lets reviewers do everything here.
func (f *tree) Scheme(context.Context, string) (*networkv1.Scheme, error) {
	return &networkv1.Scheme{Roles: []*networkv1.Role{{Id: "reviewer", Permissions: []string{"assessment.*"}}}}, nil
}

// bench is the service with stand-ins for those it calls.
type bench struct {
	clock  *clock.Manual
	tree   *tree
	source *measurestest.Fake // measures "network.share"
	tokens *access.Tokens
	conn   server.Conn
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{
		clock: clock.NewManual(time.Date(2026, time.November, 2, 1, 0, 0, 0, time.UTC)),
		tree:  &tree{below: []string{"units/a", "units/b", "units/c"}}, source: &measurestest.Fake{Known: []string{measure}},
	}
	db, err := database.Open(t.Context(), pgtest.URL(t, "assessment", migrate), "assessment")
	require.NoError(t, err)
	t.Cleanup(db.Close)
	b.tokens, err = access.OpenTokens(filepath.Join(t.TempDir(), "key.pem"), b.clock)
	require.NoError(t, err)
	gate := access.NewGate(typev1.Level_LEVEL_CITY, b.tokens, b.tree)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	srv, err := server.New(listener, server.Config{Listen: "127.0.0.1:0"}, gate, zap.NewNop(), prometheus.NewRegistry())
	require.NoError(t, err)
	env := service.Env{
		Store: &record.Store{DB: db, Clock: b.clock}, Directory: b.tree,
		Dial: func(string) grpc.ClientConnInterface { return b.tree },
	}
	sources := measures.Sources{"network": b.source.Ask}
	srv.Register(service.Group{schemes.New(env, sources), rounds.New(env, sources)}, env.Store.Ping)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	stopped := make(chan error, 1)
	go func() { stopped <- srv.Serve(ctx) }()
	b.conn, err = srv.Dial()
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, b.conn.Close())
		stop()
		require.NoError(t, <-stopped)
	})
	b.createScheme(t)
	return b
}

func migrate(ctx context.Context, url string) error {
	db, err := database.Open(ctx, url, assessment.Spec().Name)
	if err != nil {
		return err
	}
	defer db.Close()
	return db.Migrate(ctx, assessment.Spec().Migrations)
}

// createScheme makes one of 100 points in proportion to one share.
func (b *bench) createScheme(t *testing.T) {
	t.Helper()
	text := func(s string) *typev1.Text { return &typev1.Text{Zh: s, En: s} }
	_, err := assessmentv1.NewSchemeServiceClient(b.conn).CreateScheme(b.as(t, city), &assessmentv1.CreateSchemeRequest{
		Scheme: &assessmentv1.Scheme{
			Name: "schemes/s", Unit: city, EffectiveFrom: "2026-01-01", Title: text("scheme"),
			Indicators: []*assessmentv1.Indicator{{
				Id: "share", Title: text("share"), Measure: measure, Points: 100, FullAt: 1,
				Absent: assessmentv1.Absent_ABSENT_FULL,
			}},
			Grades: []*assessmentv1.Grade{
				{Id: "good", Title: text("good"), MinScore: 60}, {Id: "bad", Title: text("bad")},
			},
		},
	})
	require.NoError(t, err)
}

// as is the context of a call by a reviewer of a unit.
func (b *bench) as(t *testing.T, unit string) context.Context {
	t.Helper()
	token, err := b.tokens.Issue(access.Principal{Subject: "accounts/x", Unit: unit, Roles: []string{"reviewer"}}, time.Hour)
	require.NoError(t, err)
	return metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token, "accept-language", "en")
}

func (b *bench) rounds() assessmentv1.RoundServiceClient {
	return assessmentv1.NewRoundServiceClient(b.conn)
}

func (b *bench) open(t *testing.T) *assessmentv1.Round {
	t.Helper()
	answer, err := b.rounds().CreateRound(b.as(t, city), openRequest())
	require.NoError(t, err)
	return answer
}

func openRequest() *assessmentv1.CreateRoundRequest {
	return &assessmentv1.CreateRoundRequest{
		Unit: city, Title: "October", Period: "2026-10", UnitLevels: []typev1.Level{typev1.Level_LEVEL_COUNTY},
	}
}

// reason is the ErrorInfo reason of a status, or its code.
func reason(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(interface{ GetReason() string }); ok {
			return info.GetReason()
		}
	}
	return status.Code(err).String()
}

func requireCode(t require.TestingT, want codes.Code, err error) {
	require.Equal(t, want.String(), status.Code(err).String(), "%v", err)
}
