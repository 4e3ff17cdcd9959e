package document_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

func TestADocumentComesBackAsItWasStored(t *testing.T) {
	t.Parallel()
	want := &networkv1.Unit{
		Name: "units/1", Title: "花山区 <&> \"\n", Kind: networkv1.UnitKind_UNIT_KIND_CENTER, Ancestors: []string{"units/0"},
	}
	body, err := document.Encode(want)
	require.NoError(t, err)
	got, err := document.Decode[*networkv1.Unit](body)
	require.NoError(t, err)
	assert.True(t, proto.Equal(want, got))
	for _, broken := range []string{"", "{", `{"title": 1}`, "[]"} {
		_, err := document.Decode[*networkv1.Unit]([]byte(broken))
		require.Error(t, err, broken)
	}
}

func TestAnEtagHoldsForItsRevisionOnly(t *testing.T) {
	t.Parallel()
	require.NoError(t, document.CheckEtag("", 7, "units/1"), "a request without one asks for no check")
	require.NoError(t, document.CheckEtag(document.Etag(7), 7, "units/1"))
	for _, etag := range []string{document.Etag(6), "07", " 7", "x"} {
		assert.True(t, fault.HasCode(document.CheckEtag(etag, 7, "units/1"), codes.Aborted), etag)
	}
}

func TestEnumsAreStoredByNameOrNumber(t *testing.T) {
	t.Parallel()
	states := []networkv1.TipState{networkv1.TipState_TIP_STATE_CLOSED, networkv1.TipState_TIP_STATE_RECEIVED}
	assert.Equal(t, []string{"TIP_STATE_CLOSED", "TIP_STATE_RECEIVED"}, document.EnumNames(states))
	assert.Equal(t, []int16{4, 1}, document.EnumCodes(states))
	assert.NotNil(t, document.EnumNames([]networkv1.TipState(nil)), "NULL would match no row")
	assert.NotNil(t, document.EnumCodes([]networkv1.TipState(nil)), "NULL would match no row")
	assert.Equal(t, states[0], document.Enum[networkv1.TipState]("TIP_STATE_CLOSED"))
	assert.Zero(t, document.Enum[networkv1.TipState](""))
}

func TestDecodingStopsAtTheFirstFault(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	decode := func(n int) (int, error) {
		if n == 0 {
			return 0, broken
		}
		return n * 2, nil
	}
	all, err := document.DecodeAll(t.Context(), []int{1, 2}, decode)
	require.NoError(t, err)
	assert.Equal(t, []int{2, 4}, all)
	_, err = document.DecodeAll(t.Context(), []int{1, 0, 2}, decode)
	require.ErrorIs(t, err, broken)
}

func TestAMissingRowIsARecordNotFound(t *testing.T) {
	t.Parallel()
	assert.True(t, fault.HasCode(document.NotFoundAs(fmt.Errorf("x: %w", pgx.ErrNoRows), "units/1"), codes.NotFound))
	broken := errors.New("broken")
	require.ErrorIs(t, document.NotFoundAs(broken, "units/1"), broken)
	require.NoError(t, document.NotFoundAs(nil, "units/1"))
}
