package record_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access/accesstest"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// prepare has a clerk call a method that prepares a title and adds a thing of it.
func (b *bench) prepare(ctx context.Context, prepare func(context.Context) (string, error)) (unit, error) {
	req := &networkv1.CreateUnitRequest{UnitId: "x", RequestId: requestID}
	answer, err := b.gate.Call(ctx, create, b.gate.Token(accesstest.Clerk(accesstest.City)), req,
		func(ctx context.Context) (any, error) {
			return record.Prepare(ctx, b.Store, req, prepare, func(ctx context.Context, title string) (unit, error) {
				return record.Change(ctx, b.Store, req, adding(title))
			})
		})
	made, _ := answer.(unit)
	return made, err
}

func TestARepeatedRequestPreparesNothing(t *testing.T) {
	t.Parallel()
	b, prepared := setup(t), 0
	prepare := func(context.Context) (string, error) { prepared++; return "one", nil }
	first, err := b.prepare(t.Context(), prepare)
	require.NoError(t, err)
	again, err := b.prepare(t.Context(), prepare)
	require.NoError(t, err)
	assert.True(t, proto.Equal(first, again))
	assert.Equal(t, 1, prepared)
}

func TestARequestThatCantBePreparedChangesNothing(t *testing.T) {
	t.Parallel()
	b, failed := setup(t), errors.New("failed")
	_, err := b.prepare(t.Context(), func(context.Context) (string, error) { return "", failed })
	require.ErrorIs(t, err, failed)
	assert.Zero(t, b.count(t, "things"))
}

func TestARequestAcceptedWhileItsRepetitionIsPreparedGivesItsAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	answer, err := b.prepare(t.Context(), func(ctx context.Context) (string, error) {
		_, err := b.prepare(ctx, func(context.Context) (string, error) { return "first", nil })
		require.NoError(t, err)
		return "", errors.New("it is there already")
	})
	require.NoError(t, err)
	assert.Equal(t, "first", answer.GetTitle())
}
