package record_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/access/accesstest"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/record/recordtest"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const create = networkv1.UnitService_CreateUnit_FullMethodName

// bench is a book, and a gate through which it is written in.
type bench struct {
	*record.Store

	gate *accesstest.Gate
}

func setup(t *testing.T) *bench {
	t.Helper()
	return &bench{Store: recordtest.Store(t), gate: accesstest.New(t, "*")}
}

// change has a clerk call a method that runs fn as a change.
func (b *bench) change(
	ctx context.Context, subject string, req *networkv1.CreateUnitRequest,
	fn func(context.Context, *record.Tx) (unit, error),
) (unit, error) {
	caller := accesstest.Clerk(accesstest.City)
	caller.Subject = subject
	answer, err := b.gate.Call(access.WithRequestID(ctx, "request-7"), create, b.gate.Token(caller), req,
		func(ctx context.Context) (any, error) { return record.Change(ctx, b.Store, req, fn) })
	made, _ := answer.(unit)
	return made, err
}

// unit is what the changes of these tests answer with.
type unit = *networkv1.Unit

// adding is a change that adds a thing.
func adding(id string) func(context.Context, *record.Tx) (unit, error) {
	return func(ctx context.Context, tx *record.Tx) (unit, error) { return add(ctx, tx, id) }
}

// add inserts a thing, records it and answers with it.
func add(ctx context.Context, tx *record.Tx, id string) (unit, error) {
	if err := access.Require(ctx, "340500.340503", "units/340503"); err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO things VALUES ($1)", id); err != nil {
		return nil, err
	}
	return &networkv1.Unit{Title: id},
		tx.Record(ctx, record.Entry{Resource: "units/340503", UnitPath: "340500.340503"})
}

func (b *bench) count(t *testing.T, table string) (n int) {
	t.Helper()
	require.NoError(t, b.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n))
	return n
}

func TestAChangeIsRecordedWithIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	answer, err := b.change(t.Context(), "accounts/a", &networkv1.CreateUnitRequest{}, adding("one"))
	require.NoError(t, err)
	assert.Equal(t, "one", answer.GetTitle())
	rows, err := b.Query(t.Context(),
		"SELECT event, resource, unit_path::text, actor, actor_unit, request FROM journal WHERE at = $1",
		accesstest.Start)
	require.NoError(t, err)
	entry, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
	require.NoError(t, err)
	assert.Equal(t, []any{
		"network.UnitService.CreateUnit", "units/340503", "340500.340503", "accounts/a", accesstest.City, "request-7",
	}, entry)
	assert.Equal(t, 1, b.count(t, "things"))
	assert.Zero(t, b.count(t, "stored_responses"), "the request had no id")
}

func TestTheJournalIsOnlyAddedTo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.change(t.Context(), "accounts/a", &networkv1.CreateUnitRequest{}, adding("one"))
	require.NoError(t, err)
	for _, change := range []string{"UPDATE journal SET actor = ''", "DELETE FROM journal", "TRUNCATE journal"} {
		_, err := b.Exec(t.Context(), change)
		require.ErrorContains(t, err, "only added to", change)
	}
	assert.Equal(t, 1, b.count(t, "journal"))
}

func TestTheJournalGoesOnInAYoungerCluster(t *testing.T) {
	t.Parallel()
	b := setup(t)
	change := func(base int64) {
		_, err := b.Exec(t.Context(), "UPDATE journal_base SET xact = $1", base)
		require.NoError(t, err)
		_, err = b.change(t.Context(), "accounts/a", &networkv1.CreateUnitRequest{}, adding(strconv.FormatInt(base, 10)))
		require.NoError(t, err)
	}
	change(1 << 40) // as of a cluster with many transactions, whose dump was restored into this one
	before := b.next(t, record.Position{})
	_, err := b.Exec(t.Context(), "UPDATE journal_base SET xact = 0")
	require.NoError(t, err)
	require.NoError(t, db.New(b).ContinueJournal(t.Context()))
	_, err = b.change(t.Context(), "accounts/a", &networkv1.CreateUnitRequest{}, adding("after"))
	require.NoError(t, err)
	require.NoError(t, db.New(b).ContinueJournal(t.Context()), "once more changes nothing")
	b.next(t, before)
}

// next is the position of the only entry after another, once no older transaction of the cluster runs any more.
func (b *bench) next(t *testing.T, after record.Position) record.Position {
	t.Helper()
	var rows []db.ReadJournalRow
	require.Eventually(t, func() (found bool) {
		var err error
		rows, err = db.New(b).ReadJournal(t.Context(), db.ReadJournalParams{
			AfterXact: after.Xact, AfterSeq: after.Seq, PageSize: 2,
		})
		return err == nil && len(rows) > 0
	}, time.Minute, 10*time.Millisecond)
	require.Len(t, rows, 1)
	return record.Position{Xact: rows[0].Xact, Seq: rows[0].Seq}
}

func TestAPartThatFailsIsUndoneAlone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, record.System(t.Context(), b.Store, "things.tidy", func(ctx context.Context, tx *record.Tx) error {
		for _, id := range []string{"one", "two", "three"} {
			err := tx.Try(ctx, func(ctx context.Context, part *record.Tx) error {
				if id == "two" {
					part.Notify(record.Message{Unit: "units/1"})
				}
				_, err := part.Exec(ctx, "INSERT INTO things VALUES ($1)", id)
				err = errors.Join(err, part.Record(ctx, record.Entry{Resource: "things/" + id, UnitPath: "1"}))
				if id == "two" {
					err = errors.Join(err, errors.New("failed"))
				}
				return err
			})
			assert.Equal(t, id == "two", err != nil)
		}
		return nil
	}))
	assert.Equal(t, 2, b.count(t, "things"))
	assert.Equal(t, 2, b.count(t, "journal WHERE messages IS NULL"))
}

