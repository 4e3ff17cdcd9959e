package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/qingfeng-suite/qingfeng/gateway/fair"
	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// bodiesAtOnce is how large the bodies of all requests that are being worked at may be together, in bytes.
const bodiesAtOnce = 64 << 20

// errNoRoom ends a body that made room for others.
var errNoRoom = errors.New("no room for the body")

// body is the body of a request. Its bytes count as they come, until the request is answered; until it has come whole it makes
// room: who sends slowly, or less than announced, holds up nobody.
type body struct {
	io.ReadCloser

	place *fair.Place
}

// receive has a body count for its caller. Those who can't be told apart count as one.
func (a *api) receive(w http.ResponseWriter, r *http.Request, caller string) body {
	return body{r.Body, a.bodies.Enter(caller, 0, func() {
		_ = http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0)) // a read that waits returns
	})}
}

// Read reads more of the body.
func (b body) Read(into []byte) (int, error) {
	n, err := b.ReadCloser.Read(into)
	if !b.place.Grow(int64(n)) {
		return 0, errNoRoom
	}
	if err != nil && !b.place.Stay() {
		return 0, errNoRoom
	}
	return n, err
}

// limitOf is how large the body of an operation may be: its names and escapes may double what the request is over gRPC.
func (o *operation) limitOf(most int64) int64 {
	return min(most, 2*int64(typev1.MaxSize(o.Method.Input())))
}

// recognize finds out who calls, before the body is read. Whoever holds a receipt, and the public, needs no token.
func (a *api) recognize(ctx context.Context, header http.Header, found *operation) (caller string, err error) {
	if a.cfg.Authenticate == nil ||
		found.access.GetScope().AsksNoToken() && header.Get("Authorization") == "" {
		return "", nil
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
