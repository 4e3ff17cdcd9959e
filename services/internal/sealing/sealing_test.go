package sealing_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"filippo.io/age"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/internal/sealing"
)

// unseal opens what was sealed, with the identity in a file.
func unseal(t *testing.T, file string, sealed []byte) (string, error) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	identity, err := age.ParseX25519Identity(strings.TrimSpace(string(text)))
	require.NoError(t, err)
	r, err := age.Decrypt(bytes.NewReader(sealed), identity)
	if err != nil {
		return "", err
	}
	plain, err := io.ReadAll(r)
	if len(sealed) > 0 {
		require.Zero(t, len(plain)%512, "its length tells of who sent it")
	}
	return strings.TrimRight(string(plain), " "), err
}

func TestOnlyTheHolderOfTheKeyReadsWhatIsSealed(t *testing.T) {
	t.Parallel()
	file, other := filepath.Join(t.TempDir(), "keys", "source.age"), filepath.Join(t.TempDir(), "other.age")
	sealer, err := sealing.Open(file)
	require.NoError(t, err)
	_, err = sealing.Open(other)
	require.NoError(t, err)
	for _, plain := range []string{"", "张三 13800000000", strings.Repeat("x", 60_000)} {
		sealed, err := sealer.Seal([]byte(plain))
		require.NoError(t, err)
		assert.False(t, plain != "" && bytes.Contains(sealed, []byte(plain)))
		got, err := unseal(t, file, sealed)
		require.NoError(t, err)
		assert.Equal(t, plain, got)
		_, err = unseal(t, other, sealed)
		require.Error(t, err)
		again, err := sealer.Seal([]byte(plain))
		require.NoError(t, err)
		assert.NotEqual(t, sealed, again, "equal senders are not told to be equal")
	}
	_, err = sealer.Seal(make([]byte, 100_000))
	require.Error(t, err)
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode())
}

func TestFirstStartsAtOnceEndWithOneIdentity(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "source.age")
	sealers, failed := make([]*sealing.Sealer, 16), make([]error, 16)
	var all sync.WaitGroup
	for i := range sealers {
		all.Go(func() { sealers[i], failed[i] = sealing.Open(file) })
	}
	all.Wait()
	for i := range sealers {
		require.NoError(t, failed[i])
		sealed, err := sealers[i].Seal([]byte("a"))
		require.NoError(t, err)
		got, err := unseal(t, file, sealed)
		require.NoError(t, err)
		assert.Equal(t, "a", got)
	}
}

func TestAFileThatIsNoIdentityIsRefused(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "garbage", "age1publickey"} {
		file := filepath.Join(t.TempDir(), "source.age")
		require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
		_, err := sealing.Open(file)
		require.ErrorContains(t, err, "sealing key")
	}
	_, err := sealing.Open(t.TempDir())
	require.ErrorContains(t, err, "sealing key")
}
