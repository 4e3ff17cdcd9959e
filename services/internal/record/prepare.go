package record

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
)

// Prepare runs a change that needs something from elsewhere, such as answers of other services: prepare gets it before the
// transaction begins, which would keep its locks for as long as that takes. A repeated request gets its first response, and
// nothing is prepared for it.
func Prepare[P any, Resp proto.Message](
	ctx context.Context, b *Store, req Request,
	prepare func(context.Context) (P, error), change func(context.Context, P) (Resp, error),
) (Resp, error) {
	var none Resp
	first, err := newStoredResponse(ctx, access.AuditInfoOf(ctx).Event, req)
	if err != nil {
		return none, err
	}
	if err := first.read(ctx, b); err != nil {
		return none, err
	}
	if first.known {
		return repeated[Resp](ctx, first)
	}
	prepared, err := prepare(ctx)
	if err != nil {
		return firstResponse[Resp](ctx, b, first, err) // the first request may have been accepted meanwhile
	}
	return change(ctx, prepared)
}

// read looks the first response up.
func (a *storedResponse) read(ctx context.Context, from db.DBTX) error {
	if a.digest == nil {
		return nil
	}
	sealed, err := db.New(from).GetResponse(ctx, a.digest)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	a.known, a.sealed = err == nil, sealed
	return err
}

// repeated is the first response to a repeated request. Reach was checked the first time: the digest holds the caller, and the
// seal the very request.
func repeated[Resp proto.Message](ctx context.Context, a *storedResponse) (Resp, error) {
	access.MarkReached(ctx)
	return decrypt[Resp](a)
}

// firstResponse returns the first response to a request that is refused now but was accepted before.
func firstResponse[Resp proto.Message](ctx context.Context, b *Store, a *storedResponse, refused error) (Resp, error) {
	var none Resp
	switch err := a.read(ctx, b); {
	case err != nil:
		return none, errors.Join(refused, err)
	case !a.known:
		return none, refused
	}
	return repeated[Resp](ctx, a)
}
