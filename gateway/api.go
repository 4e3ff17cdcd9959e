package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/qingfeng-suite/qingfeng/gateway/fair"
	"github.com/qingfeng-suite/qingfeng/gateway/words"
)

// verbs are those that an HTTP rule can have, in the order in which a refusal names them.
var verbs = []string{http.MethodPost, http.MethodGet, http.MethodPatch, http.MethodPut, http.MethodDelete}

// bareField is a field of a path without a pattern, which the mux writes with one: "{id}" as "{id=*}".
var bareField = regexp.MustCompile(`\{([\w.]+)\}`)

// api answers the operations of a level. The handlers are those that protoc-gen-grpc-gateway makes, of all levels; the
// api lets requests through to those of its level, and refuses before them what they would drop or answer in English.
type api struct {
	cfg        Config
	bodies     *fair.Room
	mux        *runtime.ServeMux
	operations map[string]*operation // by verb and pattern, such as "GET /network/v1/{name=tips/*}"
}

// newAPI puts the handlers that register adds behind the api. Errors: an operation that no handler answers.
func newAPI(
	ctx context.Context, cfg Config, conn grpc.ClientConnInterface, operations []*operation, register registrar,
) (*api, error) {
	a := &api{cfg: cfg, bodies: fair.NewRoom(bodiesAtOnce), operations: make(map[string]*operation, len(operations))}
	for _, one := range operations {
		a.operations[one.Verb+" "+bareField.ReplaceAllString(one.Path.String(), "{$1=*}")] = one
	}
	a.mux = runtime.NewServeMux(append(forms(),
		runtime.WithMiddlewares(a.admit),
		runtime.WithErrorHandler(a.failed),
		runtime.WithStreamErrorHandler(a.broken),
		runtime.WithRoutingErrorHandler(a.unrouted),
		runtime.WithForwardResponseOption(tag),
		// The headers that come here are those of forward; the mux passes on authorization by itself.
		runtime.WithIncomingHeaderMatcher(func(name string) (string, bool) {
			return strings.ToLower(name), name != "Authorization" && name != "Accept"
		}),
		runtime.WithOutgoingHeaderMatcher(func(name string) (string, bool) { return "X-Request-Id", name == "x-request-id" }),
		runtime.WithOutgoingTrailerMatcher(func(string) (string, bool) { return "", false }),
		runtime.WithUnescapingMode(runtime.UnescapingModeAllExceptSlash),
		runtime.WithDisablePathLengthFallback(),
		runtime.WithDisableHTTPMethodOverride(),
	)...)
	if err := register(ctx, a.mux, watched{conn}); err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	for _, one := range operations {
		if err := a.probe(ctx, one); err != nil {
			return nil, fmt.Errorf("gateway: %s: %w", one.fullMethod, err)
		}
	}
	return a, nil
}

// probe makes sure that a path of the operation leads to it: handlers are registered by service and by hand, and the mux
// takes the first pattern that fits.
func (a *api) probe(ctx context.Context, one *operation) error {
	path, err := one.Path.Build(func(field string) string { return one.Path.Collection(field) + "1" })
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, one.Verb, path, http.NoBody)
	if err != nil {
		return err
	}
	if found := a.look(r, one.Verb); found != one {
		return errors.New("no registered handler answers its path")
	}
	return nil
}

// look finds the operation that a request would reach with this verb, nil where there is none. Nothing is called.
func (a *api) look(r *http.Request, verb string) *operation {
	state := &call{looking: true}
	r = r.WithContext(state.in(r.Context()))
	r.Method = verb
	a.mux.ServeHTTP(nil, r)
	return state.operation
}

// ServeHTTP answers one request.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !wellFormed(r) {
		unknownPath().write(w, r)
		return
	}
	state := &call{header: r.Header}
	r = r.WithContext(state.in(r.Context()))
	if r.Method == http.MethodHead {
		r.Method = http.MethodGet // net/http leaves the body out
	}
	a.mux.ServeHTTP(w, r)
}

// wellFormed refuses paths of which the mux would make other names: empty segments, slashes inside a segment, and what
// protobuf doesn't take as text.
func wellFormed(r *http.Request) bool {
	path := r.URL.EscapedPath()
	return strings.HasPrefix(path, "/") && !strings.HasSuffix(path, "/") && !strings.Contains(path, "//") &&
		!strings.Contains(strings.ToLower(path), "%2f") && utf8.ValidString(r.URL.Path)
}

