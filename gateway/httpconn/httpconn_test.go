package httpconn_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/qingfeng-suite/qingfeng/gateway"
	"github.com/qingfeng-suite/qingfeng/gateway/httpconn"
	"github.com/qingfeng-suite/qingfeng/gateway/internal/rule"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// answerer decides what a server of every method says to a request.
type answerer func(ctx context.Context, fullMethod string, request proto.Message) (proto.Message, error)

// serve runs a gRPC server of every method, a city's façade over it and a connection to the façade.
func serve(tb testing.TB, answer answerer) *httpconn.Conn {
	tb.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		fullMethod, _ := grpc.MethodFromServerStream(stream)
		request, err := message(fullMethod, protoreflect.MethodDescriptor.Input)
		if err != nil {
			return err
		}
		if err := stream.RecvMsg(request); err != nil {
			return err
		}
		if err := stream.SetHeader(metadata.Pairs("x-request-id", "r-1")); err != nil {
			return err
		}
		said, err := answer(stream.Context(), fullMethod, request)
		if err != nil {
			return err
		}
		return stream.SendMsg(said)
	}))
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
	handler, err := gateway.New(tb.Context(), gateway.Config{Level: typev1.Level_LEVEL_CITY}, conn)
	if err != nil {
		tb.Fatal(err)
	}
	site := httptest.NewServer(handler)
	tb.Cleanup(site.Close)
	return httpconn.New(site.URL+"/", site.Client())
}

// message makes an empty request or answer of a method.
func message(fullMethod string, side func(protoreflect.MethodDescriptor) protoreflect.MessageDescriptor) (proto.Message, error) {
	name := strings.ReplaceAll(strings.TrimPrefix(fullMethod, "/"), "/", ".")
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return nil, err
	}
	method, ok := found.(protoreflect.MethodDescriptor)
	if !ok {
		return nil, errors.New(name + " is not a method")
	}
	made, err := protoregistry.GlobalTypes.FindMessageByName(side(method).FullName())
	if err != nil {
		return nil, err
	}
	return made.New().Interface(), nil
}

func TestEveryMethodArrivesAsSent(t *testing.T) {
	t.Parallel()
	rules, err := rule.All("qingfeng.")
	if err != nil || len(rules) == 0 {
		t.Fatal(err, len(rules))
	}
	for _, one := range rules {
		if one.Method.IsStreamingServer() {
			continue // not of this connection
		}
		t.Run(one.FullMethod(), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(1, uint64(len(one.FullMethod()))))
			var arrived, answer proto.Message
			var method string
			conn := serve(t, func(_ context.Context, fullMethod string, request proto.Message) (proto.Message, error) {
				method, arrived = fullMethod, request
				return answer, nil
			})
			for range 10 {
				request, err := message(one.FullMethod(), protoreflect.MethodDescriptor.Input)
				if err != nil {
					t.Fatal(err)
				}
				if answer, err = message(one.FullMethod(), protoreflect.MethodDescriptor.Output); err != nil {
					t.Fatal(err)
				}
				fill(random, request.ProtoReflect(), 4)
				fill(random, answer.ProtoReflect(), 4)
				if file, ok := answer.(*httpbody.HttpBody); ok {
					file.ContentType, file.Extensions = "image/svg+xml", nil // HTTP has a place for a media type, and for no messages
				}
				for _, field := range one.Path.Fields() {
					name(random, request.ProtoReflect(), field, one.Path.Collection(field))
				}
				before := proto.Clone(request)
				received := answer.ProtoReflect().New().Interface()
				if err := conn.Invoke(t.Context(), one.FullMethod(), request, received); err != nil {
					t.Fatalf("%v\nrequest: %v", err, request)
				}
				if method != one.FullMethod() || !proto.Equal(request, arrived) {
					t.Fatalf("sent    %v\narrived %v at %s", request, arrived, method)
				}
				if !proto.Equal(answer, received) {
					t.Fatalf("answered %v\nreceived %v", answer, received)
				}
				if !proto.Equal(before, request) {
					t.Fatalf("the call changed its request: %v to %v", before, request)
				}
			}
		})
	}
}

func TestErrorsComeBackWithTheirDetails(t *testing.T) {
	t.Parallel()
	st, err := status.New(codes.FailedPrecondition, "已关闭").WithDetails(&errdetails.ErrorInfo{
		Reason: "WRONG_STATE", Domain: "qingfeng",
	})
	if err != nil {
		t.Fatal(err)
	}
	conn := serve(t, func(context.Context, string, proto.Message) (proto.Message, error) { return nil, st.Err() })
	var header metadata.MD
	_, err = networkv1.NewTipServiceClient(conn).GetTip(t.Context(), &networkv1.GetTipRequest{Name: "tips/1"},
		grpc.Header(&header))
	if !proto.Equal(status.Convert(err).Proto(), st.Proto()) {
		t.Errorf("error %v", status.Convert(err).Proto())
	}
	if got := header.Get("x-request-id"); len(got) != 1 || got[0] != "r-1" {
		t.Errorf("header %v", header)
	}
}

