package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"google.golang.org/grpc/codes"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	accessv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/access/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// bodiesAtOnce is how large the bodies of all requests that are being worked at may be together, in bytes.
const bodiesAtOnce = 64 << 20

// errNoRoom ends a body that made room for others.
var errNoRoom = errors.New("no room for the body")

// bodies counts the bytes of bodies as they come, until their requests are answered. Where they are too many, a body that has not
// come whole makes room, the oldest first: who sends slowly, or less than announced, holds up nobody.
type bodies struct {
	mu     sync.Mutex
	bytes  int64
	coming []*body // the oldest first
}

// body is the body of a request.
type body struct {
	io.ReadCloser

	of    *bodies
	end   func() // ends the wait for more of it
	bytes int64
	out   bool // it made room
}

// receive makes a body count as it is read; end has a read that waits return.
func (b *bodies) receive(from io.ReadCloser, end func()) *body {
	one := &body{ReadCloser: from, of: b, end: end}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.coming = append(b.coming, one)
	return one
}

// Read reads more of the body.
func (one *body) Read(into []byte) (int, error) {
	n, err := one.ReadCloser.Read(into)
	if !one.of.grow(one, n, err != nil) {
		return 0, errNoRoom
	}
	return n, err
}

// free forgets a body.
func (one *body) free() {
	one.of.mu.Lock()
	defer one.of.mu.Unlock()
	one.of.drop(one)
}

// grow counts more bytes of a body; false where it made room.
func (b *bodies) grow(one *body, n int, whole bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if one.out {
		return false
	}
	one.bytes += int64(n)
	b.bytes += int64(n)
	for b.bytes > bodiesAtOnce && len(b.coming) > 0 {
		oldest := b.coming[0]
		b.drop(oldest)
		oldest.out = true
		oldest.end()
	}
	if whole {
		b.stay(one)
	}
	return !one.out
}

// stay notes that a body makes no room any more.
func (b *bodies) stay(one *body) {
	if at := slices.Index(b.coming, one); at >= 0 {
		b.coming = slices.Delete(b.coming, at, at+1)
	}
}

func (b *bodies) drop(one *body) {
	b.stay(one)
	b.bytes -= one.bytes
	one.bytes = 0
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
