package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/qingfeng-suite/qingfeng/services/internal/access/accesstest"
)

const (
	patience = 30 * time.Second
	tick     = 5 * time.Millisecond
)

func TestPlaintextIsServedOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"127.0.0.1:0": true, "127.9.9.9:0": true, "[::1]:0": true, "localhost:0": true,
		"0.0.0.0:0": false, ":0": false, "[::]:0": false, "10.0.0.1:0": false, "example.org:0": false, "localhost": false,
		"": false,
	} {
		_, err := TLS{}.credentials(address, false)
		assert.Equal(t, want, err == nil, address)
	}
	_, err := TLS{}.credentials("0.0.0.0:0", true)
	require.NoError(t, err, "the operator may say otherwise")
	_, err = New(nil, Config{Listen: "0.0.0.0:0"}, accesstest.New(t).Gate, zap.NewNop(), prometheus.NewRegistry())
	require.ErrorIs(t, err, errPlaintext)
}

// authority issues certificates into a folder.
type authority struct {
	folder, file string
	cert         *x509.Certificate
	key          *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{folder: t.TempDir()}
	files := a.issue(t, "ca")
	a.file = files.Cert
	return a
}

// issue makes a certificate for 127.0.0.1; the first is the authority's own.
func (a *authority) issue(t *testing.T, name string) TLS {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:   time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true,
		IsCA:        a.cert == nil,
		KeyUsage:    x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if a.cert == nil {
		a.cert, a.key = cert, key
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, a.cert, key.Public(), a.key)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return TLS{Cert: a.write(t, name+".pem", "CERTIFICATE", der), Key: a.write(t, name+".key", "PRIVATE KEY", secret), CA: a.file}
}

func (a *authority) write(t *testing.T, name, kind string, der []byte) string {
	t.Helper()
	file := filepath.Join(a.folder, name)
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
	return file
}

func TestWithAnAuthorityOnlyItsClientsComeIn(t *testing.T) {
	t.Parallel()
	ours, theirs := newAuthority(t), newAuthority(t)
	b := run(t, Config{Listen: loopbackAny, TLS: ours.issue(t, "server")}, alwaysReady)
	stranger := theirs.issue(t, "stranger")
	stranger.CA = ours.file
	impostor := ours.issue(t, "client")
	impostor.CA = theirs.file
	for name, test := range map[string]struct {
		files TLS
		want  codes.Code
	}{
		"ours":                         {ours.issue(t, "risk"), codes.OK},
		"of another authority":         {stranger, codes.Unavailable},
		"without certificate":          {TLS{CA: ours.file}, codes.Unavailable},
		"plaintext":                    {TLS{}, codes.Unavailable},
		"to whom the server is no one": {impostor, codes.Unavailable},
	} {
		conn, err := Dial(b.Addr(), test.files)
		require.NoError(t, err)
		_, err = grpc_health_v1.NewHealthClient(conn).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
		assert.Equal(t, test.want, status.Code(err), name)
		require.NoError(t, conn.Close())
	}
	require.NoError(t, list(b.clerk(t), b), "the connection in memory needs no certificate")
}

func TestAFaultInTLSFilesIsFatal(t *testing.T) {
	t.Parallel()
	ours := newAuthority(t)
	good, empty := ours.issue(t, "server"), filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	for name, files := range map[string]TLS{
		"no key":               {Cert: good.Cert},
		"an authority only":    {CA: good.CA},
		"no such certificate":  {Cert: "/nowhere", Key: good.Key},
		"another's key":        {Cert: good.Cert, Key: ours.issue(t, "other").Key},
		"no such authority":    {Cert: good.Cert, Key: good.Key, CA: "/nowhere"},
		"an authority of none": {Cert: good.Cert, Key: good.Key, CA: empty},
	} {
		_, err := files.credentials(loopbackAny, false)
		require.ErrorContains(t, err, "TLS", name)
		if name != "an authority only" { // which is all a client needs
			_, err = files.client()
			require.ErrorContains(t, err, "TLS", name)
		}
	}
}

func TestTheOperatorsListenerIsSecuredBeyondThisMachine(t *testing.T) {
	t.Parallel()
	files := newAuthority(t).issue(t, "server")
	for _, c := range []struct {
		address string
		cfg     Config
		want    string // the listener's type
	}{
		{loopbackAny, Config{TLS: files}, "*net.TCPListener"},
		{"0.0.0.0:0", Config{TLS: files}, "*tls.listener"},
		{"0.0.0.0:0", Config{Plaintext: true}, "*net.TCPListener"},
		{"0.0.0.0:0", Config{}, "<nil>"},
	} {
		l, err := c.cfg.SecureAdmin(listen(t, c.address))
		assert.Equal(t, c.want, fmt.Sprintf("%T", l), c.address)
		if l == nil {
			require.ErrorIs(t, err, errPlaintext)
			continue
		}
		require.NoError(t, err)
		require.NoError(t, l.Close())
	}
}

func TestNoCipherWithCBCIsTaken(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	files := a.issue(t, "server")
	b := run(t, Config{Listen: loopbackAny, TLS: TLS{Cert: files.Cert, Key: files.Key}}, alwaysReady)
	authorities, err := pool(a.file)
	require.NoError(t, err)
	for suite, taken := range map[uint16]bool{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: true, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: false,
	} {
		conn, err := (&tls.Dialer{Config: &tls.Config{
			RootCAs: authorities, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite},
		}}).DialContext(t.Context(), "tcp", b.Addr())
		assert.Equal(t, taken, err == nil, "%s: %v", tls.CipherSuiteName(suite), err)
		if err == nil {
			require.NoError(t, conn.Close())
		}
	}
}
