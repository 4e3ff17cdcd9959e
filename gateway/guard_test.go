package gateway_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
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
		cfg.Authenticate = func(_ context.Context, header http.Header) error {
			if header.Get("Authorization") == "good" {
				return nil
			}
			return status.Error(codes.Unauthenticated, "who?")
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
