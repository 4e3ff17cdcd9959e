// Package suitetest runs the whole suite in one process on a database of the test's own, for tests that use it as its
// users do: through the public API.
package suitetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/demo"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/internal/profile"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/server"
	"github.com/qingfeng-suite/qingfeng/services/internal/treeimport"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/suite"
	"github.com/qingfeng-suite/qingfeng/services/warning/analyses"
)

// City is the root of the tree that tests have: the whole of Ma'anshan city.
const City = demo.City

// Start is when a test begins: a Monday morning with the whole month of November before it.
var Start = time.Date(2026, time.November, 2, 1, 0, 0, 0, time.UTC)

// patience is a test's with the database, whose machine may do much else.
const patience = 20 * time.Second

// Suite is a running suite.
type Suite struct {
	// Clock moves only when told. Tokens hold for ten years, so that it can move far.
	Clock *clock.Manual
	// URL of the gateway, "http://127.0.0.1:…".
	URL string
	// Database is the URL of the test's database.
	Database string

	t       *testing.T
	cfg     suite.Config
	running *suite.Suite
	conn    *grpc.ClientConn
	stop    func() error
}

// Option changes how a suite is run.
type Option func(*suite.Config)

// StartAt has a test begin at another time than Start.
func StartAt(start time.Time) Option {
	return func(cfg *suite.Config) { cfg.Clock = clock.NewManual(start) }
}

// With changes the configuration that a suite is run with.
func With(change func(*suite.Config)) Option { return change }

// New starts a suite with a tree and the C profile, and stops it when the test ends.
func New(t *testing.T, options ...Option) *Suite {
	t.Helper()
	return loaded(t, "demo", City, options, func(ctx context.Context, admin grpc.ClientConnInterface) error {
		return demo.Load(ctx, admin, Profiles(), nil)
	})
}

// Of is New for another body: the units of a folder of deploy/profiles, of which one is the root, and its schemes.
func Of(t *testing.T, folder, root string, options ...Option) *Suite {
	t.Helper()
	path := filepath.Join(Profiles(), folder)
	return loaded(t, folder, root, options, func(ctx context.Context, admin grpc.ClientConnInterface) error {
		source := treeimport.Source{File: filepath.Join(path, "units.csv"), EffectiveFrom: "2026-01-01"}
		if _, err := treeimport.Import(ctx, admin, source, nil); err != nil {
			return err
		}
		_, err := profile.Load(ctx, admin, path)
		return err
	})
}

// Empty starts a suite with no tree and no schemes.
func Empty(t *testing.T, options ...Option) *Suite {
	t.Helper()
	return run(t, options, pgtest.URL(t, "suite", migrate))
}

func configOf(options []Option) suite.Config {
	cfg := suite.Config{
		Level: typev1.Level_LEVEL_CITY, Server: server.Config{Listen: "127.0.0.1:0", Patience: patience}, HTTP: "127.0.0.1:0",
		Unscheduled: true, Clock: clock.NewManual(Start), Log: zap.NewNop(),
	}
	for _, option := range options {
		option(&cfg)
	}
	return cfg
}

// run runs a suite on a database until the test ends.
func run(t *testing.T, options []Option, url string) *Suite {
	t.Helper()
	database.ForbidNested.Store(true)
	cfg := configOf(options)
	cfg.Data, cfg.DatabaseURL, cfg.Log = t.TempDir(), url, zaptest.NewLogger(t, zaptest.Level(zap.WarnLevel))
	cfg.NewKeys = suite.KeyNames() // the database is a copy, whose keys are not there
	s := &Suite{t: t, Database: url, cfg: cfg}
	t.Cleanup(func() {
		require.NoError(t, s.stop())
		s.running, s.conn, s.stop = nil, nil, nil // a test holds its cleanups, and so the suite, until its package ends
	})
	s.start()
	return s
}

func (s *Suite) start() {
	s.t.Helper()
	s.stop = func() error { return nil }
	running, conn, stop, err := open(s.t.Context(), s.cfg)
	require.NoError(s.t, err)
	s.running, s.conn, s.stop, s.URL = running, conn, stop, "http://"+running.HTTPAddr()
	s.Clock, _ = s.cfg.Clock.(*clock.Manual) // a test with another clock does not move it
}

