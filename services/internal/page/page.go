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

// Request is a list request.
type Request interface {
	proto.Message
	GetPageSize() int32
	GetPageToken() string
}

type token[K any] struct {
	Question []byte `json:"q"`
	Key      K      `json:"k"`
}

// Open reads how many rows are asked for and after which key; nil on the first page.
func Open[K any](req Request) (size int, after *K, err error) {
	size = int(req.GetPageSize())
	if size == 0 {
		size = defaultSize
	}
	if req.GetPageToken() == "" {
		return size, nil, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(req.GetPageToken())
	if err != nil {
		return 0, nil, fault.Invalid("page_token", "page_token")
	}
	var t token[K]
	if err := json.Unmarshal(raw, &t); err != nil || string(t.Question) != string(question(req)) {
		return 0, nil, fault.Invalid("page_token", "page_token")
	}
	return size, &t.Key, nil
}

// maxBytes is how much a page may hold, so that its answer stays below the largest message. A page may therefore be shorter
// than was asked for, and still not be the last.
const maxBytes = 3 << 20

// Cut shortens rows, of which one more than size was read, to the page, and makes the next page's token from the last row.
// weight is about how many bytes a row takes in the answer.
func Cut[K, R any](req Request, size int, rows []R, key func(R) K, weight func(R) int) ([]R, string, error) {
	if fit := fitting(rows, weight); fit < size {
		size = fit
	}
	if len(rows) <= size {
		return rows, "", nil
	}
	rows = rows[:size]
	raw, err := json.Marshal(token[K]{Question: question(req), Key: key(rows[size-1])})
	if err != nil {
		return nil, "", err
	}
	return rows, base64.RawURLEncoding.EncodeToString(raw), nil
}

// fitting is how many rows fit on a page: one at least, however large.
func fitting[R any](rows []R, weight func(R) int) int {
	bytes := 0
	for i, row := range rows {
		if bytes += weight(row); bytes > maxBytes && i > 0 {
			return i
		}
	}
	return len(rows)
}

// Light is the weight of rows so small that a full page of them always fits.
func Light[R any](R) int { return 1 << 10 }

// question is a fingerprint of the request without its page.
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
	sum := sha256.Sum256(raw)
	return sum[:8]
}

// From is the key to begin after; first where it is the first page.
func From[K any](after *K, first K) K {
	if after == nil {
		return first
	}
	return *after
}

// Limit is how many rows to read for a page, of at most 1,000: one more, which tells whether there is a next page.
func Limit(size int) int32 { return int32(size) + 1 }

// Last sorts after every key of the suite: where a list that shows the newest first begins.
const Last = "~"
