package gateway_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/qingfeng-suite/qingfeng/gateway"
	accessv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/access/v1"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

const testService = "/streamtest.v1.TestService/"

// TestMain describes the test's service before any test reads the registry, which deadlocks where both happen at once.
func TestMain(m *testing.M) {
	if err := describe(); err != nil {
		panic(err)
	}
	m.Run()
}

// describe registers a service of the kinds of RPC that the suite has not got yet.
func describe() error {
	file := &descriptorpb.FileDescriptorProto{
		Name: proto.String("streamtest/v1/test.proto"), Package: proto.String("streamtest.v1"), Syntax: proto.String("proto3"),
		Dependency: []string{"qingfeng/network/v1/tip.proto", "qingfeng/risk/v1/risk_point.proto", "google/api/httpbody.proto"},
		Service: []*descriptorpb.ServiceDescriptorProto{{
			Name: proto.String("TestService"),
			Method: []*descriptorpb.MethodDescriptorProto{
				method("Watch", ".qingfeng.network.v1.GetTipRequest", ".qingfeng.network.v1.Tip", true, get("watch")),
				method("Export", ".qingfeng.network.v1.GetTipRequest", ".google.api.HttpBody", false, get("export")),
				method("Dump", ".qingfeng.network.v1.GetTipRequest", ".google.api.HttpBody", true, get("dump")),
				method("Patch", ".qingfeng.risk.v1.UpdateRiskPointRequest", ".qingfeng.risk.v1.RiskPoint", false,
					&annotations.HttpRule{
						Pattern: &annotations.HttpRule_Patch{Patch: "/test/v1/{risk_point.name=riskPoints/*}"},
						Body:    "risk_point",
					}),
			},
		}},
	}
	made, err := protodesc.NewFile(file, protoregistry.GlobalFiles)
	if err != nil {
		return err
	}
	return protoregistry.GlobalFiles.RegisterFile(made)
}

func get(verb string) *annotations.HttpRule {
	return &annotations.HttpRule{Pattern: &annotations.HttpRule_Get{Get: "/test/v1/{name=tips/*}:" + verb}}
}

func method(name, input, output string, stream bool, rule *annotations.HttpRule) *descriptorpb.MethodDescriptorProto {
	options := &descriptorpb.MethodOptions{}
	proto.SetExtension(options, annotations.E_Http, rule)
	proto.SetExtension(options, accessv1.E_Access, &accessv1.Access{
		Permission: "test", Scope: accessv1.Scope_SCOPE_RECORD, Audit: accessv1.Audit_AUDIT_NONE,
		Highest: typev1.Level_LEVEL_PROVINCE, Lowest: typev1.Level_LEVEL_VILLAGE,
	})
	return &descriptorpb.MethodDescriptorProto{
		Name: &name, InputType: &input, OutputType: &output, ServerStreaming: &stream, Options: options,
	}
}

// handle adds a handler of the shape that protoc-gen-grpc-gateway gives it.
func handle(mux *runtime.ServeMux, verb, path string, send func(*asked) error) error {
	return mux.HandlePath(verb, path, func(w http.ResponseWriter, r *http.Request, params map[string]string) {
		_, form := runtime.MarshalerForRequest(mux, r)
		ctx, err := runtime.AnnotateContext(r.Context(), mux, r, "")
		if err != nil {
			runtime.HTTPError(ctx, mux, form, w, r, err)
			return
		}
		one := &asked{ctx: ctx, body: form.NewDecoder(r.Body), params: params}
		err = send(one)
		ctx = runtime.NewServerMetadataContext(ctx, one.received)
		switch {
		case err != nil:
			runtime.HTTPError(ctx, mux, form, w, r, err)
		case one.next != nil:
			runtime.ForwardResponseStream(ctx, mux, form, w, r, one.next, mux.GetForwardResponseOptions()...)
		default:
			runtime.ForwardResponseMessage(ctx, mux, form, w, r, one.answer, mux.GetForwardResponseOptions()...)
		}
	})
}

// asked is one request of a handler, and what it is answered with.
type asked struct {
	ctx      context.Context
	body     runtime.Decoder
	params   map[string]string
	answer   proto.Message
	received runtime.ServerMetadata
	next     func() (proto.Message, error)
}

