package record_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"pgregory.net/rapid"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/access/accesstest"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// hall is a group of things, whose door a test may hold shut while a transaction is inside.
type hall struct {
	*bench
	*record.Group[string]

	mu   sync.Mutex
	door chan struct{} // nil: open
	sets [][]string    // rows of each transaction that was tried
}

func decrypt(t *testing.T, limits record.Limits) *hall {
	t.Helper()
	h := &hall{bench: setup(t)}
	h.Group = record.NewGroup(h.Store, limits, h.store)
	return h
}

// patience is how long a busy machine may take.
const patience = 30 * time.Second

// hurry is how long who is impatient waits for a connection; for what a statement gives, twenty times as long.
const hurry = 100 * time.Millisecond

var one = record.Limits{Transactions: 1, Members: 100, Waiting: 100}

func (h *hall) store(ctx context.Context, tx *record.Tx, rows []string) error {
	h.mu.Lock()
	h.sets = append(h.sets, rows)
	door := h.door
	h.mu.Unlock()
	if door != nil {
		<-door
	}
	for _, row := range rows {
		switch {
		case strings.HasPrefix(row, "panic"):
			panic(row)
		case strings.HasPrefix(row, "silent"):
			return tx.QueryRow(ctx, "SELECT 1 FROM pg_sleep(600)").Scan(new(int))
		case strings.HasPrefix(row, "unknown"):
			return fmt.Errorf("store: %w", fault.NotFound(row))
		}
	}
	_, err := tx.Exec(ctx, "INSERT INTO things SELECT unnest($1::text[])", rows)
	return err
}

// shut holds the transactions that come next until open is called.
func (h *hall) shut() (open func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	door := make(chan struct{})
	h.door = door
	return func() {
		h.mu.Lock()
		h.door = nil
		h.mu.Unlock()
		close(door)
	}
}

// held begins one transaction and leaves it inside, so that whatever joins next waits.
func (h *hall) held(t *testing.T) (release func()) {
	t.Helper()
	open := h.shut()
	first := make(chan error, 1)
	go func() {
		_, err := h.join(t.Context(), "accounts/first", "", "first")
		first <- err
	}()
	h.entered(t)
	return func() {
		open()
		require.NoError(t, <-first)
	}
}

// entered waits until the first transaction is inside.
func (h *hall) entered(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return len(h.sets) == 1
	}, patience, time.Millisecond)
}

func (h *hall) waits(t *testing.T, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return h.Waits() == n }, patience, time.Millisecond)
}

// join has a caller add a thing; one called "refused" is refused before it comes to that.
func (h *hall) join(ctx context.Context, subject, id, thing string) (string, error) {
	return h.joinAs(ctx, subject, &networkv1.CreateUnitRequest{UnitId: thing, RequestId: id}, thing)
}

var errRefused = errors.New("refused")

func (h *hall) joinAs(ctx context.Context, subject string, req *networkv1.CreateUnitRequest, thing string) (string, error) {
	caller := accesstest.Clerk(accesstest.City)
	caller.Subject = subject
	answer, err := h.gate.Call(ctx, create, h.gate.Token(caller), req, func(ctx context.Context) (any, error) {
		return record.Join(ctx, h.Group, req, func(ctx context.Context) (record.Part[string, unit], error) {
			if strings.HasPrefix(thing, "refused") {
				return record.Part[string, unit]{}, errRefused
			}
			return record.Part[string, unit]{
				Row: thing, Entries: []record.Entry{{Resource: "units/" + subject, UnitPath: "340500.340503"}},
				Response: &networkv1.Unit{Title: thing},
			}, access.Require(ctx, "340500.340503", "units/340503")
		})
	})
	made, _ := answer.(unit)
	return made.GetTitle(), err
}

func (h *hall) counts(t *testing.T, want int, tables ...string) {
	t.Helper()
	for _, table := range tables {
		assert.Equal(t, want, h.count(t, table), table)
	}
}

