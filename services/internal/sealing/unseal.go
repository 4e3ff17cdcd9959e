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
	ErrNoKey = errors.New("the source key is not in this process")
	// ErrOtherKey says that the text was sealed to another key, such as that of the level above.
	ErrOtherKey = errors.New("sealed to another key")
)

// Unseal decrypts what Seal encrypted. It comes back with the spaces that Seal put after it.
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
