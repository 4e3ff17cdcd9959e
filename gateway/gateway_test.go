package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/qingfeng-suite/qingfeng/gateway"
	"github.com/qingfeng-suite/qingfeng/gateway/internal/rule"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// tips answers with what it was asked, or with err.
type tips struct {
	networkv1.UnimplementedTipServiceServer
	err error
	got chan metadata.MD
}

func (s *tips) GetTip(ctx context.Context, request *networkv1.GetTipRequest) (*networkv1.Tip, error) {
	if s.got != nil {
		received, _ := metadata.FromIncomingContext(ctx)
		s.got <- received
	}
	if err := grpc.SetHeader(ctx, metadata.Pairs("x-request-id", "r-1", "x-inner", "secret")); err != nil {
		return nil, err
	}
	if s.err != nil {
		return nil, s.err
	}
	return &networkv1.Tip{Name: request.GetName()}, nil
}

func (s *tips) CountTips(context.Context, *networkv1.CountTipsRequest) (*networkv1.CountTipsResponse, error) {
	return &networkv1.CountTipsResponse{}, nil
}

func (s *tips) SubmitTip(_ context.Context, request *networkv1.SubmitTipRequest) (*networkv1.SubmitTipResponse, error) {
	return &networkv1.SubmitTipResponse{Receipt: request.GetContent().GetTitle()}, nil
}

// risks answers updates with what it was asked, and with the paths of a mask as the description.
type risks struct {
	riskv1.UnimplementedRiskPointServiceServer
}

func (risks) UpdateRiskPoint(_ context.Context, request *riskv1.UpdateRiskPointRequest) (*riskv1.RiskPoint, error) {
	if paths := request.GetUpdateMask().GetPaths(); len(paths) > 0 {
		return &riskv1.RiskPoint{Description: strings.Join(paths, " ")}, nil
	}
	return request.GetRiskPoint(), nil
}

// over makes a city's façade over fakes.
func over(tb testing.TB, fake *tips, change ...func(*gateway.Config)) http.Handler {
	tb.Helper()
	return facade(tb, dial(tb, func(server *grpc.Server) {
		networkv1.RegisterTipServiceServer(server, fake)
		riskv1.RegisterRiskPointServiceServer(server, risks{})
	}), change...)
}

func TestRequestsReachTheirRPC(t *testing.T) {
	t.Parallel()
	handler := over(t, &tips{})
	tests := []struct {
		name, want string
		call       call
	}{
		{"name", `"name":"tips/7"`, call{method: "GET", path: "/network/v1/tips/7"}},
		{"name with dot", `"name":"tips/a.b"`, call{method: "GET", path: "/network/v1/tips/a.b"}},
		{"name with escaped colon", `"name":"tips/a:count"`, call{method: "GET", path: "/network/v1/tips/a%3Acount"}},
		{"name that looks like a verb", `"name":"tips/count"`, call{method: "GET", path: "/network/v1/tips/count"}},
		{"verb beside a name pattern", `"counts":[]`, call{
			method: "GET", path: "/network/v1/tips:count?unit=units/1&period=2026-01",
		}},
		{"body", `"receipt":"甲"`, call{method: "POST", path: "/network/v1/tips:submit", body: `{"content":{"title":"甲"}}`}},
		{"body in proto names", `"receipt":""`, call{
			method: "POST", path: "/network/v1/tips:submit", body: `{"request_id":"x"}`,
		}},
		{"no body", `"receipt":""`, call{method: "POST", path: "/network/v1/tips:submit"}},
		{"body after blanks", `"receipt":"甲"`, call{
			method: "POST", path: "/network/v1/tips:submit", body: "\n {\"content\":{\"title\":\"甲\"}}\n",
		}},
		{"path wins over body", `"name":"riskPoints/1"`, call{
			method: "PATCH", path: "/risk/v1/riskPoints/1", body: `{"riskPoint":{"name":"riskPoints/2"}}`,
		}},
		{"mask in names of JSON", `"description":"search_methods causes"`, call{
			method: "PATCH", path: "/risk/v1/riskPoints/1", body: `{"updateMask":"searchMethods,causes"}`,
		}},
		{"mask in names of protos", `"description":"search_methods causes"`, call{
			method: "PATCH", path: "/risk/v1/riskPoints/1", body: `{"update_mask": "search_methods,causes"}`,
		}},
		{"mask of everything", `"description":"*"`, call{
			method: "PATCH", path: "/risk/v1/riskPoints/1", body: `{"updateMask": "*"}`,
		}},
		{"text about a mask", `"description":"\"updateMask\":\"a_b\""`, call{
			method: "PATCH", path: "/risk/v1/riskPoints/1", body: `{"riskPoint":{"description":"\"updateMask\":\"a_b\""}}`,
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			answer := test.call.do(handler)
			body := strings.ReplaceAll(answer.Body.String(), `": `, `":`)
			if answer.Code != http.StatusOK || !strings.Contains(strings.ReplaceAll(body, `, "`, `,"`), test.want) {
				t.Errorf("answer %d %s, want %s", answer.Code, body, test.want)
			}
		})
	}
}

