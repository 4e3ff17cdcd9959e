package record

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// storedResponse is the first response to a request id. The id is not stored: its hash finds the row, and a key made from it
// decrypts the row. A copy of the database shows neither who asked nor the response.
type storedResponse struct {
	known   bool
	sealed  []byte
	digest  []byte
	key     []byte
	request []byte // fingerprint of the request without its id, sealed before the response
}

// responseTTL is how long a repeated request gets its first response. The protos promise it.
const responseTTL = 7 * 24 * time.Hour

// DeleteExpiredResponses deletes responses older than responseTTL. Some say the day alone, so that it counts whole days.
func (b *Store) DeleteExpiredResponses(ctx context.Context) error {
	_, err := db.New(b).DeleteExpiredResponses(ctx, clock.StartOfDay(b.Clock).Add(-responseTTL))
	return err
}

// claim holds the request id for this transaction, or reads the first response to it. Without a request id it does nothing. It
// writes nothing: a transaction has its number from its first write, which so comes after it has locked what it changes, and of
// two changes of one record the journal has the first before the second.
func (a *storedResponse) claim(ctx context.Context, tx *Tx) error {
	a.known, a.sealed = false, nil // a transaction may run again
	if a.digest == nil {
		return nil
	}
	if err := tx.Lock(ctx, "qingfeng answer "+hex.EncodeToString(a.digest)); err != nil {
		return err
	}
	return a.read(ctx, tx)
}

// claimAll is claim for many at once, whose digests are sorted and whose answers are sealed already. Where it looks, it gives the
// first answers to those that were known; else one that was known is a unique violation.
func claimAll(
	ctx context.Context, pg database.Statements, p db.ClaimResponsesParams, looks bool,
) (known map[string][]byte, err error) {
	queries := db.New(pg)
	switch {
	case len(p.Digests) == 0:
		return nil, nil
	case !looks:
		return nil, queries.AddResponses(ctx, db.AddResponsesParams(p))
	}
	claimed, err := queries.ClaimResponses(ctx, p)
	if err != nil || len(claimed) == len(p.Digests) {
		return nil, err
	}
	known = map[string][]byte{}
	repeated := slices.DeleteFunc(slices.Clone(p.Digests), func(digest []byte) bool {
		return slices.ContainsFunc(claimed, func(c []byte) bool { return bytes.Equal(c, digest) })
	})
	for _, digest := range repeated {
		known[string(digest)] = nil // one that is gone by now fails its own caller, when it is opened
	}
	found, err := queries.GetResponses(ctx, repeated)
	for _, row := range found {
		known[string(row.Digest)] = row.Sealed
	}
	return known, err
}

// newStoredResponse finds where the answer to a request is kept; a request without an id has none, and so no digest.
func newStoredResponse(ctx context.Context, event string, req Request) (*storedResponse, error) {
	if req.GetRequestId() == "" {
		return &storedResponse{}, nil
	}
	id := strings.ToLower(req.GetRequestId()) // a UUID is the same in capitals
	caller := access.PrincipalOf(ctx)         // who has moved to another unit is another caller: what it reaches differs
	both := sha512.Sum512([]byte("qingfeng answer\n" + event + "\n" + caller.Subject + "\n" + caller.Unit + "\n" + id))
	content := proto.Clone(req).ProtoReflect()
	content.Clear(content.Descriptor().Fields().ByName("request_id"))
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(content.Interface())
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(raw)
	return &storedResponse{digest: both[:16], key: both[16:48], request: sum[:]}, nil
}

// save stores the answer; it does nothing for a request without an id.
func (a *storedResponse) save(ctx context.Context, tx *Tx, resp proto.Message) error {
	sealed, err := a.encrypt(resp)
	if err != nil || sealed == nil {
		return err
	}
	return db.New(tx).AddResponse(ctx, db.AddResponseParams{Digest: a.digest, Sealed: sealed, At: tx.Now()})
}

// encrypt encrypts the answer for storage; nil for a request without an id.
func (a *storedResponse) encrypt(resp proto.Message) ([]byte, error) {
	if a.digest == nil {
		return nil, nil
	}
	plain, err := proto.Marshal(resp)
	if err != nil {
		return nil, err
	}
	box, err := a.cipher()
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, box.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return box.Seal(nonce, nonce, append(slices.Clone(a.request), plain...), a.digest), nil
}

// decrypt reads a stored answer. The same id with another request is refused. Error: DATA_LOSS for an answer that was damaged, of
// which nobody can tell to what request it was.
func decrypt[Resp proto.Message](a *storedResponse) (Resp, error) {
	var none Resp
	box, err := a.cipher()
	if err != nil {
		return none, err
	}
	if len(a.sealed) < box.NonceSize() {
		return none, damagedResponse()
	}
	plain, err := box.Open(nil, a.sealed[:box.NonceSize()], a.sealed[box.NonceSize():], a.digest)
	if err != nil || len(plain) < len(a.request) {
		return none, damagedResponse()
	}
	request, plain := plain[:len(a.request)], plain[len(a.request):]
	if !bytes.Equal(request, a.request) {
		return none, fault.Precondition(words.RequestIDReused()).OnField("request_id")
	}
	resp, ok := none.ProtoReflect().New().Interface().(Resp)
	if !ok {
		return none, fmt.Errorf("an answer of another type than %T", none)
	}
	return resp, proto.Unmarshal(plain, resp)
}

// damagedResponse is what is said of a stored answer that can't be read.
func damagedResponse() error {
	return fault.New(codes.DataLoss, words.ResponseDamaged()).OnField("request_id")
}

func (a *storedResponse) cipher() (cipher.AEAD, error) {
	block, err := aes.NewCipher(a.key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
