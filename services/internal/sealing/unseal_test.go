package sealing

import (
	"bytes"
	"path/filepath"
	"testing"

	"filippo.io/age"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatIsSealedIsOpenedByItsKeyAlone(t *testing.T) {
	t.Parallel()
	own, err := Open(filepath.Join(t.TempDir(), "source.key"))
	require.NoError(t, err)
	other, err := Open(filepath.Join(t.TempDir(), "source.key"))
	require.NoError(t, err)
	sealed, err := own.Seal([]byte("who"))
	require.NoError(t, err)
	plain, err := own.Unseal(sealed)
	require.NoError(t, err)
	assert.Equal(t, "who", string(plain[:3]))
	_, err = other.Unseal(sealed)
	require.ErrorIs(t, err, ErrOtherKey)
	_, err = (&Sealer{recipient: own.recipient}).Unseal(sealed)
	require.ErrorIs(t, err, ErrNoKey)
	sealed[len(sealed)-1] ^= 1
	_, err = own.Unseal(sealed)
	require.Error(t, err)
	_, err = own.Unseal([]byte("no seal"))
	require.Error(t, err)
}

func TestLongTextsAreSealedWholeAndFilledUp(t *testing.T) {
	t.Parallel()
	s, err := Open(filepath.Join(t.TempDir(), "source.key"))
	require.NoError(t, err)
	lengths := map[int]bool{}
	for _, size := range []int{0, 1, padLongSize - 1, 300 << 10, 300<<10 + 1} {
		text := bytes.Repeat([]byte("x"), size)
		sealed, err := s.SealLong(text)
		require.NoError(t, err)
		plain, err := s.Unseal(sealed)
		require.NoError(t, err)
		assert.Equal(t, text, bytes.TrimRight(plain, " "))
		lengths[len(sealed)] = true
	}
	assert.Len(t, lengths, 2, "the length tells little")
}

func BenchmarkUnseal(b *testing.B) {
	identity, err := age.GenerateX25519Identity()
	require.NoError(b, err)
	s := &Sealer{recipient: identity.Recipient(), identity: identity}
	sealed, err := s.Seal([]byte("who"))
	require.NoError(b, err)
	for b.Loop() {
		_, err := s.Unseal(sealed)
		require.NoError(b, err)
	}
}
