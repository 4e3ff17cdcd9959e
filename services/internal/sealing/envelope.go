package sealing

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"time"

	"filippo.io/age"
	"golang.org/x/crypto/chacha20poly1305"
)

// envelopeTTL is how long an envelope serves. Wrapping a file key to a public one takes a hundred times as long as sealing a
// line with it, which under load was a third of the work of taking in a tip. What is lost: who reads the memory of the
// running program can open what was sealed in this last moment, too.
const envelopeTTL = time.Second

// envelope is the header of an age file and the file key in it. Each text sealed in it is a whole age file with a nonce,
// and so a payload key, of its own; that is how age derives them (C2SP age, "Payload").
type envelope struct {
	header  []byte
	fileKey []byte
}

// nonceSize of age's payload.
const nonceSize = 16

// maxPlain is what fits into one chunk of age's payload.
const maxPlain = 64 << 10

// newEnvelope has age make a header and notes the file key on its way into it.
func newEnvelope(to age.Recipient) (*envelope, error) {
	var e envelope
	var file bytes.Buffer
	if _, err := age.Encrypt(&file, keyCapture{to, &e.fileKey}); err != nil {
		return nil, err
	}
	e.header = file.Bytes()[:file.Len()-nonceSize] // the payload's nonce follows, unused
	return &e, nil
}

type keyCapture struct {
	age.Recipient

	key *[]byte
}

// Wrap wraps the file key to the recipient.
func (n keyCapture) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	*n.key = bytes.Clone(fileKey)
	return n.Recipient.Wrap(fileKey)
}

// seal makes an age file of a text.
func (e *envelope) seal(plain []byte) ([]byte, error) {
	if len(plain) > maxPlain {
		return nil, fmt.Errorf("a text of %d bytes is too long to be sealed", len(plain))
	}
	nonce := make([]byte, nonceSize)
	_, _ = rand.Read(nonce) // never fails: it ends the program instead
	key, err := hkdf.Key(sha256.New, e.fileKey, nonce, "payload", chacha20poly1305.KeySize)
	if err != nil {
		return nil, err
	}
	box, err := chacha20poly1305.New(key)
	if err != nil {
		return nil, err
	}
	file := make([]byte, 0, len(e.header)+nonceSize+len(plain)+box.Overhead())
	file = append(append(file, e.header...), nonce...)
	var chunk [chacha20poly1305.NonceSize]byte
	chunk[len(chunk)-1] = 1 // the first chunk, which is also the last
	return box.Seal(file, chunk[:], plain, nil), nil
}
