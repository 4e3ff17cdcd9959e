package gateway_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/qingfeng-suite/qingfeng/gateway"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// dial serves what register adds, over memory, and connects to it.
func dial(tb testing.TB, register func(*grpc.Server), options ...grpc.ServerOption) *grpc.ClientConn {
	tb.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(options...)
	register(server)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	tb.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			tb.Errorf("serve: %v", err)
		}
	})
	conn, err := grpc.NewClient("passthrough:///memory", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	return conn
}

// facade makes a city's façade of conn.
func facade(tb testing.TB, conn grpc.ClientConnInterface, change ...func(*gateway.Config)) http.Handler {
	tb.Helper()
	cfg := gateway.Config{Level: typev1.Level_LEVEL_CITY}
	for _, one := range change {
		one(&cfg)
	}
	handler, err := gateway.New(tb.Context(), cfg, conn)
	if err != nil {
		tb.Fatal(err)
	}
	return handler
}

// call is a request of a test; a body makes it JSON unless a header says otherwise.
type call struct {
	method, path, body string
	header             map[string]string
}

func (c call) do(handler http.Handler) *httptest.ResponseRecorder {
	var body io.Reader = http.NoBody
	if c.body != "" {
		body = strings.NewReader(c.body)
	}
	request := httptest.NewRequest(c.method, c.path, body)
	if c.body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, value := range c.header {
		request.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder
}

// server is a façade behind net/http, which leaves out what the recorder of a call would show.
type server struct{ *httptest.Server }

func serve(tb testing.TB, handler http.Handler) server {
	tb.Helper()
	site := httptest.NewServer(handler)
	tb.Cleanup(site.Close)
	return server{site}
}

// answer is what a server said; cut is the error that ended its body early.
type answer struct {
	code   int
	header http.Header
	body   string
	cut    error
}

// ask sends a request with pairs of header names and values.
func (s server) ask(tb testing.TB, method, path string, header ...string) answer {
	tb.Helper()
	request, err := http.NewRequestWithContext(tb.Context(), method, s.URL+path, http.NoBody)
	if err != nil {
		tb.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := s.Client().Do(request)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, cut := io.ReadAll(response.Body)
	return answer{code: response.StatusCode, header: response.Header, body: string(body), cut: cut}
}

// problem is the one form that errors have.
type problem struct {
	Code    int
	Message string
	Details []struct {
		Type            string `json:"@type"`
		Reason, Domain  string
		FieldViolations []struct{ Field, Description string }
	}
}

func readProblem(tb testing.TB, recorder *httptest.ResponseRecorder) problem {
	tb.Helper()
	var read problem
	decoder := json.NewDecoder(recorder.Body)
	if err := decoder.Decode(&read); err != nil {
		tb.Fatalf("error answer %d: %v", recorder.Code, err)
	}
	if kind := recorder.Header().Get("Content-Type"); kind != "application/json" {
		tb.Errorf("error answer is %q", kind)
	}
	return read
}

func (p problem) reason() string {
	for _, one := range p.Details {
		if one.Type == "type.googleapis.com/google.rpc.ErrorInfo" && one.Domain == "qingfeng" {
			return one.Reason
		}
	}
	return ""
}

func (p problem) field() string {
	for _, one := range p.Details {
		for _, violation := range one.FieldViolations {
			return violation.Field
		}
	}
	return ""
}