func register(_ context.Context, mux *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	opens := func(name string, kind proto.Message) func(*asked) error {
		return func(one *asked) error {
			stream, err := conn.NewStream(one.ctx, &grpc.StreamDesc{ServerStreams: true}, testService+name)
			if err != nil {
				return err
			}
			if err := errors.Join(stream.SendMsg(&networkv1.GetTipRequest{Name: one.params["name"]}),
				stream.CloseSend()); err != nil {
				return err
			}
			one.next = func() (proto.Message, error) {
				message := proto.Clone(kind)
				return message, stream.RecvMsg(message)
			}
			one.received.HeaderMD, err = stream.Header()
			return err
		}
	}
	return errors.Join(
		handle(mux, "GET", "/test/v1/{name=tips/*}:watch", opens("Watch", &networkv1.Tip{})),
		handle(mux, "GET", "/test/v1/{name=tips/*}:dump", opens("Dump", &httpbody.HttpBody{})),
		handle(mux, "GET", "/test/v1/{name=tips/*}:export", func(one *asked) error {
			file := &httpbody.HttpBody{}
			one.answer = file
			return conn.Invoke(one.ctx, testService+"Export", &networkv1.GetTipRequest{Name: one.params["name"]}, file)
		}),
		handle(mux, "PATCH", "/test/v1/{risk_point.name=riskPoints/*}", func(one *asked) error {
			request, point := &riskv1.UpdateRiskPointRequest{}, &riskv1.RiskPoint{}
			if err := one.body.Decode(&request.RiskPoint); err != nil {
				return status.Errorf(codes.InvalidArgument, "%v", err)
			}
			request.RiskPoint.Name = one.params["risk_point.name"]
			one.answer = point
			return conn.Invoke(one.ctx, testService+"Patch", request, point)
		}),
	)
}

// testSite serves the test's service: "tips/fails" fails at once, "tips/breaks" after two messages,
// "tips/waits" sends one and no more.
func testSite(tb testing.TB) server {
	tb.Helper()
	conn := dial(tb, func(*grpc.Server) {}, grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		full, _ := grpc.MethodFromServerStream(stream)
		if full == testService+"Patch" {
			request := &riskv1.UpdateRiskPointRequest{}
			if err := stream.RecvMsg(request); err != nil {
				return err
			}
			return stream.SendMsg(request.GetRiskPoint())
		}
		request := &networkv1.GetTipRequest{}
		if err := stream.RecvMsg(request); err != nil {
			return err
		}
		switch request.GetName() {
		case "tips/fails":
			return detailed(tb, codes.FailedPrecondition, "closed")
		case "tips/empty":
			return nil
		}
		for _, text := range []string{"a\x00", "b\xff"} {
			var message proto.Message = &networkv1.Tip{Name: text[:1]}
			if full != testService+"Watch" {
				message = &httpbody.HttpBody{ContentType: "application/pdf", Data: []byte(text)}
			}
			if err := stream.SendMsg(message); err != nil || full == testService+"Export" {
				return err
			}
			if request.GetName() == "tips/waits" {
				<-stream.Context().Done()
				return stream.Context().Err()
			}
		}
		if request.GetName() == "tips/breaks" {
			return status.Error(codes.Internal, "pgx: host db-1")
		}
		return nil
	}))
	handler, err := gateway.NewOf(tb.Context(), gateway.Config{Level: typev1.Level_LEVEL_CITY}, conn, "streamtest.", register)
	if err != nil {
		tb.Fatal(err)
	}
	return serve(tb, handler)
}

func (s server) tip(tb testing.TB, path string) answer {
	tb.Helper()
	return s.ask(tb, http.MethodGet, "/test/v1/tips/"+path, "Accept-Language", "en")
}