func TestFailedChangeLeavesNothing(t *testing.T) {
	t.Parallel()
	failed := errors.New("failed")
	tests := map[string]struct {
		fn   func(context.Context, *record.Tx) (unit, error)
		want string
	}{
		"an error after the change": {func(ctx context.Context, tx *record.Tx) (unit, error) {
			_, err := add(ctx, tx, "one")
			return nil, errors.Join(err, failed)
		}, "failed"},
		"not recorded": {func(ctx context.Context, tx *record.Tx) (unit, error) {
			if _, err := tx.Exec(ctx, "INSERT INTO things VALUES ('one')"); err != nil {
				return nil, err
			}
			return &networkv1.Unit{}, access.Require(ctx, "340500", "units/340500")
		}, "not recorded"},
		"not reached": {func(ctx context.Context, tx *record.Tx) (unit, error) {
			return &networkv1.Unit{}, tx.Record(ctx, record.Entry{Resource: "units/1", UnitPath: "1"})
		}, "without checking the caller's reach"},
		"out of reach": {func(ctx context.Context, tx *record.Tx) (unit, error) {
			_, err := add(ctx, tx, "one")
			return nil, errors.Join(err, access.Require(ctx, "110000", "units/110000"))
		}, "NOT_FOUND"},
		"nothing recorded as something": {func(ctx context.Context, tx *record.Tx) (unit, error) {
			return &networkv1.Unit{}, errors.Join(access.Require(ctx, "340500", "units/340500"), tx.Record(ctx))
		}, "not recorded"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			answer, err := b.change(t.Context(), "accounts/a", &networkv1.CreateUnitRequest{RequestId: "1"}, test.fn)
			require.ErrorContains(t, err, test.want)
			assert.Nil(t, answer)
			for _, table := range []string{"things", "journal", "stored_responses"} {
				assert.Zero(t, b.count(t, table), table)
			}
		})
	}
}

func TestProtectedSourceIsNotInTheJournal(t *testing.T) {
	t.Parallel()
	b := setup(t)
	req := &networkv1.SubmitTipRequest{RequestId: "1"}
	_, err := b.gate.Call(t.Context(), networkv1.TipService_SubmitTip_FullMethodName,
		b.gate.Token(accesstest.Clerk(accesstest.City)), req,
		func(ctx context.Context) (any, error) {
			return record.Change(ctx, b.Store, req,
				func(ctx context.Context, tx *record.Tx) (*networkv1.SubmitTipResponse, error) {
					return &networkv1.SubmitTipResponse{}, tx.Record(ctx, record.Entry{Resource: "tips/1", UnitPath: "340500"})
				})
		})
	require.NoError(t, err)
	var actor, unit string
	require.NoError(t, b.QueryRow(t.Context(), "SELECT actor, actor_unit FROM journal").Scan(&actor, &unit))
	assert.Empty(t, actor+unit)
	b.nowhere(t, "accounts/clerk")
}

func TestH5_KeysOfAProtectedSourceTellItsDayAlone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	req := &networkv1.SubmitTipRequest{RequestId: "1"}
	var key, top string
	_, err := b.gate.Call(t.Context(), networkv1.TipService_SubmitTip_FullMethodName,
		b.gate.Token(accesstest.Clerk(accesstest.City)), req,
		func(ctx context.Context) (any, error) {
			return record.Change(ctx, b.Store, req,
				func(ctx context.Context, tx *record.Tx) (*networkv1.SubmitTipResponse, error) {
					key, top = tx.NewKey(), tx.NewTopKey()
					return &networkv1.SubmitTipResponse{}, tx.Record(ctx, record.Entry{Resource: "tips/1", UnitPath: "340500"})
				})
		})
	require.NoError(t, err)
	begins := clock.StartOfDay(b.Clock)
	assert.Less(t, key, resource.NewKeyOf(begins.Add(time.Second)), "what has no order but the day comes first in it")
	assert.Greater(t, top, resource.NewKeyOf(begins.Add(24*time.Hour-time.Second)), "what is not to be overlooked stands on top")
	assert.Less(t, top, resource.NewKeyOf(begins.Add(24*time.Hour)), "of its day")
}

func TestTheSuitesOwnChangesSayWhichTheyWere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, record.System(t.Context(), b.Store, "things.tidy", func(ctx context.Context, tx *record.Tx) error {
		return tx.Record(ctx, record.Entry{Resource: "units/1", UnitPath: "1"}, record.Entry{
			Resource: "units/2", UnitPath: "1.2",
		})
	}))
	var entries int
	require.NoError(t,
		b.QueryRow(t.Context(), "SELECT count(*) FROM journal WHERE actor = 'system' AND event = 'things.tidy'").Scan(&entries))
	assert.Equal(t, 2, entries)
}

// nowhere checks that a text stands in no row of the shared tables.
func (b *bench) nowhere(t *testing.T, text string) {
	t.Helper()
	for _, table := range []string{"journal", "stored_responses"} {
		var found bool
		require.NoError(t, b.QueryRow(t.Context(), "SELECT coalesce(bool_or(position(convert_to($1, 'UTF8') in "+
			"convert_to("+table+"::text, 'UTF8')) > 0), false) FROM "+table, text).Scan(&found))
		assert.False(t, found, "%s holds %q", table, text)
	}
}