// admit stands before every generated handler.
func (a *api) admit(next runtime.HandlerFunc) runtime.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request, values map[string]string) {
		state := callOf(r.Context())
		found := a.found(r)
		switch {
		case state.looking:
			state.operation = found
			return
		case found == nil:
			a.unrouted(r.Context(), nil, nil, w, r, http.StatusMethodNotAllowed)
			return
		}
		state.operation = found
		setRoute(r.Context(), found.Path.String())
		caller, err := a.recognize(r.Context(), r.Header, found)
		if err != nil {
			a.fail(w, r, found.fullMethod, err)
			return
		}
		if found.Body {
			received := a.receive(w, r, caller)
			defer received.place.Leave()
			r.Body = received
		}
		asked, fault := state.ask(w, r, found.limitOf(a.cfg.BodyLimit))
		if fault != nil {
			fault.write(w, r)
			return
		}
		if found.Method.IsStreamingServer() {
			// A stream lasts as long as its caller reads; where the server has no deadline there is nothing to lift.
			_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
		}
		next(w, asked, values)
	}
}

// found is the operation of the pattern that the mux found; nil where it is of another level. A plain colon begins a
// verb, and the mux would take an unknown verb for a part of the name.
func (a *api) found(r *http.Request) *operation {
	pattern, ok := runtime.HTTPPattern(r.Context())
	path := r.URL.EscapedPath()
	if !ok || pattern.Verb() == "" && strings.Contains(path[strings.LastIndexByte(path, '/'):], ":") {
		return nil
	}
	return a.operations[r.Method+" "+pattern.String()]
}

// unrouted answers where no operation of the level is: the handlers of other levels are there and must not show.
func (a *api) unrouted(
	ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, code int,
) {
	if callOf(ctx).looking {
		return
	}
	var allowed []string
	if code == http.StatusMethodNotAllowed {
		for _, verb := range verbs {
			if a.look(r, verb) != nil {
				allowed = append(allowed, verb)
			}
		}
	}
	if len(allowed) == 0 {
		unknownPath().write(w, r)
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	newFault(http.StatusMethodNotAllowed, codes.Unimplemented, words.MethodNotAllowed(r.Method)).write(w, r)
}

func unknownPath() *fault { return newFault(http.StatusNotFound, codes.NotFound, words.UnknownPath()) }

// failed answers the errors of generated handlers. They flatten those of reading a request to text, so whether the
// service was asked tells whose an error is.
func (a *api) failed(
	ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error,
) {
	state := callOf(ctx)
	switch {
	case state.looking:
	case errors.Is(err, errNotModified):
		w.Header().Del("Content-Type")
		w.WriteHeader(http.StatusNotModified)
	case state.operation == nil: // an escape in the path that the mux can't read
		unknownPath().write(w, r)
	case state.refused != nil:
		state.refused.write(w, r)
	case !state.asked:
		bodyFault(status.Convert(err).Message(), state.body, state.operation).write(w, r)
	default:
		if received, ok := runtime.ServerMetadataFromContext(ctx); ok {
			if ids := received.HeaderMD.Get("x-request-id"); len(ids) > 0 {
				w.Header().Set("X-Request-Id", ids[0])
			}
		}
		a.fail(w, r, state.operation.fullMethod, err)
	}
}

// broken gives the last line of a stream that fails after it began. Bytes have no line for it: their transfer is cut off,
// so that nobody takes what came for the whole.
func (a *api) broken(ctx context.Context, err error) *status.Status {
	state := callOf(ctx)
	fault := a.hide(ctx, state.operation.fullMethod, err)
	switch {
	case state.operation.bytes():
		panic(http.ErrAbortHandler)
	case fault != nil:
		return status.FromProto(fault.status(state.header.Get("Accept-Language")))
	default:
		return status.Convert(err)
	}
}

func (a *api) report(ctx context.Context, fullMethod string, err error) {
	if a.cfg.Failed != nil {
		a.cfg.Failed(ctx, fullMethod, err)
	}
}