func TestStreamsAreLinesOfJSON(t *testing.T) {
	t.Parallel()
	site := testSite(t)
	whole := site.tip(t, "1:watch")
	lines := strings.Split(strings.TrimSuffix(whole.body, "\n"), "\n")
	if whole.code != http.StatusOK || whole.header.Get("Content-Type") != "application/x-ndjson" || whole.cut != nil ||
		len(lines) != 2 {
		t.Fatalf("answer %+v", whole)
	}
	for i, want := range []string{"a", "b"} {
		var line struct{ Result struct{ Name string } }
		if err := json.Unmarshal([]byte(lines[i]), &line); err != nil || line.Result.Name != want {
			t.Errorf("line %d: %s, %v", i, lines[i], err)
		}
	}
	if empty := site.tip(t, "empty:watch"); empty.code != http.StatusOK || empty.body != "" {
		t.Errorf("empty stream: %+v", empty)
	}
	broken := site.tip(t, "breaks:watch").body
	if !strings.Contains(broken, "The service failed.") || strings.Contains(broken, "pgx") || strings.Count(broken, "\n") != 3 {
		t.Errorf("broken stream: %s", broken)
	}
}

func TestLinesGoOutAtOnce(t *testing.T) {
	t.Parallel()
	site := testSite(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, site.URL+"/test/v1/tips/waits:watch", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept-Encoding", "gzip")
	answer, err := site.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(answer.Body).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, `{"result":`) {
		t.Errorf("line %q, %v", line, err)
	}
	if err := answer.Body.Close(); err != nil { // ends the stream: the server could not stop before
		t.Error(err)
	}
}

func TestBytesComeAsTheyAre(t *testing.T) {
	t.Parallel()
	site := testSite(t)
	for path, want := range map[string]string{"1:export": "a\x00", "1:dump": "a\x00b\xff"} {
		if got := site.tip(t, path); got.code != http.StatusOK || got.header.Get("Content-Type") != "application/pdf" ||
			got.cut != nil || got.body != want {
			t.Errorf("%s: %+v", path, got)
		}
	}
	if broken := site.tip(t, "breaks:dump"); broken.cut == nil || strings.Contains(broken.body, "pgx") {
		t.Errorf("a broken file looks whole: %+v", broken)
	}
}

func TestCallsThatFailAtOnceAreAnsweredAlike(t *testing.T) {
	t.Parallel()
	site := testSite(t)
	for _, verb := range []string{"watch", "dump", "export"} {
		got := site.tip(t, "fails:"+verb)
		if got.code != http.StatusBadRequest || got.header.Get("Content-Type") != "application/json" ||
			!strings.HasPrefix(got.body, `{"code":9`) || !strings.Contains(got.body, "closed") {
			t.Errorf("%s: %+v", verb, got)
		}
	}
}

func TestABodyThatIsOneField(t *testing.T) {
	t.Parallel()
	site := testSite(t).Config.Handler
	patch := func(query, body string) *httptest.ResponseRecorder {
		return call{method: "PATCH", path: "/test/v1/riskPoints/1" + query, body: body}.do(site)
	}
	if answer := patch("", `{"unit":"units/1"}`); answer.Code != http.StatusOK ||
		!strings.Contains(answer.Body.String(), "riskPoints/1") {
		t.Errorf("answer %d %s", answer.Code, answer.Body)
	}
	for body, want := range map[string]string{
		`{"search_sources":[{},{"nam":1}]}`: "risk_point.search_sources[1].nam", `{"unit":3}`: "risk_point.unit", `{} {}`: "",
	} {
		if problem := readProblem(t, patch("", body)); problem.field() != want || problem.Code != int(codes.InvalidArgument) {
			t.Errorf("%s: %+v", body, problem)
		}
	}
	for query, want := range map[string]string{"?riskPoint.unit=1": "riskPoint.unit", "?foo=1": "foo"} {
		if problem := readProblem(t, patch(query, "{}")); problem.field() != want {
			t.Errorf("%s: %+v", query, problem)
		}
	}
	if answer := patch("?requestId=x", "{}"); answer.Code != http.StatusOK {
		t.Errorf("a parameter beside the body: %d %s", answer.Code, answer.Body)
	}
}

func TestAForgottenServiceFailsAtStart(t *testing.T) {
	t.Parallel()
	none := func(context.Context, *runtime.ServeMux, grpc.ClientConnInterface) error { return nil }
	_, err := gateway.NewOf(t.Context(), gateway.Config{Level: typev1.Level_LEVEL_CITY}, nil, "streamtest.", none)
	if err == nil || !strings.Contains(err.Error(), testService) {
		t.Errorf("start: %v", err)
	}
}
