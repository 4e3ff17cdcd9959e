package courier

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"strconv"
	"strings"
)

// Config says by what and to where messages leave the instance. The zero Config sends no mail and calls public https
// addresses only.
type Config struct {
	SMTP    SMTP
	Webhook Webhook
	// CA is a PEM file of authorities trusted besides the system's, for mail server and webhooks of a closed network.
	CA string
}

// SMTP is the mail server that takes the instance's mails.
type SMTP struct {
	// Address is host:port; empty: no mail is sent.
	Address string
	// From is the sender's address.
	From string
	// TLS is how the connection is secured: one of the constants below.
	TLS string
	// User and the file with the password; both or neither.
	User, PasswordFile string
}

// How a connection to a mail server is secured.
const (
	StartTLS = "starttls" // required after connecting
	TLS      = "tls"      // from the first byte
	NoTLS    = "none"     // only to this very machine
)

// Webhook says what may be called beyond public https addresses.
type Webhook struct {
	// Plain allows http.
	Plain bool
	// Allow lists hosts and networks of a closed network that may be called though they are not public: "oa.example",
	// "10.1.0.0/16".
	Allow []string
}

// Validate fails on what can't work or is not safe.
func (c Config) Validate() error {
	for _, entry := range c.Webhook.Allow {
		if strings.TrimSpace(entry) != entry || entry == "" || strings.Contains(entry, "://") {
			return fmt.Errorf("allowed webhook %q: want a host or a network such as 10.1.0.0/16", entry)
		}
		if _, err := netip.ParsePrefix(entry); strings.Contains(entry, "/") && err != nil {
			return fmt.Errorf("allowed webhook %q: %w", entry, err)
		}
	}
	if err := c.SMTP.validate(); err != nil {
		return fmt.Errorf("mail server: %w", err)
	}
	return nil
}

func (s SMTP) validate() error {
	if s.Address == "" {
		if s.From+s.User+s.PasswordFile != "" {
			return errors.New("sender or account are given, but no address")
		}
		return nil
	}
	host, _, err := s.hostPort()
	if err != nil {
		return err
	}
	if _, err := mail.ParseAddress(s.From); err != nil {
		return fmt.Errorf("sender %q: %w", s.From, err)
	}
	if (s.User == "") != (s.PasswordFile == "") {
		return errors.New("user and password file go together")
	}
	switch s.TLS {
	case StartTLS, TLS:
		return nil
	case NoTLS:
		if !loopback(host) {
			return errors.New("without TLS only a mail server on this machine is used")
		}
		return nil
	default:
		return fmt.Errorf("TLS %q: want %s, %s or %s", s.TLS, StartTLS, TLS, NoTLS)
	}
}

func (s SMTP) hostPort() (string, int, error) {
	host, text, err := net.SplitHostPort(s.Address)
	if err != nil {
		return "", 0, err
	}
	if !isPort(text) || host == "" {
		return "", 0, fmt.Errorf("address %q: want host:port", s.Address)
	}
	port, err := strconv.Atoi(text)
	return host, port, err
}

func isPort(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
