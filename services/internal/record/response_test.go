package record_test

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

const requestID = "0193a3c2-5b00-7000-8000-000000000001"

func TestARepeatedRequestGivesTheFirstAnswer(t *testing.T) {
	t.Parallel()
	b, runs := setup(t), 0
	fn := func(ctx context.Context, tx *record.Tx) (unit, error) {
		runs++
		return add(ctx, tx, "one")
	}
	req := &networkv1.CreateUnitRequest{UnitId: "x", RequestId: requestID}
	first, err := b.change(t.Context(), "accounts/a", req, fn)
	require.NoError(t, err)
	for _, id := range []string{requestID, strings.ToUpper(requestID)} {
		again, err := b.change(t.Context(), "accounts/a", &networkv1.CreateUnitRequest{UnitId: "x", RequestId: id}, fn)
		require.NoError(t, err)
		assert.True(t, proto.Equal(first, again))
	}
	assert.Equal(t, 1, runs)
	assert.Equal(t, 1, b.count(t, "journal"))
	_, err = b.change(t.Context(), "accounts/a", &networkv1.CreateUnitRequest{UnitId: "y", RequestId: requestID}, fn)
	require.EqualError(t, err, "REQUEST_ID_REUSED; request_id: REQUEST_ID_REUSED")
	assert.Equal(t, 1, runs)
}

func TestARequestThatIsCompletedOnTheWayIsStillTheSame(t *testing.T) {
	t.Parallel()
	b, runs := setup(t), 0
	ask := func() *networkv1.CreateUnitRequest {
		return &networkv1.CreateUnitRequest{UnitId: "x", RequestId: requestID}
	}
	first := ask()
	_, err := b.change(t.Context(), "accounts/a", first, func(ctx context.Context, tx *record.Tx) (unit, error) {
		first.UnitId = "completed"
		if runs++; runs == 1 {
			return nil, &pgconn.PgError{Code: "40001"}
		}
		return add(ctx, tx, "one")
	})
	require.NoError(t, err)
	require.Equal(t, 2, runs, "it lost a race and ran again")
	again, err := b.change(t.Context(), "accounts/a", ask(), adding("another"))
	require.NoError(t, err)
	assert.Equal(t, "one", again.GetTitle())
}

func TestAFailedRequestMayBeTriedAgain(t *testing.T) {
	t.Parallel()
	b, failed := setup(t), errors.New("failed")
	req := &networkv1.CreateUnitRequest{RequestId: requestID}
	_, err := b.change(t.Context(), "accounts/a", req, func(context.Context, *record.Tx) (unit, error) { return nil, failed })
	require.ErrorIs(t, err, failed)
	answer, err := b.change(t.Context(), "accounts/a", req, adding("one"))
	require.NoError(t, err)
	assert.Equal(t, "one", answer.GetTitle())
}

func TestRequestIDsAreSeparateByCaller(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, who := range []string{"a", "b"} {
		answer, err := b.change(t.Context(), "accounts/"+who, &networkv1.CreateUnitRequest{RequestId: requestID}, adding(who))
		require.NoError(t, err)
		assert.Equal(t, who, answer.GetTitle())
	}
	assert.Equal(t, 2, b.count(t, "things"))
}

func TestTheSameRequestAtOnceIsDoneOnce(t *testing.T) {
	t.Parallel()
	b, runs := setup(t), atomic.Int32{}
	req := &networkv1.CreateUnitRequest{RequestId: requestID}
	answers, failed := make([]*networkv1.Unit, 32), make([]error, 32)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			answers[i], failed[i] = b.change(t.Context(), "accounts/a", req,
				func(ctx context.Context, tx *record.Tx) (unit, error) {
					runs.Add(1)
					return add(ctx, tx, "one")
				})
		})
	}
	all.Wait()
	require.NoError(t, errors.Join(failed...))
	for _, answer := range answers {
		assert.Equal(t, "one", answer.GetTitle())
	}
	assert.EqualValues(t, 1, runs.Load())
	for _, table := range []string{"things", "journal", "stored_responses"} {
		assert.Equal(t, 1, b.count(t, table), table)
	}
}

func TestStoredAnswersTellNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	req := &networkv1.CreateUnitRequest{RequestId: requestID}
	_, err := b.change(t.Context(), "accounts/a-rare-name", req, adding("an answer of some length"))
	require.NoError(t, err)
	var row string
	require.NoError(t,
		b.QueryRow(t.Context(), "SELECT encode(digest, 'hex') || encode(sealed, 'hex') || at FROM stored_responses").Scan(&row))
	for _, secret := range []string{requestID, "a-rare-name", "an answer of some length"} {
		assert.NotContains(t, row, hex.EncodeToString([]byte(secret)))
		assert.NotContains(t, row, secret)
	}
}

func TestATamperedAnswerIsNotGiven(t *testing.T) {
	t.Parallel()
	b := setup(t)
	req := &networkv1.CreateUnitRequest{RequestId: requestID}
	fn := adding("one")
	_, err := b.change(t.Context(), "accounts/a", req, fn)
	require.NoError(t, err)
	for _, change := range []string{"sealed = set_byte(sealed, 20, (get_byte(sealed, 20) + 1) % 256)", "sealed = ''"} {
		_, err = b.Exec(t.Context(), "UPDATE stored_responses SET "+change)
		require.NoError(t, err)
		_, err = b.change(t.Context(), "accounts/a", req, fn)
		require.EqualError(t, err, "RESPONSE_DAMAGED; request_id: RESPONSE_DAMAGED")
	}
}