func TestGroupSharesATransactionWithOwnResponses(t *testing.T) {
	t.Parallel()
	h := decrypt(t, one)
	release := h.held(t)
	var callers sync.WaitGroup
	for i := range 40 {
		callers.Go(func() {
			thing := fmt.Sprint("thing ", i)
			got, err := h.join(t.Context(), fmt.Sprint("accounts/", i), uuid.NewString(), thing)
			assert.Equal(t, thing, got, "%v", err)
		})
	}
	h.waits(t, 40)
	release()
	callers.Wait()
	require.Len(t, h.sets, 2)
	assert.Len(t, h.sets[1], 40)
	h.counts(t, 41, "things", "journal")
	h.counts(t, 40, "stored_responses")
	var own int
	require.NoError(t, h.QueryRow(t.Context(), "SELECT count(*) FROM journal WHERE resource = 'units/' || actor").Scan(&own))
	assert.Equal(t, 41, own, "each act stands under its own actor")
}

func TestARowThatIsRefusedFailsItsOwnCallerOnly(t *testing.T) {
	t.Parallel()
	h := decrypt(t, one)
	release := h.held(t)
	var callers sync.WaitGroup
	for i := range 40 {
		callers.Go(func() {
			thing := fmt.Sprint("thing ", i)
			switch i {
			case 7, 8:
				thing = "first" // a broken constraint
			case 30:
				thing = "a\x00b" // a text that can't be kept
			case 31:
				thing = "unknown" // a fault of the store
			case 32:
				thing = "panic"
			}
			_, err := h.join(t.Context(), "accounts/a", uuid.NewString(), thing)
			assert.Equal(t, i == 7 || i == 8 || 30 <= i && i <= 32, err != nil, "%s: %v", thing, err)
		})
	}
	h.waits(t, 40)
	release()
	callers.Wait()
	h.counts(t, 36, "things", "journal")
	h.counts(t, 35, "stored_responses")
}

func TestOneRequestWithinAGroupIsDoneOnce(t *testing.T) {
	t.Parallel()
	h := decrypt(t, one)
	release := h.held(t)
	var callers sync.WaitGroup
	var mu sync.Mutex
	same, reused := 0, 0
	for i := range 30 {
		callers.Go(func() {
			thing := []string{"one", "other"}[i%2]
			got, err := h.join(t.Context(), "accounts/a", requestID, thing)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				assert.Equal(t, thing, got)
				same++
				return
			}
			assert.ErrorContains(t, err, "REQUEST_ID_REUSED")
			reused++
		})
	}
	h.waits(t, 30)
	release()
	callers.Wait()
	assert.Equal(t, 15, same)
	assert.Equal(t, 15, reused)
	h.counts(t, 2, "things", "journal")
	h.counts(t, 1, "stored_responses")
}

func TestARepeatedRequestInAGroupGivesTheFirstAnswer(t *testing.T) {
	t.Parallel()
	h := decrypt(t, one)
	_, err := h.join(t.Context(), "accounts/a", requestID, "one")
	require.NoError(t, err)
	req := &networkv1.CreateUnitRequest{UnitId: "one", RequestId: requestID}
	for _, now := range []string{"another", "refused today"} {
		again, err := h.joinAs(t.Context(), "accounts/a", req, now)
		require.NoError(t, err)
		assert.Equal(t, "one", again)
	}
	for _, other := range []string{"another", "refused today"} {
		_, err = h.join(t.Context(), "accounts/a", requestID, other)
		require.ErrorContains(t, err, "REQUEST_ID_REUSED")
	}
	_, err = h.join(t.Context(), "accounts/b", requestID, "refused always")
	require.ErrorIs(t, err, errRefused)
	_, err = h.join(t.Context(), "accounts/b", requestID, "two")
	require.NoError(t, err, "what failed may be tried again")
	h.counts(t, 2, "things", "journal", "stored_responses")
}

func TestACallerWhoGoesAwayIsNotStored(t *testing.T) {
	t.Parallel()
	h := decrypt(t, one)
	release := h.held(t)
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		_, err := h.join(ctx, "accounts/a", requestID, "one")
		left <- err
	}()
	h.waits(t, 1)
	cancel()
	require.ErrorIs(t, <-left, context.Canceled)
	h.waits(t, 0)
	release()
	_, err := h.join(ctx, "accounts/a", requestID, "one")
	require.ErrorIs(t, err, context.Canceled, "who has gone already does not come in")
	h.counts(t, 1, "things", "journal")
}

