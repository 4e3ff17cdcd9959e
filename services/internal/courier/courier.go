// Package courier carries messages out of the instance: mails to its mail server and calls to webhooks. It knows what may
// go where and how; what is sent, and when again, is its caller's.
package courier

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/keyfile"
)

// Timeout is how long one mail or one call may take.
const Timeout = 10 * time.Second

// Failure says why something was not delivered.
type Failure struct { //nolint:errname // courier.Failure says it; courier.FailureError would say it twice
	// Reason is stable and short, such as "HTTP_500" or "TIMEOUT". What the other side wrote is not in it.
	Reason string
	// Permanent means that trying again is of no use.
	Permanent bool
	// Refused means that the other side itself said no, in the order of its protocol.
	Refused bool
	cause   error
}

// Error returns the reason. The cause may hold an address and stays out.
func (f *Failure) Error() string { return f.Reason }

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.cause }

// Courier carries messages out.
type Courier struct {
	cfg      Config
	clock    clock.Clock
	key      []byte
	password string
	roots    *x509.CertPool
	http     *http.Client
}

// New makes a courier. keyFile holds the key that the secrets of webhooks come from; it is made on first use.
func New(cfg Config, keyFile string, c clock.Clock) (*Courier, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	courier := &Courier{cfg: cfg, clock: c}
	var err error
	if courier.key, err = openKey(keyFile); err != nil {
		return nil, err
	}
	if courier.roots, err = roots(cfg.CA); err != nil {
		return nil, err
	}
	if cfg.SMTP.PasswordFile != "" {
		text, err := keyfile.Read(cfg.SMTP.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("password of the mail server: %w", err)
		}
		courier.password = strings.TrimSpace(string(text))
	}
	courier.http = courier.newHTTP()
	return courier, nil
}

const keySize = 32

func openKey(file string) ([]byte, error) {
	text, err := keyfile.Open(file, func() ([]byte, error) {
		key := make([]byte, keySize)
		_, err := rand.Read(key)
		return []byte(hex.EncodeToString(key) + "\n"), err
	})
	if err != nil {
		return nil, fmt.Errorf("delivery key: %w", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != keySize {
		return nil, fmt.Errorf("delivery key %s: want %d hexadecimal digits", file, 2*keySize)
	}
	return key, nil
}

// roots are the authorities of the system and those of a file; nil, which means the system's, where none is named.
func roots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // crypto/tls reads nil as the system's authorities
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("authorities for deliveries: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, errors.New("authorities for deliveries: the file holds no PEM certificate")
	}
	return pool, nil
}

// secretPrefix marks a secret after the Standard Webhooks specification.
const secretPrefix = "whsec_"

// Secret is the secret of a webhook, "whsec_…". It is made from the delivery key and the name of the contact point each
// time: a copy of the database holds nothing to sign with.
func (c *Courier) Secret(name string) (string, error) {
	raw, err := c.secret(name)
	return secretPrefix + base64.StdEncoding.EncodeToString(raw), err
}

func (c *Courier) secret(name string) ([]byte, error) {
	return hkdf.Key(sha256.New, c.key, nil, "qingfeng webhook "+name, keySize)
}

// HasMailServer tells whether there is a mail server.
func (c *Courier) HasMailServer() bool { return c.cfg.SMTP.Address != "" }
