package tips

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"
	"golang.org/x/text/unicode/norm"
	"google.golang.org/grpc/codes"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/prose"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// What of a receipt nobody can guess: 100 bits as 20 letters and digits, which are cut from those of 13 bytes.
const (
	receiptLetters = 20
	receiptBytes   = 13
)

// receiptEncoding leaves out those that are easily mistaken for another when written by hand.
var receiptEncoding = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// newReceipt makes a receipt, "340503-7KQ4-…": the region, which finds the table's part, and the secret.
func newReceipt(region string) string {
	secret := make([]byte, receiptBytes)
	_, _ = rand.Read(secret) // never fails: it ends the program instead
	text := receiptEncoding.EncodeToString(secret)[:receiptLetters]
	var b strings.Builder
	b.WriteString(region)
	for ; text != ""; text = text[4:] {
		b.WriteString("-" + text[:4])
	}
	return b.String()
}

// reading is one way to read a typed receipt.
type reading struct {
	region string
	hash   []byte
}

// readReceipts reads a receipt as people type it: full width, in small letters, with other separators or none, with the letters
// that its alphabet leaves out for the digits they look like, and with words before it such as "Receipt:". Its region is the word
// before the secret or, where that was typed in parts, all that stands there.
func readReceipts(text string) ([]reading, error) {
	typed := []rune(norm.NFKC.String(text))
	cut, secret := len(typed), ""
	for cut > 0 && len(secret) < receiptLetters {
		cut--
		if !isSeparator(typed[cut]) {
			secret = string(typed[cut]) + secret
		}
	}
	before := strings.FieldsFunc(string(typed[:cut]), func(r rune) bool { return isSeparator(r) && r != '_' })
	if len(before) == 0 || len(secret) != receiptLetters {
		return nil, errNoReceipt()
	}
	secret = lookalikes.Replace(strings.ToUpper(secret))
	last := strings.TrimFunc(before[len(before)-1], func(r rune) bool { return r == '_' || r > unicode.MaxASCII })
	return []reading{newReading(last, secret), newReading(strings.Join(before, ""), secret)}, nil
}

// newReading reads a receipt whose region was typed so.
func newReading(region, secret string) reading {
	if digits := lookalikes.Replace(strings.ToUpper(region)); strings.Trim(digits, "0123456789") == "" {
		region = digits
	}
	region = strings.ToLower(region)
	return reading{region: region, hash: hashReceipt(region, secret)}
}

// isSeparator tells what people write between the groups of a receipt, or copy along unseen: spaces, punctuation such as dashes
// and dots, and what prose leaves out of texts.
func isSeparator(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsPunct(r) || r == '−' || prose.IsHarmless(r)
}

// lookalikes are read as the digits they are taken for.
var lookalikes = strings.NewReplacer("O", "0", "I", "1", "L", "1")

func hashReceipt(region, secret string) []byte {
	sum := sha256.Sum256([]byte("qingfeng receipt\n" + region + "\n" + secret))
	return sum[:]
}

// errNoReceipt never repeats the receipt, which is a secret even when mistyped.
func errNoReceipt() error {
	return fault.New(codes.NotFound, words.NoReceipt()).OnField("receipt")
}

// ByReceipt finds the tip of a receipt and its key; NOT_FOUND where no tip belongs to it.
func ByReceipt(ctx context.Context, tx db.DBTX, text string) (*networkv1.Tip, db.LockTipParams, error) {
	readings, err := readReceipts(text)
	if err != nil {
		return nil, db.LockTipParams{}, err
	}
	for _, r := range readings {
		row, err := db.New(tx).TipByReceipt(ctx, db.TipByReceiptParams{Region: r.region, ReceiptHash: r.hash})
		if errors.Is(err, pgx.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, db.LockTipParams{}, err
		}
		tip, err := document.Decode[*networkv1.Tip](row.Body)
		return tip, db.LockTipParams{Region: r.region, TipKey: row.TipKey}, err
	}
	return nil, db.LockTipParams{}, errNoReceipt()
}
