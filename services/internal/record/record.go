// Package record runs changes. One transaction holds the change, its journal entries and, for a request id, its response. A
// change that is not recorded is not committed.
package record

import (
	"context"
	"encoding/json"
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
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// Store keeps the records of one service.
type Store struct {
	*database.DB

	Clock clock.Clock

	commits commits
}

// Tx is the transaction of a change.
type Tx struct {
	database.Statements

	// Postgres is the transaction itself, for savepoints, batches and jobs. A group has none: it is a pipeline.
	Postgres pgx.Tx

	store    *Store
	audit    access.AuditInfo
	recorded bool
	messages []Message // that the next entry takes along
}

// Request is a request that changes something.
type Request interface {
	proto.Message
	GetRequestId() string
}

// ActRequest is a request that acts on one record, which its caller read last under this etag; an empty one asks for no check.
type ActRequest interface {
	Request
	GetName() string
	GetEtag() string
}

var (
	errNotRecorded = errors.New("a change was not recorded")
	errNotReached  = errors.New("a change was made without checking the caller's reach")
)

// Change runs fn as the change that a request asks for. A repeated request id gives the first answer again. fn may run
// more than once, each time in a transaction of its own, and must record what it changed.
func Change[Resp proto.Message](ctx context.Context, b *Store, req Request, fn func(context.Context, *Tx) (Resp, error)) (
	Resp, error,
) {
	var answer, none Resp
	first, err := newStoredResponse(ctx, access.AuditInfoOf(ctx).Event, req) // of the request as it came: fn may complete it
	if err != nil {
		return none, err
	}
	err = b.InTx(ctx, func(ctx context.Context, pg pgx.Tx) error {
		tx := &Tx{Statements: pg, Postgres: pg, store: b, audit: access.AuditInfoOf(ctx)}
		if err := first.claim(ctx, tx); err != nil {
			return err
		}
		if first.known {
			answer, err = repeated[Resp](ctx, first)
			return err
		}
		if answer, err = fn(ctx, tx); err != nil {
			return err
		}
		if err := requireRecorded(ctx, tx.recorded && len(tx.messages) == 0); err != nil {
			return fmt.Errorf("%s: %w", tx.audit.Event, err)
		}
		return first.save(ctx, tx, answer)
	})
	if err != nil {
		return none, err
	}
	b.committed()
	return answer, nil
}

// Read writes down that the caller read records that are protected; the caller is answered only after that.
func Read(ctx context.Context, b *Store, entries ...Entry) error {
	return b.InTx(ctx, func(ctx context.Context, pg pgx.Tx) error {
		tx := &Tx{Statements: pg, Postgres: pg, store: b, audit: access.AuditInfoOf(ctx)}
		return tx.Record(ctx, entries...)
	})
}

// System runs fn as a change the suite makes by itself, such as "warning.escalate_overdue".
func System(ctx context.Context, b *Store, job string, fn func(context.Context, *Tx) error) error {
	err := b.InTx(ctx, func(ctx context.Context, pg pgx.Tx) error {
		tx := &Tx{Statements: pg, Postgres: pg, store: b, audit: access.AuditInfo{Event: job, Actor: "system"}}
		if err := fn(ctx, tx); err != nil {
			return err
		}
		if len(tx.messages) > 0 {
			return fmt.Errorf("%s: %w", job, errNotRecorded)
		}
		return nil
	})
	if err == nil {
		b.committed()
	}
	return err
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

// Now is the time of the change; where its caller is protected, the beginning of its day: a time would lead to the caller.
func (tx *Tx) Now() time.Time { return tx.store.now(tx.audit) }

// NewKey makes the key of a record that the change makes. It tells no more of the time than Now.
func (tx *Tx) NewKey() string {
	if tx.audit.Protected {
		return resource.NewKeyOf(tx.Now())
	}
	return resource.NewKey()
}

// NewTopKey is NewKey for what is listed with the newest first and not to be overlooked: where no more than its day may be told,
// it sorts as the last of that day.
func (tx *Tx) NewTopKey() string {
	if tx.audit.Protected {
		return resource.NewKeyOf(tx.Today().AddDays(1).In(calendar.Shanghai).Add(-time.Millisecond))
	}
	return resource.NewKey()
}

func (b *Store) now(audit access.AuditInfo) time.Time {
	if audit.Protected {
		return clock.StartOfDay(b.Clock)
	}
	return b.Clock.Now()
}

// Today is the day of the change.
func (tx *Tx) Today() calendar.Date { return clock.Today(tx.store.Clock) }

// Lock waits until no other transaction of the service holds the lock of this name, such as the officers of a unit. Without it,
// two transactions that check before they insert would not see each other's rows.
func (tx *Tx) Lock(ctx context.Context, name string) error {
	_, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", name)
	return err
}

// Share waits until no other transaction holds the lock of this name by Lock, and then keeps it from being so held. Any number
// of transactions may share it.
func (tx *Tx) Share(ctx context.Context, name string) error {
	_, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))", name)
	return err
}

// Entry is one changed record and the tree path of the unit it belongs to.
type Entry struct{ Resource, UnitPath string }

// Record writes the journal entry of each changed record.
func (tx *Tx) Record(ctx context.Context, entries ...Entry) error {
	tx.recorded = tx.recorded || len(entries) > 0
	if tx.audit.Unwritten && len(tx.messages) == 0 {
		return nil
	}
	rows := tx.newJournalRows()
	addJournalRows(&rows, tx.audit, entries...)
	if len(entries) > 0 && len(tx.messages) > 0 {
		raw, err := json.Marshal(tx.messages)
		if err != nil {
			return err
		}
		rows.Messages[0], tx.messages = string(raw), nil
	}
	return tx.writeJournal(ctx, rows)
}

// Try runs fn so that what it did is undone where it fails, and the transaction goes on.
func (tx *Tx) Try(ctx context.Context, fn func(context.Context, *Tx) error) error {
	return pgx.BeginFunc(ctx, tx.Postgres, func(inner pgx.Tx) error {
		part := *tx
		part.Statements, part.Postgres = inner, inner
		if err := fn(ctx, &part); err != nil {
			return err
		}
		tx.recorded, tx.messages = part.recorded, part.messages
		return nil
	})
}

// Unchanged says that what was asked for stands already, and nothing is to be recorded.
func (tx *Tx) Unchanged() { tx.recorded = true }

func (tx *Tx) newJournalRows() db.AddJournalEntriesParams {
	return db.AddJournalEntriesParams{At: tx.Now(), Event: tx.audit.Event}
}

func addJournalRows(p *db.AddJournalEntriesParams, act access.AuditInfo, entries ...Entry) {
	for _, e := range entries {
		p.Resources, p.UnitPaths = append(p.Resources, e.Resource), append(p.UnitPaths, e.UnitPath)
		p.Actors, p.ActorUnits = append(p.Actors, act.Actor), append(p.ActorUnits, act.ActorUnit)
		p.Requests, p.Reasons = append(p.Requests, act.Request), append(p.Reasons, act.Reason)
		p.Messages = append(p.Messages, "")
	}
}

func (tx *Tx) writeJournal(ctx context.Context, p db.AddJournalEntriesParams) error {
	if err := db.New(tx).AddJournalEntries(ctx, p); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}
