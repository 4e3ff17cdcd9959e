// Package sealing encrypts what only the holder of a key of the instance may read: who sent a tip, and what a case lead says.
package sealing

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"time"

	"filippo.io/age"

	"github.com/qingfeng-suite/qingfeng/services/internal/keyfile"
)

// Sealer encrypts to one key, and decrypts where it has that key's identity. It is safe for concurrent use.
type Sealer struct {
	recipient age.Recipient
	identity  age.Identity

	mu       sync.Mutex
	envelope *envelope // in use for a moment
}

// Open reads an age identity of the instance from a file, which it makes on first use, readable by its owner only.
func Open(file string) (*Sealer, error) {
	data, err := keyfile.Open(file, makeIdentity)
	if err != nil {
		return nil, fmt.Errorf("sealing key: %w", err)
	}
	identity, err := age.ParseX25519Identity(string(bytes.TrimSpace(data)))
	if err != nil {
		return nil, fmt.Errorf("sealing key %s: %w", file, err)
	}
	return &Sealer{recipient: identity.Recipient(), identity: identity}, nil
}

// makeIdentity writes a new identity; of two processes that start together, both end with the one that was linked first,
// and neither ever reads half a file.
func makeIdentity() ([]byte, error) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, err
	}
	return []byte(identity.String() + "\n"), nil
}

// padSize is what sealed texts are filled up to with spaces, so that their length tells nothing of who sent a tip.
const padSize = 512

// Seal encrypts a text as an age file. It comes back with spaces after it. Texts may be 64 KiB long, filled up.
func (s *Sealer) Seal(plain []byte) ([]byte, error) {
	if short := len(plain) % padSize; short > 0 {
		plain = append(slices.Clone(plain), bytes.Repeat([]byte(" "), padSize-short)...)
	}
	e, err := s.currentEnvelope()
	if err != nil {
		return nil, err
	}
	return e.seal(plain)
}

// currentEnvelope is the envelope in use, or a new one.
func (s *Sealer) currentEnvelope() (*envelope, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.envelope == nil {
		e, err := newEnvelope(s.recipient)
		if err != nil {
			return nil, err
		}
		s.envelope = e
		time.AfterFunc(envelopeTTL, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.envelope = nil
		})
	}
	return s.envelope, nil
}
