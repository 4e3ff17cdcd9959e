package gateway_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/qingfeng-suite/qingfeng/gateway"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// unread fails a test that reads it.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, context.Canceled
}

func TestNoBodyIsReadBeforeItsSenderIsKnown(t *testing.T) {
	t.Parallel()
	handler := over(t, &tips{}, func(cfg *gateway.Config) {
		cfg.Authenticate = func(_ context.Context, header http.Header) (string, error) {
			if header.Get("Authorization") == "good" {
				return "good", nil
			}
			return "", status.Error(codes.Unauthenticated, "who?")
		}
	})
	for path, code := range map[string]int{
		"/network/v1/tips:submit": http.StatusUnauthorized,
		"/network/v1/tips:follow": http.StatusOK, // by receipt
	} {
		request := httptest.NewRequest(http.MethodPost, path, unread{t})
		request.Header.Set("Content-Type", "application/json")
		if code == http.StatusOK {
			request = httptest.NewRequest(http.MethodPost, path, strings.NewReader(`{"receipt": "x"}`))
			request.Header.Set("Content-Type", "application/json")
		}
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		if recorder.Code == http.StatusUnauthorized != (code == http.StatusUnauthorized) {
			t.Errorf("%s: %d: %s", path, recorder.Code, recorder.Body)
		}
		if code == http.StatusUnauthorized && recorder.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s: no challenge", path)
		}
	}
}

func TestABodyIsAsLargeAsItsOperationAllows(t *testing.T) {
	t.Parallel()
	handler := over(t, &tips{})
	parts := `{"requests": [` + strings.Repeat("{},", typev1.MostParts) + "{}]}"
	for _, one := range []struct {
		path, body, reason string
	}{
		{"/network/v1/tips:follow", `{"receipt": "` + strings.Repeat("x", 2*typev1.SmallMessage) + `"}`, "BODY_TOO_LARGE"},
		{"/network/v1/units:batchCreate", parts, "TOO_MANY_PARTS"},
		{"/network/v1/units:batchCreate", `{"requestId": "` + strings.Repeat("{{", typev1.MostParts) + `\"`, "FAULTY_JSON"},
	} {
		recorder := call{method: http.MethodPost, path: one.path, body: one.body}.do(handler)
		if !strings.Contains(recorder.Body.String(), one.reason) {
			t.Errorf("%s: %.200s, not %s", one.path, recorder.Body, one.reason)
		}
	}
}

// knowing has callers be told by the last of their tokens.
func knowing(cfg *gateway.Config) {
	cfg.Authenticate = func(_ context.Context, header http.Header) (string, error) {
		shown := header.Values("Authorization")
		return shown[len(shown)-1], nil
	}
}

// largeBodies is the path of an operation that takes large bodies.
const largeBodies = "/network/v1/units:batchCreate"

// post begins a caller's request with a body of which so many bytes are sent and one more is announced, and tells how it ends.
func (s server) post(t *testing.T, caller string, sent int, before ...string) (answered <-chan int) {
	t.Helper()
	body, writer := io.Pipe()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+largeBodies, body)
	if err != nil {
		t.Fatal(err)
	}
	request.ContentLength = int64(sent) + 1
	request.Header.Set("Content-Type", "application/json")
	request.Header["Authorization"] = append(before, "Bearer "+caller)
	code := make(chan int, 1)
	go func() {
		response, err := s.Client().Do(request)
		if err != nil {
			code <- 0
			return
		}
		_ = response.Body.Close()
		code <- response.StatusCode
	}()
	if _, err := writer.Write(bytes.Repeat([]byte{' '}, sent)); err != nil && sent == 1 {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = writer.CloseWithError(io.ErrUnexpectedEOF) })
	return code
}

// TestBodiesThatDoNotComeWholeHoldUpNobody announces much and sends a byte, then all but a byte.
func TestBodiesThatDoNotComeWholeHoldUpNobody(t *testing.T) {
	t.Parallel()
	for sent, refused := range map[int]bool{1: false, gateway.DefaultBodyLimit - 1: true} {
		t.Run(strconv.Itoa(sent), func(t *testing.T) {
			t.Parallel()
			site := serve(t, over(t, &tips{}, knowing))
			another := site.post(t, "another", min(sent, gateway.DefaultBodyLimit/2))
			first := site.post(t, "0", sent)
			for i := range 72 {
				site.post(t, strconv.Itoa(i%8), sent)
			}
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, site.URL+"/network/v1/tips:submit",
				strings.NewReader(`{"content":{}}`))
			if err != nil {
				t.Fatal(err)
			}
			request.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"newcomer"}}
			response, err := site.Client().Do(request)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			if response.StatusCode == http.StatusTooManyRequests {
				t.Error("a small body was refused")
			}
			if refused {
				if code := <-first; code != http.StatusTooManyRequests {
					t.Errorf("the oldest of those with the most: %d", code)
				}
			}
			select {
			case code := <-another:
				t.Errorf("another's, older than all: %d", code)
			default:
			}
		})
	}
}

// TestACallerIsOneWhateverStandsBesideTheToken has a caller put something else before its token each time.
func TestACallerIsOneWhateverStandsBesideTheToken(t *testing.T) {
	t.Parallel()
	const many = 64 * 4
	site := serve(t, over(t, &tips{}, knowing))
	ended := make(chan int, many+4)
	post := func(i int) {
		answered := site.post(t, "one", gateway.DefaultBodyLimit/4, fmt.Sprint("x", i))
		go func() { ended <- <-answered }()
	}
	for i := range many - 1 {
		post(i)
	}
	another := site.post(t, "another", gateway.DefaultBodyLimit-1)
	for i := range 4 {
		post(many + i)
	}
	for range 4 {
		if code := <-ended; code != http.StatusTooManyRequests {
			t.Errorf("one of those of the caller with the most: %d", code)
		}
	}
	select {
	case code := <-another:
		t.Errorf("another's: %d", code)
	default:
	}
}

func TestWhatCameOverTLSNeverComesWithout(t *testing.T) {
	t.Parallel()
	handler := over(t, &tips{})
	for _, secured := range []bool{true, false} {
		request := httptest.NewRequest(http.MethodGet, "/healthz", http.NoBody)
		request.TLS = nil
		if secured {
			request.TLS = &tls.ConnectionState{}
		}
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		if recorder.Header().Get("Strict-Transport-Security") != "" != secured {
			t.Errorf("over TLS %t: %v", secured, recorder.Header())
		}
	}
}
