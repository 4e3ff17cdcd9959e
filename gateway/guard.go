package gateway

import (
	"context"
	"net/http"
	"strconv"
	"sync/atomic"

	"google.golang.org/grpc/codes"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	accessv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/access/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// bodiesAtOnce is how large the bodies of all requests that are being worked at may be together, in bytes.
const bodiesAtOnce = 64 << 20

// bodies counts the bytes of bodies that are being worked at.
type bodies struct{ bytes atomic.Int64 }

// take makes room for a body; free gives it back.
func (b *bodies) take(size int64) (free func(), ok bool) {
	free = func() { b.bytes.Add(-size) }
	if b.bytes.Add(size) > bodiesAtOnce {
		free()
		return nil, false
	}
	return free, true
}

// limitOf is how large the body of an operation may be: its names and escapes may double what the request is over gRPC.
func (o *operation) limitOf(most int64) int64 {
	return min(most, 2*int64(typev1.MaxSize(o.Method.Input())))
}

// recognize finds out who calls, before the body is read. Whoever holds a receipt needs no token.
func (a *api) recognize(ctx context.Context, header http.Header, found *operation) error {
	if a.cfg.Authenticate == nil ||
		found.access.GetScope() == accessv1.Scope_SCOPE_RECEIPT && header.Get("Authorization") == "" {
		return nil
	}
	return a.cfg.Authenticate(ctx, header)
}

// expected is how large a body will be, at most.
func expected(r *http.Request, found *operation, limit int64) int64 {
	switch {
	case !found.Body:
		return 0
	case r.ContentLength >= 0:
		return min(r.ContentLength, limit)
	default:
		return limit
	}
}

func busy() *fault {
	return newFault(http.StatusTooManyRequests, codes.ResourceExhausted, words.Busy())
}

// tooManyParts tells whether a JSON text holds more objects than a request may hold messages.
func tooManyParts(body []byte) bool {
	if len(body) <= 2*typev1.MostParts { // an object has at least its braces
		return false
	}
	objects, text, escaped := 0, false, false
	for _, c := range body {
		switch {
		case escaped:
			escaped = false
		case text && c == '\\':
			escaped = true
		case c == '"':
			text = !text
		case c == '{' && !text:
			objects++
		}
	}
	return objects > typev1.MostParts
}

func ofTooManyParts() *fault { return badRequest(words.TooManyParts(strconv.Itoa(typev1.MostParts))) }
