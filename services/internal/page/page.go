// Package page turns long lists into keyset pages: a token holds the last key shown and a fingerprint of the question, so
// that it can't be used with another.
package page

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

const defaultSize = 50

// Last sorts after every key of the suite: where a list that shows the newest first begins.
const Last = "~"

// Request is a list request.
type Request interface {
	proto.Message
	GetPageSize() int32
	GetPageToken() string
}

// Page is the page that a request asks for.
type Page[K any] struct {
	// After is the key after which to read.
	After K
	// Limit is how many rows to read, at most 1,001: one more than the page holds, which tells whether there is a next page.
	Limit int32
	// First is set on the first page.
	First bool

	question []byte
}

type token[K any] struct {
	Question []byte `json:"q"`
	Key      K      `json:"k"`
}

// Open reads which page is asked for, of a list that begins after the key start.
func Open[K any](req Request, start K) (Page[K], error) {
	p := Page[K]{After: start, Limit: req.GetPageSize() + 1, First: req.GetPageToken() == "", question: question(req)}
	if req.GetPageSize() == 0 {
		p.Limit = defaultSize + 1
	}
	if p.First {
		return p, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(req.GetPageToken())
	if err != nil {
		return p, fault.Invalid("page_token", "page_token")
	}
	var t token[K]
	if err := json.Unmarshal(raw, &t); err != nil || string(t.Question) != string(p.question) {
		return p, fault.Invalid("page_token", "page_token")
	}
	p.After = t.Key
	return p, nil
}

// maxBytes is how much a page may hold, so that its answer stays below the largest message. A page may therefore be shorter
// than was asked for, and still not be the last.
const maxBytes = 3 << 20

// Cut reads the messages of a page from its rows, and makes the next page's token from the key of the last; the token is
// empty on the last page.
func Cut[K, R any, M proto.Message](p Page[K], rows []R, key func(R) K, read func(R) (M, error)) ([]M, string, error) {
	list, bytes := make([]M, 0, len(rows)), 0
	for i, row := range rows {
		m, err := read(row)
		if err != nil {
			return nil, "", err
		}
		bytes += proto.Size(m)
		if i+1 == int(p.Limit) || bytes > maxBytes && i > 0 { // a page has one row at least, however large
			raw, err := json.Marshal(token[K]{Question: p.question, Key: key(rows[i-1])})
			return list, base64.RawURLEncoding.EncodeToString(raw), err
		}
		list = append(list, m)
	}
	return list, "", nil
}

// question is a fingerprint of the request without its page: of what is asked, and of which RPC, since two requests may look alike.
func question(req Request) []byte {
	bare := proto.Clone(req)
	m := bare.ProtoReflect()
	for _, name := range []string{"page_size", "page_token"} {
		m.Clear(m.Descriptor().Fields().ByTextName(name))
	}
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(bare)
	if err != nil {
		return nil // unreachable: the request has just been unmarshalled
	}
	sum := sha256.Sum256(append([]byte(m.Descriptor().FullName()+"\x00"), raw...))
	return sum[:8]
}
