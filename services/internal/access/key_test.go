package access_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/access/accesstest"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
)

func TestTheTokenKeyIsMadeOnceAndForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	file, c := filepath.Join(t.TempDir(), "keys", "token.pem"), clock.NewManual(accesstest.Start)
	first, err := access.OpenTokens(file, c)
	require.NoError(t, err)
	second, err := access.OpenTokens(file, c)
	require.NoError(t, err)
	want := access.Principal{
		Subject: "accounts/1", Officer: "officers/1-a", Unit: accesstest.County, Roles: []string{"a", "b"}, Service: "risk",
	}
	token, err := first.Issue(want, time.Minute)
	require.NoError(t, err)
	got, _, err := second.Check(t.Context(), token)
	require.NoError(t, err)
	assert.Equal(t, want, got)
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode())
	info, err = os.Stat(filepath.Dir(file))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
}

func TestFirstStartsAtOnceEndWithOneKey(t *testing.T) {
	t.Parallel()
	file, c := filepath.Join(t.TempDir(), "token.pem"), clock.NewManual(accesstest.Start)
	opened, failed := make([]*access.Tokens, 16), make([]error, 16)
	var all sync.WaitGroup
	for i := range opened {
		all.Go(func() { opened[i], failed[i] = access.OpenTokens(file, c) })
	}
	all.Wait()
	for i := range opened {
		require.NoError(t, failed[i])
		token, err := opened[0].Issue(access.Principal{Subject: "a"}, time.Minute)
		require.NoError(t, err)
		_, _, err = opened[i].Check(t.Context(), token)
		require.NoError(t, err)
	}
	left, err := os.ReadDir(filepath.Dir(file))
	require.NoError(t, err)
	assert.Len(t, left, 1, "no draft is left over")
}

func TestAFileThatIsNoEd25519KeyIsRefused(t *testing.T) {
	t.Parallel()
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(curve)
	require.NoError(t, err)
	for name, content := range map[string]string{
		"empty": "", "garbage": "not a key", "PEM of garbage": string(pem.EncodeToMemory(&pem.Block{
			Type: "PRIVATE KEY", Bytes: []byte("x"),
		})),
		"another kind of key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "token.pem")
			require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
			_, err := access.OpenTokens(file, clock.System{})
			require.ErrorContains(t, err, "token key")
			kept, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, content, string(kept), "the file is not replaced")
		})
	}
}

func FuzzCheck(f *testing.F) {
	tokens, err := access.OpenTokens(filepath.Join(f.TempDir(), "token.pem"), clock.NewManual(accesstest.Start))
	require.NoError(f, err)
	good, err := tokens.Issue(access.Principal{Subject: "a"}, time.Hour)
	require.NoError(f, err)
	for _, seed := range []string{good, "", "..", "a.b.c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if _, _, err := tokens.Check(t.Context(), token); err == nil && token != good {
			t.Fatalf("%q was taken for a token", token)
		}
	})
}

func TestVerifiedTokenStillExpires(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(accesstest.Start)
	tokens, err := access.OpenTokens(filepath.Join(t.TempDir(), "token.pem"), c)
	require.NoError(t, err)
	want := access.Principal{Subject: "accounts/1", Unit: accesstest.County, Roles: []string{"a"}}
	token, err := tokens.Issue(want, time.Hour)
	require.NoError(t, err)
	for range 2 {
		got, _, err := tokens.Check(t.Context(), token)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, _, err = tokens.Check(t.Context(), token+"x")
	require.ErrorContains(t, err, "TOKEN_INVALID")
	c.Advance(time.Hour)
	for range 2 {
		_, _, err = tokens.Check(t.Context(), token)
		require.ErrorContains(t, err, "TOKEN_EXPIRED")
	}
}

func TestAKeptTokenIsRenewedAtHalfItsLife(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(accesstest.Start)
	tokens, err := access.OpenTokens(filepath.Join(t.TempDir(), "token.pem"), c)
	require.NoError(t, err)
	kept := tokens.TokenSource(access.Principal{Subject: "services/risk", Service: "risk"}, time.Minute)
	first, err := kept()
	require.NoError(t, err)
	c.Advance(29 * time.Second)
	again, err := kept()
	require.NoError(t, err)
	assert.Equal(t, first, again)
	c.Advance(time.Second)
	next, err := kept()
	require.NoError(t, err)
	assert.NotEqual(t, first, next)
	_, _, err = tokens.Check(t.Context(), next)
	require.NoError(t, err)
}
