// Package database opens a service's PostgreSQL schema, keeps it migrated and runs its transactions.
package database

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// DB is one service's schema. Unqualified table names resolve to that schema.
type DB struct {
	*pgxpool.Pool
	Schema string
}

// maxConns is how many connections a service holds at most, where the URL does not say (pool_max_conns).
const maxConns = 16

// idleFor is how long a connection that nobody uses is kept, where the URL does not say (pool_max_conn_idle_time). Each is a
// process of the server's with some megabytes of its own.
const idleFor = time.Minute

// connectWithin is how long a connection may take to be made, where the URL does not say (connect_timeout).
const connectWithin = 10 * time.Second

// Open connects to the schema of a service at a PostgreSQL URL. It does not migrate.
func Open(ctx context.Context, url, schema string) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the database URL can't be read") // its text may hold a password
	}
	if !strings.Contains(url, "pool_max_conns") {
		cfg.MaxConns = maxConns
	}
	if !strings.Contains(url, "pool_max_conn_idle_time") {
		cfg.MaxConnIdleTime = idleFor
	}
	cfg.ConnConfig.RuntimeParams["search_path"] = schema + ",public"
	cfg.ConnConfig.RuntimeParams["application_name"] = "qingfeng-" + schema
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	cfg.ConnConfig.Tracer = &patience{Tracer: otelpgx.NewTracer(otelpgx.WithDisableSQLStatementInAttributes())}
	if !strings.Contains(url, "connect_timeout") {
		cfg.ConnConfig.ConnectTimeout = connectWithin
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open schema %s: %w", schema, err)
	}
	return &DB{Pool: pool, Schema: schema}, nil
}

// Rollback must reach the server even where the caller has gone away; this is how long it may take.
const rollbackTimeout = 5 * time.Second

// maxAttempts bounds how often a transaction is tried that lost a race.
const maxAttempts = 5

// InTx runs fn in a transaction and commits it. A transaction that lost a race (serialization failure, deadlock) is run
// again, so fn must be safe to repeat; once more also where a key was taken since fn looked, which it then sees and can tell.
func (db *DB) InTx(ctx context.Context, fn func(context.Context, pgx.Tx) error) error {
	return retry(ctx, func() error { return db.tryTx(ctx, fn) })
}

// retry runs a transaction, and once more while it loses races.
func retry(ctx context.Context, transaction func() error) error {
	for attempt := 1; ; attempt++ {
		err := transaction()
		if err == nil || attempt == maxAttempts || !lostRace(err, attempt) {
			return err
		}
		milliseconds := attempt * (5 + rand.IntN(10)) //nolint:gosec // jitter needs no secrecy
		pause := time.Duration(milliseconds) * time.Millisecond
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause): //nolint:forbidigo // the race is with other connections, in real time
		}
	}
}

func (db *DB) tryTx(ctx context.Context, fn func(context.Context, pgx.Tx) error) error {
	tx, err := db.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() {
		clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
		defer cancel()
		_ = tx.Rollback(clean) // after a commit it does nothing; a failure closes the connection, which rolls back too
	}()
	if err := fn(holding(ctx, db.Pool), tx); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func lostRace(err error, attempt int) bool {
	var db *pgconn.PgError
	if !errors.As(err, &db) {
		return false
	}
	taken := db.Code == "23505" || db.Code == "23P01" // by a unique index or an exclusion
	return db.Code == "40001" || db.Code == "40P01" || taken && attempt == 1
}

// IsLocked tells whether a statement gave up waiting for what others have locked (lock_timeout).
func IsLocked(err error) bool {
	var db *pgconn.PgError
	return errors.As(err, &db) && db.Code == "55P03"
}
