// Package sealing encrypts what only the holder of the instance's source key may read: who sent a tip.
package sealing

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"filippo.io/age"

	"github.com/qingfeng-suite/qingfeng/services/internal/keyfile"
)

// Sealer encrypts to one key, and decrypts where it has that key's identity.
type Sealer struct {
	recipient age.Recipient
	identity  age.Identity
}

// Open reads the age identity of the instance from a file, which it makes on first use, readable by its owner only.
func Open(file string) (*Sealer, error) {
	data, err := keyfile.Open(file, makeIdentity)
	if err != nil {
		return nil, fmt.Errorf("source key: %w", err)
	}
	identity, err := age.ParseX25519Identity(string(bytes.TrimSpace(data)))
	if err != nil {
		return nil, fmt.Errorf("source key %s: %w", file, err)
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

// padTo is what sealed texts are filled up to with spaces, so that their length tells nothing of who sent a tip.
const padTo = 512

// Seal encrypts a text. It comes back with spaces after it.
func (s *Sealer) Seal(plain []byte) ([]byte, error) {
	if short := len(plain) % padTo; short > 0 {
		plain = append(slices.Clone(plain), bytes.Repeat([]byte(" "), padTo-short)...)
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, s.recipient)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(w, bytes.NewReader(plain)); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return sealed.Bytes(), nil
}
