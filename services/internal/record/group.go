package record

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// Group is Change for an RPC that is called very often: changes that are asked for at the same time share a transaction.
// Whatever came in while a transaction ran makes up the next, so a lone caller never waits for others. Each caller still
// gets an answer of its own, once its change is durable, and a row that the database refuses fails its own caller only.
// It suits changes that do not depend on each other, such as new records; what reads before it writes is a Change.
type Group[Row any] struct {
	store  *Store
	limits Limits
	insert func(context.Context, *Tx, []Row) error

	mu           sync.Mutex
	waiting      []*member[Row]
	transactions int // transactions in flight
	committing   int // members in them
}

// Limits bound a group.
type Limits struct {
	// Transactions in flight at a time.
	Transactions int
	// Members of a transaction.
	Members int
	// Waiting changes; further ones are refused.
	Waiting int
}

// DefaultLimits keep the processors busy while a transaction waits for the disk, and the wait under a second or so.
var DefaultLimits = Limits{Transactions: 2, Members: 128, Waiting: 2048}

// groupTimeout is how long a transaction may take; it belongs to no one caller, so no caller's deadline ends it. Within it the
// database has to answer as soon as it has to answer those who call.
const groupTimeout = 20 * time.Second

// NewGroup makes a group. Its store writes rows, set-based, into the transaction, and may be run again with some of them.
func NewGroup[Row any](b *Store, limits Limits, store func(context.Context, *Tx, []Row) error) *Group[Row] {
	return &Group[Row]{store: b, limits: limits, insert: store}
}

// Part is what one caller adds to a group: a row to store, the records it makes, and the answer to give then.
type Part[Row any, Resp proto.Message] struct {
	Row      Row
	Entries  []Entry
	Response Resp
}

// member is a part that waits for its transaction, and then its result.
type member[Row any] struct {
	row      Row
	entries  []Entry
	audit    access.AuditInfo
	patience time.Duration   // of its caller, as of one who waits for a connection; 0: without end
	stored   *storedResponse // the first to this request id
	sealed   []byte          // its own, sealed

	finished chan struct{} // closed once err stands
	err      error
}

// Join runs the change that a request asks for as part of a group; the rules of Change hold. prepare does all that needs
// no transaction: it checks the request and makes the part. Errors, besides those of prepare: REQUEST_ID_REUSED, and
// RESOURCE_EXHAUSTED where too many wait already.
func Join[Row any, Resp proto.Message](
	ctx context.Context, g *Group[Row], req Request, prepare func(context.Context) (Part[Row, Resp], error),
) (Resp, error) {
	var none Resp
	m := &member[Row]{audit: access.AuditInfoOf(ctx), patience: database.Patience(ctx), finished: make(chan struct{})}
	var err error
	if m.stored, err = newStoredResponse(ctx, m.audit.Event, req); err != nil {
		return none, err
	}
	part, err := prepare(ctx)
	if err != nil {
		return firstResponse[Resp](ctx, g.store, m.stored, err)
	}
	m.row, m.entries = part.Row, part.Entries
	if err := requireRecorded(ctx, len(m.entries) > 0); err != nil {
		return none, fmt.Errorf("%s: %w", m.audit.Event, err)
	}
	if m.sealed, err = m.stored.encrypt(part.Response); err != nil {
		return none, err
	}
	if err := g.await(ctx, m); err != nil {
		return none, err
	}
	if m.stored.known {
		return decrypt[Resp](m.stored)
	}
	return part.Response, nil
}

// await hands a member over and waits until it is committed or refused, its caller goes away, or no transaction takes it.
func (g *Group[Row]) await(ctx context.Context, m *member[Row]) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := g.enqueue(m); err != nil {
		return err
	}
	var tooLong <-chan time.Time
	if m.patience > 0 {
		wait := time.NewTimer(m.patience) // a pace, not a time: the same whatever the suite's clock says
		defer wait.Stop()
		tooLong = wait.C
	}
	for {
		select {
		case <-m.finished:
			return m.err
		case <-ctx.Done():
			g.withdraw(m)
			return ctx.Err()
		case <-tooLong:
			if g.withdraw(m) {
				return fault.Unavailable()
			}
		}
	}
}

func (g *Group[Row]) enqueue(m *member[Row]) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) >= g.limits.Waiting {
		return fault.Busy()
	}
	g.waiting = append(g.waiting, m)
	if g.transactions < g.limits.Transactions && g.shouldStart() {
		go g.run(g.nextBatch())
	}
	return nil
}

// shouldStart reports whether to start another transaction: when none runs, or when as many members wait as are being
// committed.
func (g *Group[Row]) shouldStart() bool {
	return len(g.waiting) > 0 && (g.transactions == 0 || len(g.waiting) >= g.committing)
}

// withdraw removes a member that still waits. One that is being committed stays; its request id tells the result.
func (g *Group[Row]) withdraw(m *member[Row]) (waited bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := slices.Index(g.waiting, m)
	if at < 0 {
		return false
	}
	g.waiting = slices.Delete(g.waiting, at, at+1)
	return true
}

// nextBatch removes the next members from the queue.
func (g *Group[Row]) nextBatch() []*member[Row] {
	n := min(len(g.waiting), g.limits.Members)
	members := slices.Clone(g.waiting[:n])
	g.waiting = slices.Delete(g.waiting, 0, n)
	g.transactions++
	g.committing += n
	return members
}

