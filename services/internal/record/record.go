// Package record is the one way to change something: a transaction that holds the change, its audit row, its outbox row
// and, where the request has an id, its answer. What was not recorded was not done.
package record

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
)

// Book is where a service's changes are recorded.
type Book struct {
	*database.DB

	Clock clock.Clock
}

// Tx is the transaction of a change.
type Tx struct {
	pgx.Tx

	book     *Book
	act      access.Act
	recorded bool
}

// Request is a request that changes something.
type Request interface {
	proto.Message
	GetRequestId() string
}

var (
	errNotRecorded = errors.New("a change was not recorded")
	errNotReached  = errors.New("a change was made without checking the caller's reach")
)

// Change runs fn as the change that a request asks for. A repeated request id gives the first answer again. fn may run
// more than once, each time in a transaction of its own, and must record what it changed.
func Change[Resp proto.Message](ctx context.Context, b *Book, req Request, fn func(context.Context, *Tx) (Resp, error)) (Resp, error) {
	var answer Resp
	err := b.InTx(ctx, func(ctx context.Context, pg pgx.Tx) error {
		tx := &Tx{Tx: pg, book: b, act: access.ActOf(ctx)}
		first, err := claim(ctx, tx, req)
		if err != nil {
			return err
		}
		if first.known {
			access.MarkReached(ctx) // the digest holds the caller and the very request, which was checked the first time
			answer, err = open[Resp](first)
			return err
		}
		if answer, err = fn(ctx, tx); err != nil {
			return err
		}
		if err := tx.check(ctx); err != nil {
			return fmt.Errorf("%s: %w", tx.act.Method, err)
		}
		return first.seal(ctx, tx, answer)
	})
	if err != nil {
		var none Resp
		return none, err
	}
	return answer, nil
}

// System runs fn as a change the suite makes by itself, such as "warning.raise_overdue".
func System(ctx context.Context, b *Book, act string, fn func(context.Context, *Tx) error) error {
	return b.InTx(ctx, func(ctx context.Context, pg pgx.Tx) error {
		tx := &Tx{Tx: pg, book: b, act: access.Act{Method: act, Event: act, Actor: "system"}}
		return fn(ctx, tx)
	})
}

func (tx *Tx) check(ctx context.Context) error {
	switch {
	case !tx.recorded:
		return errNotRecorded
	case !access.Reached(ctx):
		return errNotReached
	}
	return nil
}

// Now is the time of the change.
func (tx *Tx) Now() time.Time { return tx.book.Clock.Now() }

// Entry is one changed record and the tree path of the unit it belongs to.
type Entry struct{ Resource, UnitPath string }

// Record writes the audit row and the outbox row of each changed record.
func (tx *Tx) Record(ctx context.Context, entries ...Entry) error {
	resources, paths := make([]string, len(entries)), make([]string, len(entries))
	for i, e := range entries {
		resources[i], paths[i] = e.Resource, e.UnitPath
	}
	queries, now := db.New(tx), tx.Now()
	if err := queries.AddAudits(ctx, db.AddAuditsParams{
		At: now, Method: tx.act.Method, Actor: tx.act.Actor, ActorUnit: tx.act.ActorUnit, Request: tx.act.Request,
		Resources: resources, UnitPaths: paths,
	}); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	if err := queries.AddEvents(ctx, db.AddEventsParams{
		At: now, Event: tx.act.Event, Resources: resources, UnitPaths: paths,
	}); err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	tx.recorded = tx.recorded || len(entries) > 0
	return nil
}
