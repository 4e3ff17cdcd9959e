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

// readReceipt finds the region and the hash of a receipt as people type it: full width, in small letters, with other separators
// or none, and with the letters that its alphabet leaves out for the digits they look like.
func readReceipt(text string) (region string, hash []byte, err error) {
	typed := strings.Map(dropSeparator, norm.NFKC.String(text))
	cut := len(typed) - receiptLetters
	if cut <= 0 {
		return "", nil, errNoReceipt()
	}
	region, secret := strings.ToLower(typed[:cut]), lookalikes.Replace(strings.ToUpper(typed[cut:]))
	if digits := lookalikes.Replace(strings.ToUpper(region)); strings.Trim(digits, "0123456789") == "" {
		region = digits
	}
	return region, hashReceipt(region, secret), nil
}

// dropSeparator leaves out what people write between the groups of a receipt, or copy along unseen: spaces, punctuation such as
// dashes and dots, and what prose leaves out of texts.
func dropSeparator(r rune) rune {
	if unicode.IsSpace(r) || unicode.IsPunct(r) || r == '−' || prose.IsHarmless(r) {
		return -1
	}
	return r
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
func ByReceipt(ctx context.Context, tx db.DBTX, receipt string) (*networkv1.Tip, db.LockTipParams, error) {
	region, hash, err := readReceipt(receipt)
	if err != nil {
		return nil, db.LockTipParams{}, err
	}
	row, err := db.New(tx).TipByReceipt(ctx, db.TipByReceiptParams{Region: region, ReceiptHash: hash})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, db.LockTipParams{}, errNoReceipt()
	}
	if err != nil {
		return nil, db.LockTipParams{}, err
	}
	tip, err := document.Decode[*networkv1.Tip](row.Body)
	return tip, db.LockTipParams{Region: region, TipKey: row.TipKey}, err
}