func TestFaultyRequestsAreRefusedByTheFacade(t *testing.T) {
	t.Parallel()
	handler := over(t, &tips{}, func(cfg *gateway.Config) { cfg.BodyLimit = 100 })
	submit := func(body string) call { return call{method: "POST", path: "/network/v1/tips:submit", body: body} }
	typed := func(name, value string) call {
		return call{method: "POST", path: "/network/v1/tips:submit", body: "{}", header: map[string]string{name: value}}
	}
	tests := []struct {
		name          string
		call          call
		http          int
		reason, field string
	}{
		{"unknown path", call{method: "GET", path: "/network/v1/unknown"}, 404, "UNKNOWN_PATH", ""},
		{"unknown verb of a name", call{method: "POST", path: "/network/v1/tips/1:unknown"}, 404, "UNKNOWN_PATH", ""},
		{"trailing slash", call{method: "GET", path: "/network/v1/tips/"}, 404, "UNKNOWN_PATH", ""},
		{"uncleaned path", call{method: "GET", path: "/network//v1/../v1/tips"}, 404, "UNKNOWN_PATH", ""},
		{"escaped slash in a name", call{method: "GET", path: "/network/v1/tips/a%2Fb"}, 404, "UNKNOWN_PATH", ""},
		{"post to root", call{method: "POST", path: "/"}, 404, "UNKNOWN_PATH", ""},
		{"wrong method", call{method: "DELETE", path: "/network/v1/tips/1"}, 405, "METHOD_NOT_ALLOWED", ""},
		{"unknown field", submit(`{"conten":{}}`), 400, "UNKNOWN_FIELD", "conten"},
		{"unknown nested field", submit(`{"content":{"foo":1}}`), 400, "UNKNOWN_FIELD", "content.foo"},
		{"wrong type", submit(`{"requestId":3}`), 400, "FAULTY_FIELD", "request_id"},
		{"wrong type of a message", submit(`{"content":3}`), 400, "FAULTY_FIELD", "content"},
		{"wrong type below", submit("{\n \"content\": {\"title\": \"甲\",\n \"unit\": []}}"), 400, "FAULTY_FIELD", "content.unit"},
		{"unknown field of an element", call{
			method: "POST", path: "/risk/v1/schemes", body: `{"scheme":{"categories":[{},{"title":{"nam":1}}]}}`,
		}, 400, "UNKNOWN_FIELD", "scheme.categories[1].title.nam"},
		{"two of a choice", call{
			method: "POST", path: "/risk/v1/comments:submit", body: `{"unit":"units/1","text":"x","publication":""}`,
		}, 400, "CONFLICTING_FIELDS", "publication"},
		{"two of a choice in the query", call{
			method: "GET", path: "/risk/v1/publications/1:diff?afterDay=2026-01-01&afterPublication=publications/2",
		}, 400, "CONFLICTING_FIELDS", "after_publication"},
		{"not an object", submit(`[]`), 400, "FAULTY_JSON", ""},
		{"not json", submit(`{"content"`), 400, "FAULTY_JSON", ""},
		{"two values", submit(`{} {}`), 400, "FAULTY_JSON", ""},
		{"body over the limit", submit(`{"requestId":"` + strings.Repeat("x", 100) + `"}`), 413, "BODY_TOO_LARGE", ""},
		{"form", typed("Content-Type", "application/x-www-form-urlencoded"), 415, "UNSUPPORTED_MEDIA_TYPE", ""},
		{"other charset", typed("Content-Type", "application/json; charset=gbk"), 415, "UNSUPPORTED_MEDIA_TYPE", ""},
		{"compressed", typed("Content-Encoding", "gzip"), 415, "UNSUPPORTED_MEDIA_TYPE", ""},
		{
			"query beside a body",
			call{method: "POST", path: "/network/v1/tips:submit?unit=1", body: "{}"},
			400,
			"UNKNOWN_PARAMETER", "unit",
		},
		{"unknown parameter", call{method: "GET", path: "/network/v1/tips?foo=1"}, 400, "UNKNOWN_PARAMETER", "foo"},
		{"parameter below a string", call{method: "GET", path: "/network/v1/tips?unit.x=1"}, 400, "UNKNOWN_PARAMETER", "unit.x"},
		{"parameter of the path", call{method: "GET", path: "/network/v1/tips/1?name=tips/2"}, 400, "UNKNOWN_PARAMETER", "name"},
		{"faulty number", call{method: "GET", path: "/network/v1/tips?pageSize=x"}, 400, "FAULTY_PARAMETER", "page_size"},
		{"unknown enum", call{method: "GET", path: "/network/v1/tips?states=x"}, 400, "UNKNOWN_CHOICE", "states"},
		{
			"unknown enum in a body",
			call{method: "PATCH", path: "/network/v1/units/1", body: `{"unit":{"kind":"END"}}`},
			400, "UNKNOWN_CHOICE", "unit.kind",
		},
		{"parameter twice", call{method: "GET", path: "/network/v1/tips?unit=a&unit=b"}, 400, "FAULTY_PARAMETER", "unit"},
		{
			"both names of a field",
			call{method: "GET", path: "/network/v1/tips?page_size=1&pageSize=2"},
			400, "FAULTY_PARAMETER",
			"page_size",
		},
		{"name that is not text", call{method: "GET", path: "/network/v1/tips/%80"}, 404, "UNKNOWN_PATH", ""},
		{"value that is not text", call{method: "GET", path: "/network/v1/tips?unit=%80"}, 400, "FAULTY_PARAMETER", "unit"},
		{"parameter that is not text", call{method: "GET", path: "/network/v1/tips?%80=1"}, 400, "UNKNOWN_PARAMETER", "\uFFFD"},
		{"malformed query", call{method: "GET", path: "/network/v1/tips?a=%zz"}, 400, "FAULTY_QUERY", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			answer := test.call.do(handler)
			problem := readProblem(t, answer)
			if answer.Code != test.http || problem.reason() != test.reason || problem.field() != test.field {
				t.Errorf("answer %d %+v", answer.Code, problem)
			}
			if strings.Contains(problem.Message, "%!") || problem.Message == "" || problem.Code == 0 {
				t.Errorf("message %q, code %d", problem.Message, problem.Code)
			}
		})
	}
}

