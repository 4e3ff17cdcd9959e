package record

import (
	"context"

	"google.golang.org/protobuf/proto"
)

// ActRequest is a request that acts on one record, which its caller read last under this etag; an empty one asks for no check.
type ActRequest interface {
	Request
	GetName() string
	GetEtag() string
}

// Locked is a record read for an act, its row locked.
type Locked interface {
	// Save stores the record and records the change.
	Save(ctx context.Context) error
}

// LockFunc reads the record of a request for an act. It locks the row, checks reach, actor and etag, and moves the state along
// the life cycle.
type LockFunc[S Locked] func(ctx context.Context, tx *Tx, req ActRequest) (S, error)

// Act is Change for an act on one record: do says what the act changes and what is answered; what it changed is saved after it.
func Act[S Locked, Resp proto.Message](
	ctx context.Context, b *Store, req ActRequest, lock LockFunc[S], do func(context.Context, S) (Resp, error),
) (Resp, error) {
	return Change(ctx, b, req, func(ctx context.Context, tx *Tx) (Resp, error) {
		var none Resp
		subject, err := lock(ctx, tx, req)
		if err != nil {
			return none, err
		}
		answer, err := do(ctx, subject)
		if err != nil {
			return none, err
		}
		return answer, subject.Save(ctx)
	})
}
