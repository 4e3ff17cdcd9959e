package database

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// whileLost is how long whoever is impatient waits for a connection while nobody has got one since the last who gave up.
const whileLost = 100 * time.Millisecond

// statementsTake is how many times as long as for a connection whoever is impatient waits for what a statement gives: a server
// that has stopped, or a lock, ends no call of its own accord.
const statementsTake = 20

type impatientKey struct{}

// Impatient has those who wait for a connection give up after a while, and after some more those who wait for a statement:
// somebody waits for an answer. Work in the background is patient.
func Impatient(ctx context.Context, after time.Duration) context.Context {
	return context.WithValue(ctx, impatientKey{}, after)
}

// patience is a tracer of a pool, which alone can bound every wait for a connection, and every statement.
type patience struct {
	*otelpgx.Tracer

	lost atomic.Bool // the last who waited gave up
}

// Patience is how long whoever is impatient waits for a connection; 0 for whoever is patient.
func Patience(ctx context.Context) time.Duration {
	wait, _ := ctx.Value(impatientKey{}).(time.Duration)
	return wait
}

// ForbidNested has whoever asks a pool for a connection within a transaction that holds one panic: as many of them as the pool
// has connections would wait for each other. Tests set it.
var ForbidNested atomic.Bool

type heldKey struct{}

// holding notes that a connection of a pool is held.
func holding(ctx context.Context, pool *pgxpool.Pool) context.Context {
	return context.WithValue(ctx, heldKey{}, pool)
}

type giveUpKey struct{}

// giveUp gives a wait its end.
func giveUp(ctx context.Context, after time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(ctx, after)
	return context.WithValue(ctx, giveUpKey{}, cancel)
}

// over notes that a wait is over; false where it had no end.
func over(ctx context.Context) bool {
	cancel, ok := ctx.Value(giveUpKey{}).(context.CancelFunc)
	if ok {
		cancel()
	}
	return ok
}

// TraceAcquireStart bounds the wait for a connection.
func (p *patience) TraceAcquireStart(
	ctx context.Context, pool *pgxpool.Pool, data pgxpool.TraceAcquireStartData,
) context.Context {
	if ForbidNested.Load() && ctx.Value(heldKey{}) == pool {
		panic("a connection was asked for within a transaction on the same pool")
	}
	ctx = p.Tracer.TraceAcquireStart(ctx, pool, data)
	wait := Patience(ctx)
	if wait == 0 {
		return ctx
	}
	if p.lost.Load() {
		wait = min(wait, whileLost)
	}
	return giveUp(ctx, wait)
}

// TraceAcquireEnd notes how it ended.
func (p *patience) TraceAcquireEnd(ctx context.Context, pool *pgxpool.Pool, data pgxpool.TraceAcquireEndData) {
	lost := data.Err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded)
	if over(ctx) {
		p.lost.Store(lost)
	}
	p.Tracer.TraceAcquireEnd(ctx, pool, data)
}

func boundStatement(ctx context.Context) context.Context {
	if wait := Patience(ctx); wait > 0 {
		return giveUp(ctx, statementsTake*wait)
	}
	return ctx
}

// TraceQueryStart bounds a statement.
func (p *patience) TraceQueryStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	return boundStatement(p.Tracer.TraceQueryStart(ctx, conn, data))
}

// TraceQueryEnd ends it.
func (p *patience) TraceQueryEnd(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryEndData) {
	over(ctx)
	p.Tracer.TraceQueryEnd(ctx, conn, data)
}

// TraceBatchStart bounds statements that are sent together.
func (p *patience) TraceBatchStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	return boundStatement(p.Tracer.TraceBatchStart(ctx, conn, data))
}

// TraceBatchEnd ends it.
func (p *patience) TraceBatchEnd(ctx context.Context, conn *pgx.Conn, data pgx.TraceBatchEndData) {
	over(ctx)
	p.Tracer.TraceBatchEnd(ctx, conn, data)
}
