package journal

import (
	"context"
	"sort"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// tailSize is how many events a tail keeps at least. Whoever is further behind reads the journal itself.
const tailSize = 1000

// tailAgain is how long a tail waits where nothing tells it of a commit: one that an older transaction held back, or another
// process made. It is read once for all who follow, and so more often than by each of them.
const tailAgain = 100 * time.Millisecond

// Event is something that was done to a record, with the record as it was when the event was read: that, or later.
type Event[R any] struct {
	At     record.Position
	Time   time.Time
	Act    string // as in an entry
	Record R
}

// Tail is the end of a journal, of which many callers follow what is done to the records of one collection. It is read once for
// all of them, and not at all while nobody follows it.
type Tail[R any] struct {
	// Store is that of the service.
	Store *record.Store
	// Collection is that of the records, such as "warnings".
	Collection string
	// Read reads records by their names, without those that can't be read.
	Read func(ctx context.Context, names []string) (map[string]R, error)
	Log  *zap.Logger

	mu        sync.Mutex
	followers int
	stop      context.CancelFunc
	kept      stretch[R]
	next      chan struct{} // closed once there is more
}

// stretch is what a part of a journal says of a collection: of what came after one place, up to another.
type stretch[R any] struct {
	after, upTo record.Position
	events      []Event[R]
}

// Follow gives what was done after a position, or from now on where it is empty, until the call ends. It says up to where all is
// given: at once, and from time to time where nothing is done. Errors: INVALID_ARGUMENT naming the field of the position.
func (t *Tail[R]) Follow(
	ctx context.Context, field, position string, give func(Event[R]) error, quiet func(upTo record.Position) error,
) error {
	at, err := parsePosition(ctx, t.Store, field, position)
	if err != nil {
		return err
	}
	end, err := t.join(ctx)
	if err != nil {
		return err
	}
	defer t.leave()
	if position == "" {
		at = end
	}
	beats := time.NewTicker(beatEvery)
	defer beats.Stop()
	for beat := true; ; {
		if err := access.RequireToken(ctx, t.Store.Clock.Now()); err != nil {
			return err
		}
		found, next, err := t.since(ctx, at)
		if err != nil {
			return err
		}
		for _, e := range found.events {
			if err := give(e); err != nil {
				return err
			}
		}
		at = found.upTo
		if next == nil {
			continue
		}
		if beat {
			if err := quiet(at); err != nil {
				return err
			}
		}
		if beat, err = wait(ctx, lookAgain, next, beats.C); err != nil {
			return err
		}
	}
}

// since is what came after a place: of what is kept or, for who is further behind, of the journal. Next is nil where there may be
// more at once.
func (t *Tail[R]) since(ctx context.Context, at record.Position) (found stretch[R], next <-chan struct{}, err error) {
	t.mu.Lock()
	kept, next := t.kept, t.next
	t.mu.Unlock()
	if at.Before(kept.after) {
		found, _, err = t.read(ctx, at)
		return found, nil, err
	}
	first := sort.Search(len(kept.events), func(i int) bool { return at.Before(kept.events[i].At) })
	kept.events = kept.events[first:]
	if kept.upTo.Before(at) { // another process gave this place
		kept.upTo = at
	}
	return kept, next, nil
}

// join begins to read, for the first of those who follow, and says where the journal ends or ended a moment ago.
func (t *Tail[R]) join(ctx context.Context) (end record.Position, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.followers == 0 {
		last, err := db.New(t.Store).LastPosition(ctx)
		if err != nil {
			return end, err
		}
		end = record.Position{Xact: last.Xact, Seq: last.Seq}
		t.kept, t.next = stretch[R]{after: end, upTo: end}, make(chan struct{})
		var reading context.Context
		reading, t.stop = context.WithCancel(context.WithoutCancel(ctx)) //nolint:gosec // leave calls stop
		go t.keepUp(reading)
	}
	t.followers++
	return t.kept.upTo, nil
}

func (t *Tail[R]) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.followers--; t.followers == 0 {
		t.stop()
		t.kept = stretch[R]{}
	}
}

// keepUp reads the journal on until nobody follows it.
func (t *Tail[R]) keepUp(ctx context.Context) {
	for ctx.Err() == nil {
		committed := t.Store.Committed() // asked for before reading, so that no commit falls in between
		more, err := t.readOn(ctx)
		if err != nil && ctx.Err() == nil {
			t.Log.Warn("the journal could not be read for those who follow it", zap.Error(err))
			committed = nil
		}
		if !more {
			_, _ = wait(ctx, tailAgain, committed, nil)
		}
	}
}

// readOn reads what came since it was last read, and wakes who waits for it.
func (t *Tail[R]) readOn(ctx context.Context) (more bool, err error) {
	t.mu.Lock()
	after := t.kept.upTo
	t.mu.Unlock()
	found, more, err := t.read(ctx, after)
	if err != nil || found.upTo == after {
		return more, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if ctx.Err() != nil { // nobody follows this any more, or others do anew
		return false, nil
	}
	t.kept.upTo = found.upTo
	t.kept.events = append(t.kept.events, found.events...)
	if surplus := len(t.kept.events) - tailSize; surplus > tailSize {
		t.kept.after = t.kept.events[surplus-1].At
		t.kept.events = append([]Event[R](nil), t.kept.events[surplus:]...) // others may still go through the old ones
	}
	close(t.next)
	t.next = make(chan struct{})
	return more, nil
}

// read reads the next events after a place; more tells that there may be others.
func (t *Tail[R]) read(ctx context.Context, after record.Position) (found stretch[R], more bool, err error) {
	found = stretch[R]{after: after, upTo: after}
	rows, err := db.New(t.Store).ReadJournal(ctx, db.ReadJournalParams{
		AfterXact: after.Xact, AfterSeq: after.Seq, PageSize: batchSize,
	})
	if err != nil || len(rows) == 0 {
		return found, false, err
	}
	last := rows[len(rows)-1]
	found.upTo = record.Position{Xact: last.Xact, Seq: last.Seq}
	var names []string
	for _, row := range rows {
		if strings.HasPrefix(row.Resource, t.Collection+"/") {
			names = append(names, row.Resource)
		}
	}
	if len(names) == 0 {
		return found, len(rows) == batchSize, nil
	}
	records, err := t.Read(ctx, names)
	if err != nil {
		return found, false, err
	}
	for _, row := range rows {
		if of, ok := records[row.Resource]; ok {
			found.events = append(found.events, Event[R]{
				At: record.Position{Xact: row.Xact, Seq: row.Seq}, Time: row.At, Act: row.Event, Record: of,
			})
		}
	}
	return found, len(rows) == batchSize, nil
}
