package access

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/cache"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/keyfile"
)

const issuer = "qingfeng"

// Tokens issues and checks the bearer tokens of one instance: JWTs signed with its Ed25519 key.
type Tokens struct {
	key      ed25519.PrivateKey
	clock    clock.Clock
	verified cache.Cache[[sha256.Size]byte, verifiedToken]
}

// maxVerifiedTokens is how many verified tokens are cached. A token is valid until it expires, so its signature is checked
// once.
const maxVerifiedTokens = 10_000

// verifiedToken is what a good token says. It is kept by the token's hash: the token itself stays in no memory of ours.
type verifiedToken struct {
	principal Principal
	expiresAt time.Time
}

type claims struct {
	jwt.RegisteredClaims

	Officer string   `json:"officer,omitempty"`
	Unit    string   `json:"unit,omitempty"`
	Roles   []string `json:"roles,omitempty"`
	Service string   `json:"service,omitempty"`
}

// OpenTokens reads the instance's key from a PEM file, which it makes on first use, readable by its owner only.
func OpenTokens(file string, c clock.Clock) (*Tokens, error) {
	data, err := keyfile.Open(file, makeKey)
	if err != nil {
		return nil, fmt.Errorf("token key: %w", err)
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("token key %s: not a PEM file", file)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("token key %s: %w", file, err)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("token key %s: not an Ed25519 key", file)
	}
	verified := cache.New[[sha256.Size]byte, verifiedToken](maxVerifiedTokens, c.Now, cache.Always)
	return &Tokens{key: key, clock: c, verified: verified}, nil
}

func makeKey() ([]byte, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// Issue makes a token for a principal that holds for some time.
func (t *Tokens) Issue(p Principal, ttl time.Duration) (string, error) {
	now := t.clock.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    issuer,
			Subject:   p.Subject,
			IssuedAt:  jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(now.Add(ttl)),
		},
		Officer: p.Officer, Unit: p.Unit, Roles: p.Roles, Service: p.Service,
	})
	return token.SignedString(t.key)
}

// Check returns who a token was issued for, and until when it holds; or an UNAUTHENTICATED fault.
func (t *Tokens) Check(ctx context.Context, token string) (Principal, time.Time, error) {
	hash := sha256.Sum256([]byte(token))
	c, err := t.verified.Get(ctx, hash, func(context.Context) (verifiedToken, error) { return t.verify(token) })
	if err != nil {
		return Principal{}, time.Time{}, err
	}
	if !t.clock.Now().Before(c.expiresAt) {
		return Principal{}, time.Time{}, fault.Unauthenticated(words.TokenExpired())
	}
	return c.principal, c.expiresAt, nil
}

// CheckHeader returns the subject of the token in the values of an authorization header; or a fault, as Check.
func (t *Tokens) CheckHeader(ctx context.Context, authorization []string) (subject string, err error) {
	token := bearerToken(authorization)
	if token == "" {
		return "", fault.Unauthenticated(words.TokenMissing())
	}
	p, _, err := t.Check(ctx, token)
	return p.Subject, err
}

// CheckShape is CheckHeader for who has not got the key: it refuses what is no token, or is past its time.
func CheckShape(authorization []string, now time.Time) error {
	token := bearerToken(authorization)
	if token == "" {
		return fault.Unauthenticated(words.TokenMissing())
	}
	var c claims
	if _, _, err := jwt.NewParser().ParseUnverified(token, &c); err != nil || c.ExpiresAt == nil {
		return fault.Unauthenticated(words.TokenInvalid())
	}
	if !now.Before(c.ExpiresAt.Time) {
		return fault.Unauthenticated(words.TokenExpired())
	}
	return nil
}

func (t *Tokens) verify(token string) (verifiedToken, error) {
	var c claims
	_, err := jwt.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return t.key.Public(), nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithIssuer(issuer),
		jwt.WithExpirationRequired(), jwt.WithTimeFunc(t.clock.Now))
	if errors.Is(err, jwt.ErrTokenExpired) {
		return verifiedToken{}, fault.Unauthenticated(words.TokenExpired())
	}
	if err != nil {
		return verifiedToken{}, fault.Unauthenticated(words.TokenInvalid())
	}
	p := Principal{Subject: c.Subject, Officer: c.Officer, Unit: c.Unit, Roles: c.Roles, Service: c.Service}
	return verifiedToken{p, c.ExpiresAt.Time}, nil
}

// TokenSource returns a function that issues tokens for one principal and reuses each for half its life.
func (t *Tokens) TokenSource(p Principal, ttl time.Duration) func() (string, error) {
	var mu sync.Mutex
	var token string
	var renew time.Time
	return func() (string, error) {
		mu.Lock()
		defer mu.Unlock()
		now := t.clock.Now()
		if token != "" && now.Before(renew) {
			return token, nil
		}
		var err error
		token, err = t.Issue(p, ttl)
		renew = now.Add(ttl / 2)
		return token, err
	}
}
