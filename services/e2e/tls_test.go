package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/postgres/pgtest"
)

// certificate writes a certificate for addresses, that is its own authority, and its key.
func certificate(t *testing.T, addresses ...string) (certFile, keyFile string, authorities *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: clock.System{}.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	for _, address := range addresses {
		host, _, err := net.SplitHostPort(address)
		require.NoError(t, err)
		cert.IPAddresses = append(cert.IPAddresses, net.ParseIP(host))
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	_, certFile = write(t, "cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	_, keyFile = write(t, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
	authorities = x509.NewCertPool()
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	authorities.AddCert(parsed)
	return certFile, keyFile, authorities
}

func TestTheOperatorsAddressIsNotServedInPlaintextBeyondThisMachine(t *testing.T) {
	t.Parallel()
	said := fails(t, "serve", "--data", filepath.Join(t.TempDir(), "data"), "--database-url", pgtest.URL(t, "empty", nil),
		"--grpc", address(), "--http", address(), "--admin", "0.0.0.0:0")
	assert.Contains(t, said, "without TLS only a loopback address may be served")
}

// TestWhatIsServedOverTLSIsServedSafely asks every port of an instance, the operator's being open beyond this machine.
func TestWhatIsServedOverTLSIsServedSafely(t *testing.T) {
	t.Parallel()
	direct, web, admin := address(), address(), address()
	_, port, err := net.SplitHostPort(admin)
	require.NoError(t, err)
	cert, key, authorities := certificate(t, direct, web, admin)
	start(t, "serve", "--data", t.TempDir(), "--database-url", pgtest.URL(t, "empty", nil), "--grpc", direct, "--http", web,
		"--admin", "0.0.0.0:"+port, "--tls-cert", cert, "--tls-key", key, "--log-level", "warn")
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
	}}
	t.Cleanup(client.CloseIdleConnections)
	ask := func(ctx context.Context, url string) (code int, header http.Header) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		require.NoError(t, err)
		answer, err := client.Do(req)
		if err != nil {
			return 0, nil
		}
		require.NoError(t, answer.Body.Close())
		return answer.StatusCode, answer.Header
	}
	require.NoError(t, clock.PollUntil(t.Context(), time.Minute, 20*time.Millisecond, func(ctx context.Context) (bool, error) {
		code, _ := ask(ctx, "https://"+admin+"/readyz")
		return code == http.StatusOK, nil
	}), "not ready")
	for _, url := range []string{admin + "/metrics", admin + "/healthz", web + "/openapi.json"} {
		code, header := ask(t.Context(), "https://"+url)
		assert.Equal(t, http.StatusOK, code, url)
		assert.Equal(t, "max-age=31536000", header.Get("Strict-Transport-Security"), url)
		code, _ = ask(t.Context(), "http://"+url)
		assert.Contains(t, []int{0, http.StatusBadRequest}, code, "%s in plaintext", url)
	}
	for _, at := range []string{direct, web, admin} {
		for suite, taken := range map[uint16]bool{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: true, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: false,
		} {
			conn, err := (&tls.Dialer{Config: &tls.Config{
				RootCAs: authorities, MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite},
			}}).DialContext(t.Context(), "tcp", at)
			assert.Equal(t, taken, err == nil, "%s at %s: %v", tls.CipherSuiteName(suite), at, err)
			if err == nil {
				require.NoError(t, conn.Close())
			}
		}
	}
}