func TestLateCancelledCallerLearnsByItsRequestID(t *testing.T) {
	t.Parallel()
	h := decrypt(t, one)
	release := h.shut()
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		_, err := h.join(ctx, "accounts/a", requestID, "one")
		left <- err
	}()
	h.entered(t)
	cancel()
	require.ErrorIs(t, <-left, context.Canceled)
	release()
	again, err := h.join(t.Context(), "accounts/a", requestID, "one")
	require.NoError(t, err)
	assert.Equal(t, "one", again)
	h.counts(t, 1, "things", "journal", "stored_responses")
}

func TestWhoIsImpatientWaitsForNoTransaction(t *testing.T) {
	t.Parallel()
	h := decrypt(t, one)
	release := h.held(t)
	_, err := h.join(database.Impatient(t.Context(), time.Millisecond), "accounts/a", requestID, "one")
	var unavailable *fault.Fault
	require.ErrorAs(t, err, &unavailable)
	assert.Equal(t, codes.Unavailable, unavailable.Code)
	assert.Positive(t, unavailable.RetryAfter)
	h.waits(t, 0)
	release()
	h.counts(t, 1, "things", "journal")
	_, err = h.join(t.Context(), "accounts/a", requestID, "one")
	require.NoError(t, err, "it may come again")
}

func TestATransactionTheDatabaseDoesNotAnswerEndsThoseBehindItToo(t *testing.T) {
	t.Parallel()
	h := decrypt(t, one)
	open := h.shut()
	var callers sync.WaitGroup
	callers.Go(func() {
		_, err := h.join(database.Impatient(t.Context(), hurry), "accounts/a", "", "silent")
		assert.ErrorIs(t, err, context.DeadlineExceeded)
	})
	h.entered(t)
	callers.Go(func() {
		_, err := h.join(t.Context(), "accounts/b", "", "one")
		assert.ErrorIs(t, err, context.DeadlineExceeded)
	})
	h.waits(t, 1)
	open()
	callers.Wait()
	h.counts(t, 0, "things", "journal")
	_, err := h.join(t.Context(), "accounts/b", "", "one")
	require.NoError(t, err, "it answers again")
}

func TestAFullGroupRefusesWithAPause(t *testing.T) {
	t.Parallel()
	h := decrypt(t, record.Limits{Transactions: 1, Members: 2, Waiting: 3})
	release := h.held(t)
	var callers sync.WaitGroup
	for i := range 3 {
		callers.Go(func() {
			_, err := h.join(t.Context(), "accounts/a", "", fmt.Sprint("thing ", i))
			assert.NoError(t, err)
		})
	}
	h.waits(t, 3)
	_, err := h.join(t.Context(), "accounts/a", requestID, "one too many")
	var busy *fault.Fault
	require.ErrorAs(t, err, &busy)
	assert.Equal(t, codes.ResourceExhausted, busy.Code)
	assert.Positive(t, busy.RetryAfter)
	release()
	callers.Wait()
	_, err = h.join(t.Context(), "accounts/a", requestID, "one too many")
	require.NoError(t, err)
	for _, set := range h.sets {
		assert.LessOrEqual(t, len(set), 2)
	}
	h.counts(t, 5, "things", "journal")
}

func TestAPanicInAGroupReachesItsCallersAsAnError(t *testing.T) {
	t.Parallel()
	h := decrypt(t, one)
	_, err := h.join(t.Context(), "accounts/a", "", "panic of a secret")
	require.ErrorContains(t, err, "panic")
	require.NotContains(t, err.Error(), "secret")
	_, err = h.join(t.Context(), "accounts/a", "", "one")
	require.NoError(t, err)
	h.counts(t, 1, "things")
}

func TestJoinNeedsARecordAndReach(t *testing.T) {
	t.Parallel()
	h := decrypt(t, one)
	req := &networkv1.CreateUnitRequest{}
	for want, part := range map[string]record.Part[string, unit]{
		"not recorded": {Row: "a", Response: &networkv1.Unit{}},
		"without checking the caller's reach": {Row: "a", Response: &networkv1.Unit{}, Entries: []record.Entry{
			{Resource: "units/1", UnitPath: "1"},
		}},
	} {
		_, err := h.gate.Call(t.Context(), create, h.gate.Token(accesstest.Clerk(accesstest.City)), req,
			func(ctx context.Context) (any, error) {
				return record.Join(ctx, h.Group, req,
					func(context.Context) (record.Part[string, unit], error) { return part, nil })
			})
		require.ErrorContains(t, err, want)
	}
	h.counts(t, 0, "things", "journal")
}