// run commits members, and then what waits for as long as that is due. Callers wait for it, so a server that stops
// gracefully drains it.
func (g *Group[Row]) run(members []*member[Row]) {
	for len(members) > 0 {
		err := g.commit(members)
		members = g.next(len(members), err)
	}
}

// next ends a transaction of so many members and takes those of the next; none where none is due. Where the database didn't
// answer, those who wait hear that now: the next would take as long again.
func (g *Group[Row]) next(done int, err error) []*member[Row] {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.transactions--
	g.committing -= done
	if errors.Is(err, context.DeadlineExceeded) {
		finish(g.waiting, err)
		g.waiting = nil
	}
	if !g.shouldStart() {
		return nil
	}
	return g.nextBatch()
}

// finish tells members how their change ended.
func finish[Row any](members []*member[Row], err error) {
	for _, m := range members {
		m.err = err
		close(m.finished)
	}
}

// commit commits members together. Where a row is refused, halves are tried until the one to blame stands alone.
func (g *Group[Row]) commit(members []*member[Row]) error {
	err := g.commitOnce(members)
	if err != nil && len(members) > 1 && blamesRow(err) {
		half := len(members) / 2
		return errors.Join(g.commit(members[:half]), g.commit(members[half:]))
	}
	finish(members, err)
	return err
}

// errPanic is a panic of the store.
var errPanic = errors.New("panic")

// blamesRow tells errors that a single row can cause: of the database what can't be kept (22), a broken constraint (23), a limit
// (54), and of the store a fault or a panic. After each of them nothing was committed, so that trying again stores nothing twice;
// of a connection that broke nobody knows, and a store that lacks time or help would lack it for each half.
func blamesRow(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return slices.Contains([]string{"22", "23", "54"}, pg.Code[:min(2, len(pg.Code))])
	}
	var f *fault.Fault
	if errors.As(err, &f) {
		return !slices.Contains([]codes.Code{codes.Unavailable, codes.ResourceExhausted, codes.DeadlineExceeded, codes.Canceled},
			f.Code)
	}
	return errors.Is(err, errPanic)
}

// commitOnce runs one transaction for some members. At first it takes all request ids for new, as nearly all are, so that the
// whole transaction is one round trip. Where the database or the store refuses that, it looks which ids are known.
func (g *Group[Row]) commitOnce(members []*member[Row]) error {
	ctx, cancel := context.WithTimeout(database.Impatient(context.Background(), members[0].patience), groupTimeout)
	defer cancel()
	defer g.store.committed() // those who wait look, and find nothing where it failed
	attempts := 0
	run := func() error {
		return g.store.InPipeline(ctx, func(ctx context.Context, pg database.Statements) error {
			attempts++
			return g.write(ctx, pg, members, attempts > 1)
		})
	}
	err := run()
	if attempts == 1 && err != nil && blamesRow(err) {
		return run()
	}
	return err
}

// write writes members into a transaction, where it looks only those whose request ids are new.
func (g *Group[Row]) write(ctx context.Context, pg database.Statements, members []*member[Row], looks bool) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %T", errPanic, r) // no interceptor stands above; the value may hold a payload
		}
	}()
	fresh, err := g.claim(ctx, pg, members, looks)
	if err != nil || len(fresh) == 0 {
		return err
	}
	// The event is the same for all, and so whether it is protected; who acted differs, and stands with each entry.
	tx := &Tx{Statements: pg, store: g.store, audit: access.AuditInfo{
		Event: fresh[0].audit.Event, Protected: fresh[0].audit.Protected,
	}}
	rows, entries := make([]Row, len(fresh)), tx.newJournalRows()
	for i, m := range fresh {
		rows[i] = m.row
		addJournalRows(&entries, m.audit, m.entries...)
	}
	if err := g.insert(ctx, tx, rows); err != nil {
		return err
	}
	return tx.writeJournal(ctx, entries)
}

// claim takes the members' request ids for this transaction and returns the members to store. The others learn the first
// answer, be it stored, where it looks, or that of the same request within the group.
func (g *Group[Row]) claim(
	ctx context.Context, pg database.Statements, members []*member[Row], looks bool,
) (fresh []*member[Row], err error) {
	firsts := map[string]*member[Row]{}
	p := db.ClaimResponsesParams{At: g.store.now(members[0].audit)}
	// In one order everywhere: two transactions that claim the same ids must not wait for each other.
	for _, m := range slices.SortedStableFunc(slices.Values(members), compareDigests) {
		m.stored.known = false // a transaction may run again
		if firsts[string(m.stored.digest)] == nil && m.stored.digest != nil {
			firsts[string(m.stored.digest)] = m
			p.Digests, p.Sealed = append(p.Digests, m.stored.digest), append(p.Sealed, m.sealed)
		}
	}
	known, err := claimAll(ctx, pg, p, looks)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		leader := firsts[string(m.stored.digest)]
		if first, ok := known[string(m.stored.digest)]; ok {
			m.stored.known, m.stored.sealed = true, first
		} else if leader != nil && leader != m {
			m.stored.known, m.stored.sealed = true, leader.sealed
		} else {
			fresh = append(fresh, m)
		}
	}
	return fresh, nil
}

func compareDigests[Row any](a, b *member[Row]) int {
	return bytes.Compare(a.stored.digest, b.stored.digest)
}
