package sealing

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

// What keeps a text from being opened here.
var (
	// ErrNoKey says that this process can only seal.
	ErrNoKey = errors.New("the sealing key is not in this process")
	// ErrOtherKey says that the text was sealed to another key, such as that of the level above.
	ErrOtherKey = errors.New("sealed to another key")
)

// padLongSize is what long texts are filled up to.
const padLongSize = 8 << 10

// SealLong encrypts a text of any length, such as what a job carries from one run to the next. It comes back with spaces
// after it.
func (s *Sealer) SealLong(plain []byte) ([]byte, error) {
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, s.recipient)
	if err != nil {
		return nil, err
	}
	for _, part := range [][]byte{plain, bytes.Repeat([]byte(" "), padLongSize-len(plain)%padLongSize)} {
		if _, err := w.Write(part); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return sealed.Bytes(), nil
}

// Unseal decrypts what Seal or SealLong encrypted. It comes back with the spaces that they put after it.
func (s *Sealer) Unseal(sealed []byte) ([]byte, error) {
	if s.identity == nil {
		return nil, ErrNoKey
	}
	plain, err := age.Decrypt(bytes.NewReader(sealed), s.identity)
	var other *age.NoIdentityMatchError
	if errors.As(err, &other) {
		return nil, ErrOtherKey
	}
	if err != nil {
		return nil, fmt.Errorf("unseal: %w", err)
	}
	return io.ReadAll(plain)
}