// endless is a body of unknown length that remembers how much of it was read.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestAnEndlessBodyIsNotReadToItsEnd(t *testing.T) {
	t.Parallel()
	body := &endless{}
	request := httptest.NewRequest(http.MethodPost, "/network/v1/tips:submit", body)
	request.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	over(t, &tips{}).ServeHTTP(recorder, request)
	if recorder.Code != http.StatusRequestEntityTooLarge || body.read > 4*gateway.DefaultBodyLimit {
		t.Errorf("answer %d after %d bytes", recorder.Code, body.read)
	}
}

func TestMethodsOfAPathAreNamed(t *testing.T) {
	t.Parallel()
	answer := call{method: "PATCH", path: "/network/v1/units"}.do(over(t, &tips{}))
	if got := answer.Header().Get("Allow"); got != "POST, GET" {
		t.Errorf("Allow: %q", got)
	}
}

func TestErrorsAreInTheCallersLanguage(t *testing.T) {
	t.Parallel()
	handler := over(t, &tips{})
	for accept, want := range map[string]string{
		"": "此地址不存在。", "zh-CN": "此地址不存在。", "fr": "此地址不存在。", "\xff": "此地址不存在。",
		"en-GB,zh;q=0.5": "There is nothing at this address.",
	} {
		answer := call{method: "GET", path: "/x", header: map[string]string{"Accept-Language": accept}}.do(handler)
		if got := readProblem(t, answer).Message; got != want {
			t.Errorf("%q: %q", accept, got)
		}
	}
}

