package gateway_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway/httpconn"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
)

// BenchmarkSubmitTip compares the same call over gRPC and over the façade, the client's side included in both.
func BenchmarkSubmitTip(b *testing.B) {
	conn := dial(b, func(server *grpc.Server) { networkv1.RegisterTipServiceServer(server, &tips{}) })
	site := httptest.NewServer(facade(b, conn))
	b.Cleanup(site.Close)
	for name, client := range map[string]networkv1.TipServiceClient{
		"grpc": networkv1.NewTipServiceClient(conn),
		"http": networkv1.NewTipServiceClient(httpconn.New(site.URL, site.Client())),
	} {
		b.Run(name, func(b *testing.B) {
			request := &networkv1.SubmitTipRequest{
				Content: &networkv1.TipContent{Title: "工程款拨付", Unit: "units/330102", SubjectArea: "funds"},
			}
			for b.Loop() {
				if _, err := client.SubmitTip(b.Context(), request); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// nothing is a connection that answers each call at once with an empty message.
type nothing struct{ grpc.ClientConnInterface }

func (nothing) Invoke(context.Context, string, any, any, ...grpc.CallOption) error { return nil }

// BenchmarkFacade measures what the façade itself takes: routing, JSON both ways, headers.
func BenchmarkFacade(b *testing.B) {
	handler := facade(b, nothing{})
	submit := call{
		method: "POST", path: "/network/v1/tips:submit",
		body: `{"content":{"title":"工程款拨付","unit":"units/330102","subjectArea":"funds"}}`,
	}
	for b.Loop() {
		if answer := submit.do(handler); answer.Code != http.StatusOK {
			b.Fatal(answer.Code)
		}
	}
}
