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

// Subject is a record that is being acted on, with all that its acts need to know.
type Subject interface {
	// Save stores the record and records the change.
	Save(ctx context.Context) error
}

// Lock takes the record of a request for an act: locked, within the caller's reach, by whom the act is for, as last read, and
// in the state that the act leads to. Every resource has its own.
type Lock[S Subject] func(ctx context.Context, tx *Tx, req ActRequest) (S, error)

// Act is Change for an act on one record: do says what the act changes and what is answered; what it changed is saved after it.
func Act[S Subject, Resp proto.Message](
	ctx context.Context, b *Book, req ActRequest, lock Lock[S], do func(context.Context, S) (Resp, error),
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
