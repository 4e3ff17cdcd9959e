// Package couriertest gives tests a mail server and webhooks on this machine.
package couriertest

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// MailServer takes mails, unless it is told to refuse them.
type MailServer struct {
	// Address is host:port.
	Address string
	// TLS makes the server offer STARTTLS, and allow accounts, from the next Start on.
	TLS *tls.Config

	tb     testing.TB
	mu     sync.Mutex
	server *smtp.Server
	mails  []string
	to     []string
	refuse map[string]error
	dials  int
}

// NewMailServer finds an address for a mail server; Start starts it.
func NewMailServer(tb testing.TB) *MailServer {
	tb.Helper()
	m := &MailServer{Address: reserve(tb), tb: tb, refuse: map[string]error{}}
	tb.Cleanup(m.Stop)
	return m
}

// reserve binds a port without listening: connections are refused until the server starts, and nobody else is given the port.
func reserve(tb testing.TB) (address string) {
	tb.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, unix.Close(fd)) })
	require.NoError(tb, unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
	require.NoError(tb, unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	name, err := unix.Getsockname(fd)
	require.NoError(tb, err)
	bound, ok := name.(*unix.SockaddrInet4)
	require.True(tb, ok)
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(bound.Port))
}

// beside listens at a port that reserve has bound.
var beside = net.ListenConfig{Control: func(_, _ string, conn syscall.RawConn) error {
	var refused error
	err := conn.Control(func(fd uintptr) { refused = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) })
	return errors.Join(err, refused)
}}

// Start begins to take mails.
func (m *MailServer) Start() {
	m.tb.Helper()
	s := smtp.NewServer(m)
	s.Domain, s.Addr, s.TLSConfig, s.ErrorLog = "mail.test", m.Address, m.TLS, quiet{}
	l, err := beside.Listen(m.tb.Context(), "tcp", m.Address)
	require.NoError(m.tb, err)
	m.mu.Lock()
	m.server = s
	m.mu.Unlock()
	go func() { _ = s.Serve(l) }()
}

type quiet struct{}

// Printf drops the line.
func (quiet) Printf(string, ...any) {}

// Println says nothing.
func (quiet) Println(...any) {}

// Stop closes the server and every connection.
func (m *MailServer) Stop() {
	m.mu.Lock()
	s := m.server
	m.server = nil
	m.mu.Unlock()
	if s != nil {
		_ = s.Close()
	}
}

// Refuse has the server answer with an error to mails to an address; a nil one has it drop the connection.
func (m *MailServer) Refuse(address string, err *smtp.SMTPError) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refuse[address] = err
	if err == nil {
		m.refuse[address] = io.EOF
	}
}

// Mails are those taken so far, as they came over the wire, and to whom.
func (m *MailServer) Mails() (to, mails []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]string{}, m.to...), append([]string{}, m.mails...)
}

// Sessions is how many connections there were.
func (m *MailServer) Sessions() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dials
}

// NewSession is called for each connection.
func (m *MailServer) NewSession(c *smtp.Conn) (smtp.Session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dials++
	return &session{server: m, conn: c}, nil
}

// The one account that a server with TLS has.
const (
	Account  = "qingfeng"
	Password = "correct horse"
)

type session struct {
	server *MailServer
	conn   *smtp.Conn
	to     string
}

// AuthMechanisms are offered.
func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth knows the one account.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != Account || password != Password {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

// Mail takes any sender.
func (s *session) Mail(string, *smtp.MailOptions) error { return nil }

// Rcpt takes an address, unless it is to be refused.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.server.mu.Lock()
	err := s.server.refuse[to]
	s.server.mu.Unlock()
	if err == io.EOF { //nolint:errorlint // put there by Refuse itself
		return s.conn.Conn().Close()
	}
	s.to = to
	return err
}

// Data takes a mail.
func (s *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.to, s.server.mails = append(s.server.to, s.to), append(s.server.mails, string(text))
	return nil
}

// Reset forgets nothing: Rcpt sets what it knows anew.
func (s *session) Reset() {}

// Logout ends a session.
func (s *session) Logout() error { return nil }

// Hook is a webhook that keeps what it is sent.
type Hook struct {
	*httptest.Server

	mu     sync.Mutex
	status int
	calls  []HookCall
}

// HookCall is one call of a webhook.
type HookCall struct {
	Header http.Header
	Body   string
}

// NewHook starts a webhook that answers 200, over TLS.
func NewHook(tb testing.TB) *Hook {
	tb.Helper()
	h := &Hook{status: http.StatusOK}
	h.Server = httptest.NewTLSServer(h)
	tb.Cleanup(h.Close)
	return h
}

// ServeHTTP keeps the call.
func (h *Hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = append(h.calls, HookCall{Header: r.Header, Body: string(body)})
	if h.status/100 == 3 {
		w.Header().Set("Location", "/elsewhere")
	}
	w.WriteHeader(h.status)
	_, _ = io.WriteString(w, strings.Repeat("x", 1<<20)) // more than anybody reads
}

// Answer sets the status of the next answers.
func (h *Hook) Answer(status int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status = status
}

// Calls are those so far.
func (h *Hook) Calls() []HookCall {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]HookCall{}, h.calls...)
}

// CA writes the certificate that a Hook has to a file.
func (h *Hook) CA(tb testing.TB) string {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "ca.pem")
	require.NoError(tb,
		os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: h.Certificate().Raw}), 0o600))
	return file
}
