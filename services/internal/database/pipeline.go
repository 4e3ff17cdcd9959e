package database

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// InPipeline is InTx for a transaction that writes much and reads little: statements that give no rows wait, and travel to the
// database with the next one that does, or with the commit. So it costs few round trips, but an error shows late and how
// many rows an Exec changed is not told.
func (db *DB) InPipeline(ctx context.Context, fn func(context.Context, Statements) error) error {
	return retry(ctx, func() error { return db.tryPipeline(ctx, fn) })
}

func (db *DB) tryPipeline(ctx context.Context, fn func(context.Context, Statements) error) error {
	conn, err := db.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer conn.Release() // one still in a transaction is closed
	p := newPipeline(conn)
	if err := fn(holding(ctx, db.Pool), p); err != nil {
		p.rollback(ctx)
		return err
	}
	if err := p.commit(ctx); err != nil {
		p.rollback(ctx)
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// Statements runs statements: a pool, a transaction or a pipeline.
type Statements interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// pipeline is a transaction on a connection.
type pipeline struct {
	conn   *pgxpool.Conn
	queued *pgx.Batch
}

func newPipeline(conn *pgxpool.Conn) *pipeline {
	p := &pipeline{conn: conn, queued: &pgx.Batch{}}
	p.queued.Queue("begin")
	return p
}

// Exec has a statement wait; its errors show later.
func (p *pipeline) Exec(_ context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	p.queued.Queue(sql, args...)
	return pgconn.CommandTag{}, nil
}

// Query sends a statement after those that wait.
func (p *pipeline) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	ahead := p.queued.Len()
	p.queued.Queue(sql, args...)
	results := p.send(ctx)
	for range ahead {
		if _, err := results.Exec(); err != nil {
			return nil, errors.Join(err, results.Close())
		}
	}
	rows, err := results.Query()
	if err != nil {
		return nil, errors.Join(err, results.Close())
	}
	return lastRows{rows, results}, nil
}

// QueryRow sends a statement after those that wait.
func (p *pipeline) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := p.Query(ctx, sql, args...)
	return oneRow{rows, err}
}

func (p *pipeline) send(ctx context.Context) pgx.BatchResults {
	batch := p.queued
	p.queued = &pgx.Batch{}
	return p.conn.SendBatch(ctx, batch)
}

func (p *pipeline) commit(ctx context.Context) error {
	p.queued.Queue("commit")
	return p.send(ctx).Close()
}

func (p *pipeline) rollback(ctx context.Context) {
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
	defer cancel()
	if !p.conn.Conn().IsClosed() && p.conn.Conn().PgConn().TxStatus() != idle {
		_, _ = p.conn.Exec(clean, "rollback") // where it fails, Release closes the connection, which rolls back too
	}
}

// idle is the status of a connection outside of a transaction.
const idle = 'I'

// lastRows are the rows of a batch's last statement.
type lastRows struct {
	pgx.Rows

	results pgx.BatchResults
}

// Close ends the batch too, so that the connection is free for the next.
func (r lastRows) Close() {
	r.Rows.Close()
	_ = r.results.Close() // the last statement's error is that of its rows
}

// oneRow is the first of some rows.
type oneRow struct {
	rows pgx.Rows
	err  error
}

// Scan reads the row, or tells pgx.ErrNoRows.
func (r oneRow) Scan(into ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return pgx.ErrNoRows
	}
	if err := r.rows.Scan(into...); err != nil {
		return err
	}
	return r.rows.Err()
}