func TestOnlyNamedHeadersAreForwarded(t *testing.T) {
	t.Parallel()
	fake := &tips{got: make(chan metadata.MD, 1)}
	answer := call{method: "GET", path: "/network/v1/tips/1", header: map[string]string{
		"Authorization": "Bearer t", "Accept-Language": "en", "X-Request-Id": "q", "Traceparent": "00-a-b-01",
		"Cookie": "c", "X-Forwarded-For": "1.2.3.4", "Grpc-Metadata-Role": "root", "Grpc-Timeout": "1n", "X-Other": "o",
	}}.do(over(t, fake))
	if answer.Code != http.StatusOK {
		t.Fatalf("answer %d %s", answer.Code, answer.Body)
	}
	received := <-fake.got
	for name, want := range map[string]string{
		"authorization": "Bearer t", "accept-language": "en", "x-request-id": "q", "traceparent": "00-a-b-01",
	} {
		if got := received.Get(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q", name, got)
		}
		received.Delete(name)
	}
	// What gRPC itself adds.
	for _, name := range []string{":authority", "content-type", "user-agent", "grpc-accept-encoding"} {
		received.Delete(name)
	}
	if len(received) > 0 {
		t.Errorf("also forwarded: %v", received)
	}
	if answer.Header().Get("X-Request-Id") != "r-1" || strings.Contains(answer.Header().Get("Grpc-Metadata-X-Inner"), "secret") {
		t.Errorf("answered headers: %v", answer.Header())
	}
}

func TestHeadersThatGRPCCannotCarryAreLeftOut(t *testing.T) {
	t.Parallel()
	answer := call{method: "GET", path: "/network/v1/tips/1", header: map[string]string{"Accept-Language": "中文"}}.do(
		over(t, &tips{}),
	)
	if answer.Code != http.StatusOK {
		t.Errorf("answer %d %s", answer.Code, answer.Body)
	}
}

func detailed(tb testing.TB, code codes.Code, message string) error {
	tb.Helper()
	st, err := status.New(code, message).WithDetails(
		&errdetails.ErrorInfo{Reason: "WHY", Domain: "qingfeng"},
		&errdetails.RetryInfo{RetryDelay: durationpb.New(1500 * time.Millisecond)},
	)
	if err != nil {
		tb.Fatal(err)
	}
	return st.Err()
}

func TestErrorsOfServicesAreTranslated(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name            string
		err             error
		http            int
		message, reason string
		retry           string
	}{
		{"not found", status.Error(codes.NotFound, "no such tip"), 404, "no such tip", "", ""},
		{"with reason", detailed(t, codes.FailedPrecondition, "closed"), 400, "closed", "WHY", "2"},
		{"full queue", detailed(t, codes.ResourceExhausted, "full"), 429, "full", "WHY", "2"},
		{"no account", detailed(t, codes.Unauthenticated, "who?"), 401, "who?", "WHY", "2"},
		{"meant internal", detailed(t, codes.Internal, "id 7"), 500, "id 7", "WHY", "2"},
		{"bare internal", status.Error(codes.Internal, "pgx: host db-1"), 500, "服务内部出错。", "INTERNAL", ""},
		{"bare unknown", errors.New("pgx: host db-1"), 500, "服务内部出错。", "INTERNAL", ""},
		{"bare unavailable", status.Error(codes.Unavailable, "dial db-1"), 503, "服务暂时不可用，请稍后再试。", "UNAVAILABLE", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			told := make(chan error, 1)
			handler := over(t, &tips{err: test.err}, func(cfg *gateway.Config) {
				cfg.Failed = func(_ context.Context, _ string, err error) { told <- err }
			})
			answer := call{method: "GET", path: "/network/v1/tips/1"}.do(handler)
			problem := readProblem(t, answer)
			if answer.Code != test.http || problem.Message != test.message || problem.reason() != test.reason {
				t.Errorf("answer %d %+v", answer.Code, problem)
			}
			if got := answer.Header().Get("Retry-After"); got != test.retry {
				t.Errorf("Retry-After %q", got)
			}
			if hidden := strings.HasPrefix(test.name, "bare"); hidden != (len(told) == 1) {
				t.Errorf("cause told: %d", len(told))
			}
		})
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for _, cfg := range []gateway.Config{{}, {Level: 99}, {Level: typev1.Level_LEVEL_CITY, BodyLimit: -1}} {
		if _, err := gateway.New(t.Context(), cfg, nil); err == nil {
			t.Errorf("%+v was taken", cfg)
		}
	}
}

