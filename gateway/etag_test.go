package gateway_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
)

// tagged answers with a risk point of the etag 7, whose title tells the etag that was asked for.
type tagged struct{ grpc.ClientConnInterface }

func (tagged) Invoke(_ context.Context, _ string, request, answer any, _ ...grpc.CallOption) error {
	point := &riskv1.RiskPoint{Etag: "7", Unit: strings.Repeat("x", 5000)}
	switch asked := request.(type) {
	case *riskv1.UpdateRiskPointRequest:
		point.Unit = "asked " + asked.GetRiskPoint().GetEtag()
	case *riskv1.SubmitRiskPointRequest:
		point.Unit = "asked " + asked.GetEtag()
	}
	if answer, ok := answer.(*riskv1.RiskPoint); ok {
		proto.Merge(answer, point)
	}
	return nil
}

func TestReadingsCarryTheirEtag(t *testing.T) {
	t.Parallel()
	handler := facade(t, tagged{})
	const tag = `"7"`
	for known, want := range map[string]int{
		"": 200, `"6"`: 200, `7"x`: 200, tag: 304, `W/"7"`: 304, `"6", "7"`: 304, "*": 304,
	} {
		header := map[string]string{"If-None-Match": known}
		answer := call{method: "GET", path: "/risk/v1/riskPoints/1", header: header}.do(handler)
		if answer.Code != want || answer.Header().Get("ETag") != tag ||
			(answer.Body.Len() == 0) != (want == http.StatusNotModified) {
			t.Errorf("%s: %d %v %s", known, answer.Code, answer.Header(), answer.Body)
		}
	}
	act := call{method: "POST", path: "/risk/v1/riskPoints/1:submit", header: map[string]string{"If-None-Match": tag}}.do(handler)
	if act.Code != http.StatusOK || act.Header().Get("ETag") != "" {
		t.Errorf("act: %d %v", act.Code, act.Header())
	}
	if list := (call{method: "GET", path: "/risk/v1/riskPoints"}).do(handler); list.Header().Get("ETag") != "" {
		t.Errorf("list: %v", list.Header())
	}
}

func TestIfMatchIsTheEtagOfAnAct(t *testing.T) {
	t.Parallel()
	handler := facade(t, tagged{})
	const submit, update = "/risk/v1/riskPoints/1:submit", "/risk/v1/riskPoints/1"
	tests := []struct {
		name, path, given, body string
		want                    string // what the service was asked, or the reason of the refusal
	}{
		{"own etag", submit, `"5"`, "{}", "asked 5"},
		{"no body", submit, `"5"`, "", "asked 5"},
		{"weak", submit, `W/"5"`, "{}", "asked 5"},
		{"the same in the body", submit, `"5"`, `{"etag":"5"}`, "asked 5"},
		{"another in the body", submit, `"5"`, `{"etag":"6"}`, "OTHER_ETAG"},
		{"etag of the record", update, `"5"`, `{"riskPoint":{"unit":"x"}}`, "asked 5"},
		{"another in the record", update, `"5"`, `{"riskPoint":{"etag":"6"}}`, "OTHER_ETAG"},
		{"any", submit, "*", `{"etag":"6"}`, "asked 6"},
		{"several", submit, `"5", "6"`, "{}", "FAULTY_IF_MATCH"},
		{"no etag in the request", "/network/v1/tips:submit", `"5"`, "{}", "FAULTY_IF_MATCH"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			method := http.MethodPost
			if test.path == update {
				method = http.MethodPatch
			}
			answer := call{
				method: method, path: test.path, body: test.body,
				header: map[string]string{"If-Match": test.given},
			}.do(handler)
			refused := !strings.HasPrefix(test.want, "asked")
			if (answer.Code == http.StatusBadRequest) != refused || !strings.Contains(answer.Body.String(), `"`+test.want+`"`) {
				t.Errorf("answer %d %s", answer.Code, answer.Body)
			}
		})
	}
}

func TestTracesGoOnButNotOfProtectedCalls(t *testing.T) {
	t.Parallel()
	const id = "0af7651916cd43dd8448eb211c80319c"
	const parent = "00-" + id + "-b7ad6b7169203331-01"
	seen := make(chan string, 1)
	handler := facade(t, spy(seen))
	for path, want := range map[string]string{
		"/network/v1/tips:follow":      "00000000000000000000000000000000 []",
		"/network/v1/tips:submit":      "00000000000000000000000000000000 []",
		"/risk/v1/riskPoints/1:submit": id + " [" + parent + "]",
	} {
		answer := call{method: "POST", path: path, header: map[string]string{"Traceparent": parent}}.do(handler)
		if got := <-seen; answer.Code != http.StatusOK || got != want {
			t.Errorf("%s: %d, %s", path, answer.Code, got)
		}
	}
}

// spy tells of each call the trace it belongs to and the one that is forwarded.
type spy chan string

func (s spy) Invoke(ctx context.Context, _ string, _, _ any, _ ...grpc.CallOption) error {
	outgoing, _ := metadata.FromOutgoingContext(ctx)
	s <- fmt.Sprint(trace.SpanContextFromContext(ctx).TraceID(), " ", outgoing["traceparent"])
	return nil
}

func (spy) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, io.EOF
}

func TestHeadAnswersLikeGetWithoutABody(t *testing.T) {
	t.Parallel()
	site := serve(t, facade(t, tagged{}))
	for path, want := range map[string]int{
		"/risk/v1/riskPoints/1": 200, "/openapi.json": 200, "/x": 404, "/network/v1/tips:submit": 405,
	} {
		answer, same := site.ask(t, http.MethodHead, path), site.ask(t, http.MethodGet, path)
		if answer.code != want || answer.body != "" || same.code != want || same.body == "" ||
			answer.header.Get("ETag") != same.header.Get("ETag") ||
			answer.header.Get("Content-Type") != same.header.Get("Content-Type") {
			t.Errorf("%s: %+v", path, answer)
		}
	}
}

func TestAnswersAreCompressedWhereAskedFor(t *testing.T) {
	t.Parallel()
	site := serve(t, facade(t, tagged{}))
	for _, path := range []string{"/risk/v1/riskPoints/1", "/openapi.json"} {
		packed := site.ask(t, http.MethodGet, path, "Accept-Encoding", "gzip")
		if packed.header.Get("Content-Encoding") != "gzip" || packed.header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: %v", path, packed.header)
		}
		plain := site.ask(t, http.MethodGet, path, "Accept-Encoding", "identity")
		if plain.header.Get("Content-Encoding") != "" || !strings.HasPrefix(plain.body, "{") {
			t.Errorf("%s: %v", path, plain.header)
		}
	}
}

func TestDocumentIsAskedAboutByItsTag(t *testing.T) {
	t.Parallel()
	handler := facade(t, tagged{})
	tag := call{method: "GET", path: "/openapi.json"}.do(handler).Header().Get("ETag")
	again := call{method: "GET", path: "/openapi.json", header: map[string]string{"If-None-Match": tag}}.do(handler)
	if tag == "" || again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("tag %s: %d", tag, again.Code)
	}
}
