// Package record runs changes. One transaction holds the change, its audit row, its outbox row and, for a request id, its
// response. A change that is not recorded is not committed.
package record

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
)

// Store keeps the records of one service.
type Store struct {
	*database.DB

	Clock clock.Clock
}

// Tx is the transaction of a change.
type Tx struct {
	pgx.Tx

	store    *Store
	audit    access.AuditInfo
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
func Change[Resp proto.Message](ctx context.Context, b *Store, req Request, fn func(context.Context, *Tx) (Resp, error)) (Resp, error) {
	var answer, none Resp
	first, err := newStoredResponse(ctx, access.AuditInfoOf(ctx).Method, req) // of the request as it came: fn may complete it
	if err != nil {
		return none, err
	}
	err = b.InTx(ctx, func(ctx context.Context, pg pgx.Tx) error {
		tx := &Tx{Tx: pg, store: b, audit: access.AuditInfoOf(ctx)}
		if err := first.claim(ctx, tx); err != nil {
			return err
		}
		if first.known {
			access.MarkReached(ctx) // the digest holds the caller and the very request, which was checked the first time
			answer, err = decrypt[Resp](first)
			return err
		}
		if answer, err = fn(ctx, tx); err != nil {
			return err
		}
		if err := requireRecorded(ctx, tx.recorded); err != nil {
			return fmt.Errorf("%s: %w", tx.audit.Method, err)
		}
		return first.save(ctx, tx, answer)
	})
	if err != nil {
		return none, err
	}
	return answer, nil
}

// System runs fn as a change the suite makes by itself, such as "warning.escalate_overdue".
func System(ctx context.Context, b *Store, job string, fn func(context.Context, *Tx) error) error {
	return b.InTx(ctx, func(ctx context.Context, pg pgx.Tx) error {
		tx := &Tx{Tx: pg, store: b, audit: access.AuditInfo{Method: job, Event: job, Actor: "system"}}
		return fn(ctx, tx)
	})
}

func requireRecorded(ctx context.Context, recorded bool) error {
	switch {
	case !recorded:
		return errNotRecorded
	case !access.Reached(ctx):
		return errNotReached
	}
	return nil
}

// Now is the time of the change.
func (tx *Tx) Now() time.Time { return tx.store.Clock.Now() }

// Today is the day of the change.
func (tx *Tx) Today() calendar.Date { return clock.Today(tx.store.Clock) }

// Lock waits until no other transaction of the service holds the lock of this name, such as the officers of a unit. Without it,
// two transactions that check before they insert would not see each other's rows.
func (tx *Tx) Lock(ctx context.Context, name string) error {
	_, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", name)
	return err
}

// Entry is one changed record and the tree path of the unit it belongs to.
type Entry struct{ Resource, UnitPath string }

// Record writes the audit row and the outbox row of each changed record.
func (tx *Tx) Record(ctx context.Context, entries ...Entry) error {
	var done auditRows
	done.add(tx.audit, entries...)
	tx.recorded = tx.recorded || len(entries) > 0
	return tx.writeAudit(ctx, &done)
}

// auditRows is what is to be written about changes, in columns.
type auditRows struct{ actors, actorUnits, requests, resources, paths []string }

func (l *auditRows) add(act access.AuditInfo, entries ...Entry) {
	for _, e := range entries {
		l.actors, l.actorUnits, l.requests = append(l.actors, act.Actor), append(l.actorUnits, act.ActorUnit), append(l.requests, act.Request)
		l.resources, l.paths = append(l.resources, e.Resource), append(l.paths, e.UnitPath)
	}
}

func (tx *Tx) writeAudit(ctx context.Context, l *auditRows) error {
	err := db.New(tx).AddAuditEntries(ctx, db.AddAuditEntriesParams{
		At: tx.Now(), Method: tx.audit.Method, Event: tx.audit.Event,
		Actors: l.actors, ActorUnits: l.actorUnits, Requests: l.requests, Resources: l.resources, UnitPaths: l.paths,
	})
	if err != nil {
		return fmt.Errorf("audit and outbox: %w", err)
	}
	return nil
}
