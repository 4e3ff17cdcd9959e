// Package pgtest gives tests isolated PostgreSQL databases.
//
// The packages of a `go test` run share a throw-away server, started when the first test asks for a database. Each test's
// database is a copy of a template that is migrated once for all of them, so it costs milliseconds.
// With QINGFENG_TEST_DATABASE_URL set, the databases are made on that server instead; its role
// must be allowed to create databases.
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
package pgtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// URLEnv names the environment variable with the URL of a server to use instead of a private one.
const URLEnv = "QINGFENG_TEST_DATABASE_URL"

const (
	prefix = "qingfeng_test_"
	// leftoverAge is how old databases of killed runs must be to be removed; no test run takes longer.
	leftoverAge = 6 * time.Hour
	opTimeout   = 2 * time.Minute
)

// running is the server of this test binary; nil outside of Main.
var running *cluster

// Main runs the tests of a package and then lets go of the server. Use it from TestMain, which may return after it: the
// tests' result becomes the exit code.
func Main(m *testing.M) {
	// The code counts through m itself when TestMain returns.
	if code := Runner(m).Run(); code != 0 {
		os.Exit(code)
	}
}

// Runner is Main for goleak, which wants to run the tests itself:
// goleak.VerifyTestMain(pgtest.Runner(m)).
func Runner(m *testing.M) interface{ Run() int } { return runner{m} }

type runner struct{ m *testing.M }

// Run runs the tests and returns the exit code, 1 at least if the server did not stop in order. A child that is to keep the
// shared server does so instead.
func (r runner) Run() int {
	if dir := os.Getenv(serveEnv); dir != "" {
		return serve(dir)
	}
	running = &cluster{
		external:  os.Getenv(URLEnv),
		run:       fmt.Sprintf("%s%x_%s_", prefix, time.Now().Unix(), strings.ToLower(rand.Text()[:8])),
		stock:     prefix,
		templates: map[string]*template{},
	}
	if running.external != "" {
		running.stock = running.run // another run may be of other code
	}
	code := r.m.Run()
	if err := running.close(); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		code = max(code, 1)
	}
	running = nil
	return code
}

// URL returns the connection URL of a fresh database of this test's own, which is dropped with all
// its connections when the test ends. The first call for a key has migrate build the template that
// all tests with that key are cloned from; a nil migrate leaves it empty. Safe in parallel tests.
func URL(tb testing.TB, key string, migrate func(ctx context.Context, url string) error) string {
	tb.Helper()
	if running == nil {
		tb.Fatal("pgtest: call pgtest.Main from TestMain")
	}
	ctx, cancel := context.WithTimeout(tb.Context(), opTimeout)
	defer cancel()
	c := running
	if err := c.start(); err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	from, err := c.template(ctx, key, migrate)
	if err != nil {
		tb.Fatalf("pgtest: template %s: %v", key, err)
	}
	name := c.run + strconv.FormatInt(c.next.Add(1), 10)
	if err := c.exec(ctx, "CREATE DATABASE "+name+" TEMPLATE "+from+" STRATEGY FILE_COPY"); err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	tb.Cleanup(func() {
		// The test's own context has ended by now.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), opTimeout)
		defer cancel()
		if err := c.exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			tb.Errorf("pgtest: %v", err)
		}
	})
	return c.url(name)
}

// template is a migrated database that is only cloned.
type template struct {
	once sync.Once
	err  error
}

// template builds the template of a key once and returns its name.
func (c *cluster) template(ctx context.Context, key string, migrate func(ctx context.Context, url string) error) (string, error) {
	c.mu.Lock()
	t := c.templates[key]
	if t == nil {
		// Stands if migrate ends its test instead of returning.
		t = &template{err: errors.New("migrate did not return")}
		c.templates[key] = t
	}
	c.mu.Unlock()
	name := c.templateName(key)
	t.once.Do(func() { t.err = c.build(ctx, name, migrate) })
	return name, t.err
}

func (c *cluster) templateName(key string) string {
	sum := sha256.Sum256([]byte(key))
	return c.stock + "t" + hex.EncodeToString(sum[:6])
}

// build builds a template, unless another package has. One that takes no connections is complete.
func (c *cluster) build(ctx context.Context, name string, migrate func(ctx context.Context, url string) error) error {
	conn, err := pgx.Connect(ctx, c.admin)
	if err != nil {
		return err
	}
	defer conn.Close(ctx) //nolint:errcheck // its end only frees the lock
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtextextended($1, 0))", name); err != nil {
		return err
	}
	var complete bool
	err = conn.QueryRow(ctx, "SELECT NOT datallowconn FROM pg_database WHERE datname = $1", name).Scan(&complete)
	if complete || (err != nil && !errors.Is(err, pgx.ErrNoRows)) {
		return err
	}
	if err := c.exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)",
		"CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
		return err
	}
	if migrate != nil {
		if err := migrate(ctx, c.url(name)); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
	}
	// A connection that migrate left open would keep the template from being copied.
	return c.exec(ctx, "ALTER DATABASE "+name+" ALLOW_CONNECTIONS false",
		"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "+
			"WHERE datname = '"+name+"' AND usename = current_user")
}

// exec runs statements, each in its own transaction, over a connection of its own: no pool is left
// open, and none has to be shared.
func (c *cluster) exec(ctx context.Context, statements ...string) error {
	conn, err := pgx.Connect(ctx, c.admin)
	if err != nil {
		return err
	}
	for _, sql := range statements {
		if _, execErr := conn.Exec(ctx, sql); execErr != nil {
			err = fmt.Errorf("%s: %w", sql, execErr)
			break
		}
	}
	return errors.Join(err, conn.Close(ctx))
}

// url returns the URL of another database on the same server.
func (c *cluster) url(database string) string {
	u := *c.base
	u.Path = "/" + database
	return u.String()
}

// parseURL reads the server's URL; the key=value form of connection strings is not supported.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return nil, errors.Join(fmt.Errorf("%s must be a postgres:// URL", URLEnv), err)
	}
	return u, nil
}
