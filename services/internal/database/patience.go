package database

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5/pgxpool"
)

// whileLost is how long whoever is impatient waits for a connection while nobody has got one since the last who gave up.
const whileLost = 100 * time.Millisecond

type impatientKey struct{}

// Impatient has those who wait for a connection give up after a while: somebody waits for an answer. Work in the background is
// patient.
func Impatient(ctx context.Context, after time.Duration) context.Context {
	return context.WithValue(ctx, impatientKey{}, after)
}

// patience is a tracer of a pool, which alone can bound every wait for a connection.
type patience struct {
	*otelpgx.Tracer

	lost atomic.Bool // the last who waited gave up
}

type giveUpKey struct{}

// TraceAcquireStart gives the wait its end.
func (p *patience) TraceAcquireStart(
	ctx context.Context, pool *pgxpool.Pool, data pgxpool.TraceAcquireStartData,
) context.Context {
	ctx = p.Tracer.TraceAcquireStart(ctx, pool, data)
	within, impatient := ctx.Value(impatientKey{}).(time.Duration)
	if !impatient {
		return ctx
	}
	if p.lost.Load() {
		within = min(within, whileLost)
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	return context.WithValue(ctx, giveUpKey{}, cancel)
}

// TraceAcquireEnd notes how it ended.
func (p *patience) TraceAcquireEnd(ctx context.Context, pool *pgxpool.Pool, data pgxpool.TraceAcquireEndData) {
	if cancel, ok := ctx.Value(giveUpKey{}).(context.CancelFunc); ok {
		p.lost.Store(data.Err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded))
		cancel()
	}
	p.Tracer.TraceAcquireEnd(ctx, pool, data)
}