// Restart stops the suite and starts it again on the same data. Options change its configuration meanwhile.
func (s *Suite) Restart(options ...Option) {
	s.t.Helper()
	require.NoError(s.t, s.stop())
	for _, option := range options {
		option(&s.cfg)
	}
	s.start()
}

// open opens and runs a suite until stop is called.
func open(ctx context.Context, cfg suite.Config) (running *suite.Suite, conn *grpc.ClientConn, stop func() error, err error) {
	if running, err = suite.Open(ctx, cfg); err != nil {
		return nil, nil, nil, err
	}
	conn, err = connect(running)
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stopped := make(chan error, 1)
	go func() { stopped <- running.Run(ctx) }()
	<-running.Started()
	return running, conn, func() error {
		err := conn.Close()
		cancel()
		return errors.Join(err, <-stopped)
	}, err
}

func connect(running *suite.Suite) (*grpc.ClientConn, error) {
	return grpc.NewClient("passthrough:///"+running.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
}

// OverAnother is the suite over another connection, since each has only so many calls at a time.
func (s *Suite) OverAnother() *Suite {
	s.t.Helper()
	conn, err := connect(s.running)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { assert.NoError(s.t, conn.Close()) })
	other := *s
	other.conn = conn
	return &other
}

// migrate prepares the template that the database of a test with an empty suite is a copy of.
func migrate(ctx context.Context, url string) error { return suite.Migrate(ctx, url, suite.Specs()...) }

// loaded starts a suite on a copy of a template, which is loaded once, as the administrator of its root would.
func loaded(
	t *testing.T, what, root string, options []Option, load func(ctx context.Context, admin grpc.ClientConnInterface) error,
) *Suite {
	t.Helper()
	start := configOf(options).Clock.Now()
	return run(t, options, pgtest.URL(t, what+" "+start.Format(time.RFC3339), func(ctx context.Context, url string) error {
		data, err := os.MkdirTemp("", "qingfeng-suitetest-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(data) //nolint:errcheck // it holds keys that nothing was sealed with
		cfg := configOf([]Option{StartAt(start)})
		cfg.Data, cfg.DatabaseURL = data, url
		if err := migrate(ctx, url); err != nil {
			return err
		}
		running, conn, stop, err := open(ctx, cfg)
		if err != nil {
			return err
		}
		err = load(ctx, running.Tokens.ConnAs(conn, principal(access.Administrator, root)))
		// What schemes ask for as they take effect is done before the copies: in one of them it would come after its test has
		// moved the clock.
		opened := running.RunJob(ctx, reports.OpenReportsJob)
		analysed := running.RunJob(ctx, analyses.PeriodJob)
		return errors.Join(err, opened, analysed, stop(), forgetKeys(ctx, url))
	}))
}

// forgetKeys deletes which keys there were: the copies have others.
func forgetKeys(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "DELETE FROM public.instance_keys")
	return errors.Join(err, conn.Close(ctx))
}

// Profiles is the folder of the profiles in the repository.
func Profiles() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..", "deploy", "profiles")
}

// As is a connection that calls with a token for a role in a unit. The caller's subject is "accounts/{role}.{unit id}".
func (s *Suite) As(role, unit string) grpc.ClientConnInterface {
	return s.AsPrincipal(principal(role, unit))
}

func principal(role, unit string) access.Principal {
	return access.Principal{Subject: "accounts/" + role + "." + resource.ID(unit), Unit: unit, Roles: []string{role}}
}

// AsPrincipal is a connection that calls as a principal.
func (s *Suite) AsPrincipal(p access.Principal) grpc.ClientConnInterface {
	token := s.Token(p)
	return access.TokenConn{ClientConnInterface: s.conn, Token: func() (string, error) { return token, nil }}
}

// Token is a bearer token of a principal.
func (s *Suite) Token(p access.Principal) string {
	s.t.Helper()
	token, err := s.running.Tokens.Issue(p, 10*365*24*time.Hour)
	require.NoError(s.t, err)
	return token
}

// RunJob runs a job, such as "network.open_reports": none runs by itself, so that none comes between what a test does.
func (s *Suite) RunJob(job string) {
	s.t.Helper()
	require.NoError(s.t, s.TryJob(job))
}

// TryJob is RunJob for a job that may fail.
func (s *Suite) TryJob(job string) error { return s.running.RunJob(s.t.Context(), job) }

// Unauthenticated is a connection that calls without a token.
func (s *Suite) Unauthenticated() grpc.ClientConnInterface { return s.conn }
