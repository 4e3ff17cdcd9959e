// Package receipts makes and reads receipts, the secrets with which who sent something without an account follows it (X1). What
// is kept of one is its hash.
package receipts

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"google.golang.org/grpc/codes"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/prose"
)

// What of a receipt nobody can guess: 100 bits as 20 letters and digits, which are cut from those of 13 bytes.
const (
	letters     = 20
	secretBytes = 13
)

// encoding leaves out those that are easily mistaken for another when written by hand.
var encoding = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// New makes a receipt, "340503-7KQ4-…": the region, which finds the table's part, and the secret; and its hash.
func New(region string) (receipt string, hash []byte) {
	bytes := make([]byte, secretBytes)
	_, _ = rand.Read(bytes) // never fails: it ends the program instead
	secret := encoding.EncodeToString(bytes)[:letters]
	var b strings.Builder
	b.WriteString(region)
	for text := secret; text != ""; text = text[4:] {
		b.WriteString("-" + text[:4])
	}
	return b.String(), hashOf(region, secret)
}

// Reading is one way to read a typed receipt.
type Reading struct {
	Region string
	Hash   []byte
}

// Read reads a receipt as people type it: full width, in small letters, with other separators or none, with the letters
// that its alphabet leaves out for the digits they look like, and with words before it such as "Receipt:". Its region is the word
// before the secret or, where that was typed in parts, all that stands there.
func Read(text string) ([]Reading, error) {
	typed := []rune(norm.NFKC.String(text))
	cut, secret := len(typed), ""
	for cut > 0 && len(secret) < letters {
		cut--
		if !isSeparator(typed[cut]) {
			secret = string(typed[cut]) + secret
		}
	}
	before := strings.FieldsFunc(string(typed[:cut]), func(r rune) bool { return isSeparator(r) && r != '_' })
	if len(before) == 0 || len(secret) != letters {
		return nil, ErrNone()
	}
	secret = lookalikes.Replace(strings.ToUpper(secret))
	last := strings.TrimFunc(before[len(before)-1], func(r rune) bool { return r == '_' || r > unicode.MaxASCII })
	return []Reading{newReading(last, secret), newReading(strings.Join(before, ""), secret)}, nil
}

// newReading reads a receipt whose region was typed so.
func newReading(region, secret string) Reading {
	if digits := lookalikes.Replace(strings.ToUpper(region)); strings.Trim(digits, "0123456789") == "" {
		region = digits
	}
	region = strings.ToLower(region)
	return Reading{Region: region, Hash: hashOf(region, secret)}
}

// isSeparator tells what people write between the groups of a receipt, or copy along unseen: spaces, punctuation such as dashes
// and dots, and what prose leaves out of texts.
func isSeparator(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsPunct(r) || r == '−' || prose.IsHarmless(r)
}

// lookalikes are read as the digits they are taken for.
var lookalikes = strings.NewReplacer("O", "0", "I", "1", "L", "1")

func hashOf(region, secret string) []byte {
	sum := sha256.Sum256([]byte("qingfeng receipt\n" + region + "\n" + secret))
	return sum[:]
}

// ErrNone says that nothing belongs to a receipt. It never repeats the receipt, which is a secret even when mistyped.
func ErrNone() error { return fault.New(codes.NotFound, words.NoReceipt()).OnField("receipt") }
