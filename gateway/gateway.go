// Package gateway is the HTTP façade of one level (X7): JSON over HTTP for the level's RPCs, its OpenAPI document and
// a page to try them on. Which RPCs exist is read from the access option of each; the handlers are generated from the HTTP
// rules, so a new RPC needs no code here, and a new service one line in register.go.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// DefaultBodyLimit is the largest body taken where Config names none, in bytes.
const DefaultBodyLimit = 1 << 20

// Config is what a façade needs to know.
type Config struct {
	// Level of the instance: only its operations exist.
	Level typev1.Level
	// BodyLimit is the largest body taken, in bytes; DefaultBodyLimit where 0.
	BodyLimit int64
	// Authenticate, if set, is asked who calls before a body is read, of an operation that needs a token or has one; it says ""
	// where it can't know. Its error is a status in the caller's language. It must be safe for concurrent use.
	Authenticate func(ctx context.Context, header http.Header) (caller string, err error)
	// Failed, if set, is told of each failure whose cause is kept from the caller. It must be safe for concurrent use.
	Failed func(ctx context.Context, fullMethod string, err error)
	// Metrics, if set, takes the counts and durations of requests.
	Metrics prometheus.Registerer
}

// Validate refuses an unknown level and a negative limit.
func (c Config) Validate() error {
	if _, known := typev1.Level_name[int32(c.Level)]; !known || c.Level == typev1.Level_LEVEL_UNSPECIFIED {
		return fmt.Errorf("gateway: level %d is unknown", c.Level)
	}
	if c.BodyLimit < 0 {
		return errors.New("gateway: body limit is negative")
	}
	return nil
}

// New makes the façade of a level over a connection to the services. It answers
//
//	GET /                    by sending on to /docs/
//	GET /docs/               with that page (Swagger UI; needs no internet), in either language
//	GET /openapi.json        with the OpenAPI 3.1 document of the level, in the language of Accept-Language
//	GET /openapi.zh-CN.json  with the Chinese one
//	GET /openapi.en.json     with the English one
//	GET /healthz             with 200: the façade itself is up
//
// and the operations of the level at the paths of their HTTP rules. Errors: a faulty Config, an RPC whose rule or access
// option is missing or faulty, an OpenAPI document that doesn't fit the RPCs. ctx bounds the start alone.
func New(ctx context.Context, cfg Config, conn grpc.ClientConnInterface) (http.Handler, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.BodyLimit == 0 {
		cfg.BodyLimit = DefaultBodyLimit
	}
	operations, err := operationsAt(cfg.Level, "qingfeng.")
	if err != nil {
		return nil, err
	}
	editions, err := editionsOf(cfg.Level, operations)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	api, err := newAPI(ctx, cfg, conn, operations, register)
	if err != nil {
		return nil, err
	}
	handler, err := dress(&site{api: api, editions: editions})
	if err != nil || cfg.Metrics == nil {
		return handler, err
	}
	counted, err := newMetrics(cfg.Metrics, operations)
	if err != nil {
		return nil, fmt.Errorf("gateway: metrics: %w", err)
	}
	return counted.count(handler), nil
}

// compressedFrom is the size of the answers that are compressed, in bytes. What fits into a few packets gains less on the way
// than packing and unpacking costs: a third of the time of a reading of one record.
const compressedFrom = 4 << 10

// dress gives a handler what every answer has. Only JSON is compressed: lines of a stream must go out at once, and files
// are mostly compressed already.
func dress(next http.Handler) (http.Handler, error) {
	compress, err := gzhttp.NewWrapper(gzhttp.ContentTypes([]string{"application/json"}), gzhttp.MinSize(compressedFrom),
		gzhttp.CompressionLevel(gzip.BestSpeed))
	if err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	return Secure(compress(next)), nil
}

// site shares out the paths. It isn't an http.ServeMux, which would clean paths and so answer some unknown ones with
// a redirect.
type site struct {
	api      http.Handler
	editions [2]*edition // in the order of languages
}

// siteRoutes are the paths of a site beside those of its operations.
var siteRoutes = []string{"/", "/docs/", "/openapi.json", editionPath(0), editionPath(1), "/healthz"}

// ServeHTTP answers one request.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		s.api.ServeHTTP(w, r)
		return
	}
	switch path := r.URL.Path; {
	case path == "/" || path == "/docs":
		setRoute(r.Context(), "/")
		http.Redirect(w, r, "/docs/", http.StatusFound)
	case strings.HasPrefix(path, "/docs/"):
		setRoute(r.Context(), "/docs/")
		allowConsole(w.Header())
		w.Header().Add("Vary", "Accept-Language")
		s.accepted(r).page.ServeHTTP(w, r)
	case path == "/openapi.json":
		setRoute(r.Context(), path)
		w.Header().Add("Vary", "Accept-Language")
		s.accepted(r).serve(w, r)
	case path == editionPath(0):
		setRoute(r.Context(), path)
		s.editions[0].serve(w, r)
	case path == editionPath(1):
		setRoute(r.Context(), path)
		s.editions[1].serve(w, r)
	case path == "/healthz":
		setRoute(r.Context(), path)
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("ok\n"))
	default:
		s.api.ServeHTTP(w, r)
	}
}

// accepted is the edition in the language that a request accepts first.
func (s *site) accepted(r *http.Request) *edition {
	return s.editions[slices.Index(languages[:], words.ParseLang(r.Header.Get("Accept-Language")))]
}

// Secure sets the headers that every answer carries: nothing is guessed, framed or kept, and what came over TLS once
// never comes without.
func Secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-store")
		if r.TLS != nil {
			header.Set("Strict-Transport-Security", "max-age=31536000")
		}
		header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		next.ServeHTTP(w, r)
	})
}

// allowConsole widens the headers by what Swagger UI needs: its own files, scripts and styles inside its page, and
// caching of files that change only with the binary.
func allowConsole(header http.Header) {
	header.Set("Cache-Control", "no-cache")
	header.Set("Content-Security-Policy", "default-src 'self'; script-src 'self' 'unsafe-inline'; "+
		"style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'")
}
