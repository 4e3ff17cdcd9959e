package record

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// answer is the stored answer to a request id. The id itself is not stored: its digest finds the row and a key made from
// it opens the row, so that a copy of the database tells neither who asked nor what was answered (a receipt, say).
type answer struct {
	known   bool
	sealed  []byte
	digest  []byte
	key     []byte
	request []byte // fingerprint of the request, bound to the seal
}

// answersFor is how long a repeated request gets its first answer; the protos promise it.
const answersFor = 7 * 24 * time.Hour

// Forget deletes the answers that have been kept long enough.
func (b *Book) Forget(ctx context.Context) error {
	_, err := db.New(b).ForgetAnswers(ctx, b.Clock.Now().Add(-answersFor))
	return err
}

// claim takes the request id for this transaction, or finds the first answer to it.
func claim(ctx context.Context, tx *Tx, req Request) (*answer, error) {
	if req.GetRequestId() == "" {
		return &answer{}, nil
	}
	a, err := newAnswer(ctx, tx.act.Method, req)
	if err != nil {
		return nil, err
	}
	queries := db.New(tx)
	claimed, err := queries.ClaimAnswer(ctx, db.ClaimAnswerParams{Digest: a.digest, At: tx.book.Clock.Now()})
	if err != nil || claimed == 1 {
		return a, err
	}
	a.known = true
	a.sealed, err = queries.GetAnswer(ctx, a.digest)
	return a, err
}

func newAnswer(ctx context.Context, method string, req Request) (*answer, error) {
	secret := []byte(method + "\n" + access.From(ctx).Subject + "\n" + req.GetRequestId())
	both, err := hkdf.Key(sha256.New, secret, nil, "qingfeng answer", 48)
	if err != nil {
		return nil, err
	}
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(req)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(raw)
	return &answer{digest: both[:16], key: both[16:], request: sum[:]}, nil
}

// seal stores the answer; it does nothing for a request without an id.
func (a *answer) seal(ctx context.Context, tx *Tx, resp proto.Message) error {
	if a.digest == nil {
		return nil
	}
	plain, err := proto.Marshal(resp)
	if err != nil {
		return err
	}
	box, err := a.box()
	if err != nil {
		return err
	}
	nonce := make([]byte, box.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return err
	}
	sealed := box.Seal(nonce, nonce, plain, a.request)
	return db.New(tx).SealAnswer(ctx, db.SealAnswerParams{Digest: a.digest, Sealed: sealed})
}

// open reads a stored answer. The same id with another request is refused.
func open[Resp proto.Message](a *answer) (Resp, error) {
	var none Resp
	box, err := a.box()
	if err != nil {
		return none, err
	}
	if len(a.sealed) < box.NonceSize() {
		return none, errors.New("a stored answer is cut short")
	}
	plain, err := box.Open(nil, a.sealed[:box.NonceSize()], a.sealed[box.NonceSize():], a.request)
	if err != nil {
		return none, fault.Precondition("REQUEST_ID_REUSED").At("request_id")
	}
	resp, ok := none.ProtoReflect().New().Interface().(Resp)
	if !ok {
		return none, fmt.Errorf("an answer of another type than %T", none)
	}
	return resp, proto.Unmarshal(plain, resp)
}

func (a *answer) box() (cipher.AEAD, error) {
	block, err := aes.NewCipher(a.key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