// attempt is one call of the random history below.
type attempt struct {
	caller, id, thing string
	impatient         bool
}

// TestRandomGroupsMatchTheirResponses lets many callers join at once, some with the same request ids, with
// things that can't be stored, or with little patience; then what is stored must be exactly what was answered.
func TestRandomGroupsMatchTheirResponses(t *testing.T) {
	t.Parallel()
	h := decrypt(t, record.Limits{Transactions: 2, Members: 7, Waiting: 1000})
	ids := make([]string, 6)
	for i := range ids {
		ids[i] = uuid.NewString()
	}
	attempts := rapid.Custom(func(t *rapid.T) attempt {
		return attempt{
			caller:    "accounts/" + rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "caller"),
			id:        rapid.SampledFrom(append([]string{"", "", "", ""}, ids...)).Draw(t, "id"),
			thing:     rapid.SampledFrom([]string{"good", "good", "good", "same", "bad\x00", "refused"}).Draw(t, "thing"),
			impatient: rapid.IntRange(0, 9).Draw(t, "patience") == 0,
		}
	})
	_, err := h.Exec(t.Context(), "ALTER TABLE journal DISABLE TRIGGER USER") // each history begins with an empty one
	require.NoError(t, err)
	rapid.Check(t, func(r *rapid.T) {
		history := rapid.SliceOfN(attempts, 1, 60).Draw(r, "history")
		_, err := h.Exec(t.Context(), "TRUNCATE things, journal, stored_responses")
		require.NoError(r, err)
		got := h.play(t, history)
		h.judge(t, r, history, got)
	})
}

// outcome is what an attempt was answered.
type outcome struct {
	thing string
	err   error
}

func (h *hall) play(t *testing.T, history []attempt) []outcome {
	t.Helper()
	got := make([]outcome, len(history))
	var callers sync.WaitGroup
	for i, a := range history {
		callers.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if a.impatient {
				go cancel()
			}
			thing := a.thing
			if thing == "good" { // two without an id are two things; with one, the same request asks for the same thing
				thing = fmt.Sprint("good of ", a.caller, a.id)
				if a.id == "" {
					thing = fmt.Sprint("good ", i)
				}
			}
			got[i].thing, got[i].err = h.join(ctx, a.caller, a.id, thing)
		})
	}
	callers.Wait()
	return got
}

func (h *hall) judge(t *testing.T, r *rapid.T, history []attempt, got []outcome) {
	t.Helper()
	answered, unknown := map[string]bool{}, 0
	for i, a := range history {
		var reused *fault.Fault
		switch o := got[i]; {
		case o.err == nil:
			answered[o.thing] = true
			require.NotContains(r, []string{"bad\x00", "refused"}, o.thing)
		case errors.Is(o.err, context.Canceled):
			require.True(r, a.impatient)
			unknown++
		case errors.As(o.err, &reused):
			require.Equal(r, "REQUEST_ID_REUSED", reused.Key)
			require.NotEmpty(r, a.id)
		default:
			require.NotEqual(r, "good", a.thing, "%v", o.err)
		}
	}
	require.Eventually(r, h.Idle, patience, time.Millisecond) // what an impatient caller asked for may be on its way
	rows, err := h.Query(t.Context(), "SELECT id FROM things")
	require.NoError(r, err)
	defer rows.Close()
	stored := 0
	for rows.Next() {
		var thing string
		require.NoError(r, rows.Scan(&thing))
		stored++
		if !answered[thing] {
			unknown--
		}
		delete(answered, thing)
	}
	require.NoError(r, rows.Err())
	require.Empty(r, answered, "answered and not stored")
	require.GreaterOrEqual(r, unknown, 0, "stored and not answered")
	require.Equal(r, stored, h.count(t, "journal"))
	require.Equal(r, stored, h.count(t, "journal"))
}