func TestMetadataTravelsAsHeaders(t *testing.T) {
	t.Parallel()
	received := make(chan metadata.MD, 1)
	conn := serve(t, func(ctx context.Context, _ string, _ proto.Message) (proto.Message, error) {
		incoming, _ := metadata.FromIncomingContext(ctx)
		received <- incoming
		return &networkv1.Tip{}, nil
	})
	ctx := metadata.AppendToOutgoingContext(t.Context(),
		"authorization", "Bearer t", "accept-language", "en", "x-request-id", "q", "role", "root")
	if _, err := networkv1.NewTipServiceClient(conn).GetTip(ctx, &networkv1.GetTipRequest{Name: "tips/1"}); err != nil {
		t.Fatal(err)
	}
	got := <-received
	for name, want := range map[string]string{
		"authorization": "Bearer t", "accept-language": "en", "x-request-id": "q", "role": "",
	} {
		if strings.Join(got.Get(name), ",") != want {
			t.Errorf("%s: %q", name, got.Get(name))
		}
	}
}

func TestCallsWithoutHTTPFormAreRefused(t *testing.T) {
	t.Parallel()
	conn := serve(t, func(context.Context, string, proto.Message) (proto.Message, error) {
		return &networkv1.Tip{}, nil
	})
	unknown := &networkv1.ListTipsRequest{States: []networkv1.TipState{99}}
	tests := []struct {
		name, method string
		request      proto.Message
		want         codes.Code
	}{
		{"unknown method", "/qingfeng.network.v1.TipService/Nope", &networkv1.GetTipRequest{}, codes.Unimplemented},
		{"not a method", "/qingfeng.network.v1/Tip", &networkv1.GetTipRequest{}, codes.Unimplemented},
		{"no name", networkv1.TipService_GetTip_FullMethodName, &networkv1.GetTipRequest{}, codes.InvalidArgument},
		{
			"other collection", networkv1.TipService_GetTip_FullMethodName, &networkv1.GetTipRequest{Name: "units/1"},
			codes.InvalidArgument,
		},
		{"unknown enum number", networkv1.TipService_ListTips_FullMethodName, unknown, codes.InvalidArgument},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := conn.Invoke(t.Context(), test.method, test.request, &networkv1.Tip{})
			if status.Code(err) != test.want {
				t.Errorf("error %v", err)
			}
		})
	}
	if _, err := conn.NewStream(t.Context(), &grpc.StreamDesc{}, "/x/Y"); status.Code(err) != codes.Unimplemented {
		t.Errorf("stream: %v", err)
	}
}

// against makes a client of a server that answers with handler.
func against(tb testing.TB, handler http.HandlerFunc) networkv1.TipServiceClient {
	tb.Helper()
	site := httptest.NewServer(handler)
	tb.Cleanup(site.Close)
	return networkv1.NewTipServiceClient(httpconn.New(site.URL, nil))
}

func TestForeignResponseGivesTheCodeOfItsHTTPStatus(t *testing.T) {
	t.Parallel()
	for httpStatus, want := range map[int]codes.Code{
		400: codes.InvalidArgument, 401: codes.Unauthenticated, 403: codes.PermissionDenied, 404: codes.NotFound,
		418: codes.Unknown, 429: codes.ResourceExhausted, 502: codes.Unavailable, 503: codes.Unavailable, 204: codes.Unknown,
	} {
		client := against(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(httpStatus) })
		_, err := client.GetTip(t.Context(), &networkv1.GetTipRequest{Name: "tips/1"})
		if status.Code(err) != want {
			t.Errorf("http %d: %v", httpStatus, err)
		}
	}
	client := against(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) })
	if _, err := client.GetTip(t.Context(), &networkv1.GetTipRequest{Name: "tips/1"}); status.Code(err) != codes.Internal {
		t.Errorf("page: %v", err)
	}
}

func TestNewerAnswersAreRead(t *testing.T) {
	t.Parallel()
	client := against(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"name":"tips/1","newField":1}`))
	})
	got, err := client.GetTip(t.Context(), &networkv1.GetTipRequest{Name: "tips/1"})
	if err != nil || got.GetName() != "tips/1" {
		t.Errorf("%v, %v", got, err)
	}
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	client := networkv1.NewTipServiceClient(httpconn.New("http://127.0.0.1:1", nil))
	if _, err := client.GetTip(t.Context(), &networkv1.GetTipRequest{Name: "tips/1"}); status.Code(err) != codes.Unavailable {
		t.Errorf("refused: %v", err)
	}
	slow := against(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := slow.GetTip(ctx, &networkv1.GetTipRequest{Name: "tips/1"}); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("late: %v", err)
	}
}

func TestBytesAreTakenAsTheyCome(t *testing.T) {
	t.Parallel()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/pdf")
		_, _ = w.Write([]byte("%PDF\xff"))
	}))
	t.Cleanup(site.Close)
	got := &httpbody.HttpBody{}
	err := httpconn.New(site.URL, nil).Invoke(t.Context(), networkv1.TipService_GetTip_FullMethodName,
		&networkv1.GetTipRequest{Name: "tips/1"}, got)
	if err != nil || got.GetContentType() != "application/pdf" || string(got.GetData()) != "%PDF\xff" {
		t.Errorf("%v, %v", got, err)
	}
}