// echo answers every call with an error that names what was asked.
type echo struct{ grpc.ClientConnInterface }

func (echo) Invoke(_ context.Context, method string, request, _ any, _ ...grpc.CallOption) error {
	said := method[strings.LastIndexByte(method, '/')+1:]
	switch named := request.(type) {
	case interface{ GetName() string }:
		said += " " + named.GetName()
	case interface{ GetRound() string }:
		said += " " + named.GetRound()
	}
	return status.Error(codes.NotFound, said)
}

func TestPathsLeadToTheirOperationOnly(t *testing.T) {
	t.Parallel()
	handler := facade(t, echo{})
	tests := []struct{ name, method, path, want string }{
		{"literal", "GET", "/network/v1/tips", "ListTips"},
		{"literal with verb", "GET", "/network/v1/tips:count", "CountTips"},
		{"name", "GET", "/network/v1/tips/7", "GetTip tips/7"},
		{"name with a blank and a plus", "GET", "/network/v1/tips/a%20b+c", "GetTip tips/a b+c"},
		{"name with escaped percent", "GET", "/network/v1/tips/a%252Fb", "GetTip tips/a%2Fb"},
		{"name in Chinese", "GET", "/network/v1/tips/%E6%B8%85", "GetTip tips/清"},
		{"name with escaped colon", "GET", "/network/v1/tips/a%3Asimilar", "GetTip tips/a:similar"},
		{"plain colon is a verb", "GET", "/network/v1/tips/a:similar", "ListSimilarTips tips/a"},
		{"name with colon and verb", "GET", "/network/v1/tips/a%3Ab:similar", "ListSimilarTips tips/a:b"},
		{"other verb", "GET", "/network/v1/tips/a:other", ""},
		{"empty verb", "GET", "/network/v1/tips:", ""},
		{"verb without a name", "GET", "/network/v1/tips/:similar", ""},
		{"field in the middle", "GET", "/assessment/v1/rounds/3/score", "GetScore rounds/3"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			problem := readProblem(t, call{method: test.method, path: test.path}.do(handler))
			if unknown := problem.reason() == "UNKNOWN_PATH"; unknown != (test.want == "") ||
				!unknown && problem.Message != test.want {
				t.Errorf("%s %s: %+v", test.method, test.path, problem)
			}
		})
	}
}

func FuzzBuiltPathsReachTheirName(f *testing.F) {
	handler := facade(f, echo{})
	template, err := rule.ParseTemplate("/network/v1/{name=tips/*}")
	if err != nil {
		f.Fatal(err)
	}
	f.Add("tips/1")
	f.Add("tips/a:b%2F?#清 +")
	f.Fuzz(func(t *testing.T, name string) {
		path, err := template.Build(func(string) string { return name })
		if err != nil {
			return
		}
		if got := readProblem(t, call{method: "GET", path: path}.do(handler)).Message; got != "GetTip "+name {
			t.Errorf("%q came as %q", name, got)
		}
	})
}

func FuzzNoRequestMakesTheFacadeFail(f *testing.F) {
	handler := over(f, &tips{})
	f.Add("/network/v1/tips:submit", "unit=1", []byte(`{"content":{}}`))
	f.Add("/network/v1/tips", "unit=%E6&states[1]=2&pageSize=.", []byte(nil))
	f.Add("/risk/v1/riskPoints/1:update", "", []byte(`{"riskPoint":null}`))
	f.Fuzz(func(t *testing.T, path, query string, body []byte) {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			request := httptest.NewRequest(method, "/", strings.NewReader(string(body)))
			request.URL.Path, request.URL.RawQuery = path, query
			request.Header.Set("Content-Type", "application/json")
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, request)
			if recorder.Code >= 500 && recorder.Code != http.StatusNotImplemented {
				t.Errorf("%s %q?%q %q: %d %s", method, path, query, body, recorder.Code, recorder.Body)
			}
		}
	})
}
