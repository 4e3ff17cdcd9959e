package server

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/qingfeng-suite/qingfeng/services/internal/keyfile"
)

// TLS names the files of transport security. All empty: none.
type TLS struct {
	// Cert and Key are PEM files of this side.
	Cert, Key string
	// CA is a PEM file of the authorities that the other side's certificate must come from; a server that has one asks
	// every client for a certificate.
	CA string
}

var errPlaintext = errors.New(
	"without TLS only a loopback address may be served; give a certificate, or allow plaintext behind a proxy with --plaintext" +
		" / 未配置 TLS 时只能在本机回环地址提供服务，请配置证书；前面有加密代理的，用 --plaintext 允许",
)

func (t TLS) credentials(listen string, plaintext bool) (credentials.TransportCredentials, error) {
	cfg, err := t.server()
	if err != nil {
		return nil, err
	}
	if cfg == nil {
		if !plaintext && !loopback(listen) {
			return nil, fmt.Errorf("%s: %w", listen, errPlaintext)
		}
		return insecure.NewCredentials(), nil
	}
	return tlsUnlessMemory{TransportCredentials: credentials.NewTLS(cfg)}, nil
}

// SecureHTTP puts the server's TLS, without client certificates, before a listener for HTTP. The rule for plaintext is the
// same as for gRPC.
func (c Config) SecureHTTP(l net.Listener) (net.Listener, error) {
	cfg, err := TLS{Cert: c.TLS.Cert, Key: c.TLS.Key}.server()
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	if cfg != nil {
		cfg.NextProtos = []string{"h2", "http/1.1"}
		return tls.NewListener(l, cfg), nil
	}
	if !c.Plaintext && !loopback(l.Addr().String()) {
		return nil, errors.Join(fmt.Errorf("%s: %w", l.Addr(), errPlaintext), l.Close())
	}
	return l, nil
}

// SecureAdmin puts before a listener for the operator, beyond this machine, what gRPC has: TLS, and client certificates where an
// authority is named.
func (c Config) SecureAdmin(l net.Listener) (net.Listener, error) {
	if loopback(l.Addr().String()) {
		return l, nil
	}
	cfg, err := c.TLS.server()
	switch {
	case err != nil:
		return nil, errors.Join(err, l.Close())
	case cfg != nil:
		return tls.NewListener(l, cfg), nil
	case !c.Plaintext:
		return nil, errors.Join(fmt.Errorf("%s: %w", l.Addr(), errPlaintext), l.Close())
	}
	return l, nil
}

// suites are those of TLS 1.2 that are safe: with a key for each connection, and without CBC. Those of 1.3 all are.
func suites() []uint16 {
	var ids []uint16
	for _, suite := range tls.CipherSuites() {
		if strings.Contains(suite.Name, "_ECDHE_") && !strings.Contains(suite.Name, "_CBC_") {
			ids = append(ids, suite.ID)
		}
	}
	return ids
}

func (t TLS) server() (*tls.Config, error) {
	if t == (TLS{}) {
		return nil, nil //nolint:nilnil // no TLS is a valid answer
	}
	cert, err := t.certificate()
	if err != nil {
		return nil, err
	}
	cfg := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, CipherSuites: suites()}
	if t.CA != "" {
		if cfg.ClientCAs, err = pool(t.CA); err != nil {
			return nil, err
		}
		cfg.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return cfg, nil
}

// certificate is that of this side, whose key must not be open to others.
func (t TLS) certificate() (tls.Certificate, error) {
	if err := keyfile.Check(t.Key); err != nil {
		return tls.Certificate{}, fmt.Errorf("TLS key: %w", err)
	}
	cert, err := tls.LoadX509KeyPair(t.Cert, t.Key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("TLS certificate: %w", err)
	}
	return cert, nil
}

// client is the configuration of the calling side; nil where the other side speaks plaintext.
func (t TLS) client() (*tls.Config, error) {
	if t == (TLS{}) {
		return nil, nil //nolint:nilnil // no TLS is a valid answer
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, CipherSuites: suites()}
	var err error
	if t.CA != "" {
		if cfg.RootCAs, err = pool(t.CA); err != nil {
			return nil, err
		}
	}
	if t.Cert != "" {
		cert, err := t.certificate()
		if err != nil {
			return nil, err
		}
		cfg.Certificates = []tls.Certificate{cert}
	}
	return cfg, nil
}

// HTTPClient calls over HTTP with the same files.
func (t TLS) HTTPClient() (*http.Client, error) {
	cfg, err := t.client()
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: cfg, ForceAttemptHTTP2: true,
	}}, nil
}

func pool(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("TLS authorities: %w", err)
	}
	p := x509.NewCertPool()
	if !p.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("TLS authorities %s: no certificate in it", file)
	}
	return p, nil
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// tlsUnlessMemory lets the in-memory connection of the same process through without TLS.
type tlsUnlessMemory struct {
	credentials.TransportCredentials
}

// ServerHandshake secures what comes over the network.
func (m tlsUnlessMemory) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	if conn.LocalAddr().Network() == "bufconn" {
		return insecure.NewCredentials().ServerHandshake(conn)
	}
	return m.TransportCredentials.ServerHandshake(conn)
}

// Clone copies the credentials, as gRPC asks.
func (m tlsUnlessMemory) Clone() credentials.TransportCredentials {
	return tlsUnlessMemory{m.TransportCredentials.Clone()}
}
