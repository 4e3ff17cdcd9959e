package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
)

// selfSigned writes the files of a certificate for this machine that is its own authority.
func selfSigned(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	write := func(name, kind string, der []byte) string {
		file := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
		return file
	}
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", secret)
}

func TestTheFilesOfTLSHoldForAnHTTPSServer(t *testing.T) {
	t.Parallel()
	cert, key := selfSigned(t)
	pair, err := tls.LoadX509KeyPair(cert, key)
	require.NoError(t, err)
	clients := x509.NewCertPool()
	clients.AddCert(pair.Leaf)
	gateway := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"unit":{"name":"units/1"}}`))
	}))
	gateway.TLS = &tls.Config{
		Certificates: []tls.Certificate{pair}, ClientCAs: clients, ClientAuth: tls.RequireAndVerifyClientCert,
		MinVersion: tls.VersionTLS12,
	}
	gateway.StartTLS()
	t.Cleanup(gateway.Close)
	call := func(r address) error {
		conn, err := r.dial("t")
		if err != nil {
			return err
		}
		_, err = networkv1.NewUnitServiceClient(conn).GetUnit(t.Context(), &networkv1.GetUnitRequest{Name: "units/1"})
		return err
	}

	require.NoError(t, call(address{Server: gateway.URL, CA: cert, Cert: cert, Key: key}))
	require.Error(t, call(address{Server: gateway.URL, CA: cert}), "the server asks for a certificate")
	require.ErrorContains(t, call(address{Server: gateway.URL, Cert: cert, Key: key}), "x509",
		"nobody known signed the server's")
	require.ErrorContains(t, call(address{Server: gateway.URL, CA: key}), "authorities")
	assert.ErrorContains(t, call(address{Server: "http://127.0.0.1:1", CA: cert}), "https://")
}
