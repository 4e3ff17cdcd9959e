// Package page turns long lists into keyset pages: a token holds the last key shown and a fingerprint of the question, so
// that it can't be used with another.
package page

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"reflect"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

const defaultSize = 50

// MaxKey sorts after every key. Lists that show the newest first start there.
const MaxKey = "~"

// Request is a list request.
type Request interface {
	proto.Message
	GetPageSize() int32
	GetPageToken() string
}

// Page is the page that a request asks for.
type Page[K any] struct {
	// Cursor is the key after which to read.
	Cursor K
	// Limit is how many rows to read, at most 1,001: one more than the page holds, which tells whether there is a next page.
	Limit int32
	// First is set on the first page.
	First bool

	fingerprint []byte
}

type token[K any] struct {
	Fingerprint []byte `json:"q"`
	Cursor      K      `json:"k"`
}

// Parse reads the page that a request asks for. The list starts after the key start.
func Parse[K any](req Request, start K) (Page[K], error) {
	p := Page[K]{Cursor: start, Limit: req.GetPageSize() + 1, First: req.GetPageToken() == "", fingerprint: fingerprintOf(req)}
	if req.GetPageSize() == 0 {
		p.Limit = defaultSize + 1
	}
	if p.First {
		return p, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(req.GetPageToken())
	if err != nil {
		return p, fault.Invalid("page_token", words.PageToken())
	}
	var t token[K]
	if err := json.Unmarshal(raw, &t); err != nil || string(t.Fingerprint) != string(p.fingerprint) || lacksDate(t.Cursor) {
		return p, fault.Invalid("page_token", words.PageToken())
	}
	p.Cursor = t.Cursor
	return p, nil
}

// lacksDate tells whether a date of a cursor is empty: only a forged one is, and to PostgreSQL it would be a null.
func lacksDate(cursor any) bool {
	v := reflect.ValueOf(cursor)
	if date, ok := cursor.(calendar.Date); ok || v.Kind() != reflect.Struct {
		return ok && date.IsZero()
	}
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() && lacksDate(v.Field(i).Interface()) {
			return true
		}
	}
	return false
}

// maxPageBytes is how much a page may hold, so that its answer stays below the largest message. A page may therefore be shorter
// than was asked for, and still not be the last.
const maxPageBytes = 3 << 20

// Build decodes the rows of a page, save damaged ones, and makes the next page token from the last row. The token is empty on the
// last page.
func Build[K, R any, M proto.Message](
	ctx context.Context, p Page[K], rows []R, key func(R) K, read func(R) (M, error),
) ([]M, string, error) {
	list, bytes := make([]M, 0, len(rows)), 0
	for i, row := range rows {
		m, err := read(row)
		damaged := document.IsDamaged(ctx, err)
		if err != nil && !damaged {
			return nil, "", err
		}
		if !damaged {
			bytes += proto.Size(m)
		}
		if i+1 == int(p.Limit) || bytes > maxPageBytes && i > 0 { // a page has one row at least, however large
			raw, err := json.Marshal(token[K]{Fingerprint: p.fingerprint, Cursor: key(rows[i-1])})
			return list, base64.RawURLEncoding.EncodeToString(raw), err
		}
		if !damaged {
			list = append(list, m)
		}
	}
	return list, "", nil
}

// fingerprint hashes the request without its page fields, with the RPC's message name, since two requests may look alike.
func fingerprintOf(req Request) []byte {
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
