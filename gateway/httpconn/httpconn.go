// Package httpconn runs gRPC client code over HTTP, against a façade of package gateway: NewTipServiceClient(httpconn.New(…))
// is a client of TipService that needs nothing but HTTP and JSON on its way.
package httpconn

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/qingfeng-suite/qingfeng/gateway/internal/rule"
)

// answerLimit is the largest answer read, in bytes.
const answerLimit = 64 << 20

// sent are the entries of the outgoing metadata that travel, as headers.
var sent = []string{"accept-language", "authorization", "traceparent", "x-request-id"}

// Conn is a grpc.ClientConnInterface over HTTP. It is safe for concurrent use.
type Conn struct {
	base   string
	client *http.Client
}

var _ grpc.ClientConnInterface = (*Conn)(nil)

// New makes a connection to the façade at base, such as "https://qingfeng.example.gov.cn"; http.DefaultClient where
// client is nil. Deadlines are those of each call's context.
func New(base string, client *http.Client) *Conn {
	if client == nil {
		client = http.DefaultClient
	}
	return &Conn{base: strings.TrimSuffix(base, "/"), client: client}
}

// NewStream fails with UNIMPLEMENTED: who wants the lines of a stream reads them from the façade.
func (c *Conn) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Error(codes.Unimplemented, "streams don't run over http")
}

// Invoke calls an RPC by its HTTP rule. Of the outgoing metadata accept-language, authorization, traceparent and
// x-request-id travel; of the call options grpc.Header is filled. An empty message in a query can't be told from an
// absent one. google.api.HttpBody takes the body as it came. Errors: the status of the service with its details;
// UNIMPLEMENTED where the RPC has no HTTP rule, INVALID_ARGUMENT where the request doesn't fit it, UNAVAILABLE where no
// answer came.
func (c *Conn) Invoke(ctx context.Context, fullMethod string, args, reply any, options ...grpc.CallOption) error {
	request, isRequest := args.(proto.Message)
	resp, isAnswer := reply.(proto.Message)
	if !isRequest || !isAnswer {
		return status.Error(codes.Internal, "request and reply must be proto messages")
	}
	found, err := find(fullMethod)
	if err != nil {
		return err
	}
	call, err := c.request(ctx, found, request)
	if err != nil {
		return err
	}
	response, err := c.client.Do(call)
	if err != nil {
		return unanswered(ctx, err)
	}
	defer func() { _ = response.Body.Close() }() // What is needed has been read.
	fillHeader(options, response.Header)
	body, err := io.ReadAll(io.LimitReader(response.Body, answerLimit+1))
	switch {
	case err != nil:
		return unanswered(ctx, err)
	case len(body) > answerLimit:
		return status.Errorf(codes.ResourceExhausted, "the answer is over %d bytes", answerLimit)
	case response.StatusCode != http.StatusOK:
		return toError(response.StatusCode, body)
	}
	if raw, ok := resp.(*httpbody.HttpBody); ok {
		raw.ContentType, raw.Data = response.Header.Get("Content-Type"), body
		return nil
	}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(body, resp); err != nil {
		return status.Errorf(codes.Internal, "read the answer of %s: %v", fullMethod, err)
	}
	return nil
}

// find gives the HTTP rule of "/package.Service/Method".
func find(fullMethod string) (rule.Rule, error) {
	name := strings.ReplaceAll(strings.TrimPrefix(fullMethod, "/"), "/", ".")
	descriptor, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return rule.Rule{}, status.Errorf(codes.Unimplemented, "method %s is unknown", fullMethod)
	}
	method, ok := descriptor.(protoreflect.MethodDescriptor)
	if !ok {
		return rule.Rule{}, status.Errorf(codes.Unimplemented, "%s is not a method", fullMethod)
	}
	found, ok, err := rule.Of(method)
	if err != nil {
		return rule.Rule{}, status.Error(codes.Internal, err.Error())
	}
	if !ok {
		return rule.Rule{}, status.Errorf(codes.Unimplemented, "method %s has no http rule", fullMethod)
	}
	return found, nil
}

func (c *Conn) request(ctx context.Context, found rule.Rule, request proto.Message) (*http.Request, error) {
	path, err := found.Path.Build(func(field string) string { return text(request.ProtoReflect(), field) })
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	rest := proto.Clone(request)
	for _, field := range found.Path.Fields() {
		clearField(rest.ProtoReflect(), field)
	}
	target := c.base + path
	var body io.Reader = http.NoBody
	if found.Body {
		data, err := protojson.Marshal(takeBody(rest.ProtoReflect(), found.BodyField))
		if err != nil {
			return nil, status.Errorf(codes.Internal, "write the request: %v", err)
		}
		body = bytes.NewReader(data)
	}
	if !found.Body || found.BodyField != "" {
		query, err := encodeQuery(rest.ProtoReflect())
		if err != nil {
			return nil, status.Error(codes.InvalidArgument, err.Error())
		}
		if len(query) > 0 {
			target += "?" + query.Encode()
		}
	}
	call, err := http.NewRequestWithContext(ctx, found.Verb, target, body)
	if err != nil {
		return nil, status.Errorf(codes.Internal, "make the request: %v", err)
	}
	if found.Body {
		call.Header.Set("Content-Type", "application/json")
	}
	outgoing, _ := metadata.FromOutgoingContext(ctx)
	for _, name := range sent {
		for _, value := range outgoing.Get(name) {
			call.Header.Add(name, value)
		}
	}
	return call, nil
}

// takeBody takes the body out of a request: a field of it, or the whole where that is "".
func takeBody(request protoreflect.Message, name string) proto.Message {
	if name == "" {
		return request.Interface()
	}
	field := request.Descriptor().Fields().ByName(protoreflect.Name(name))
	body := request.Get(field).Message().Interface()
	request.Clear(field)
	return body
}

func fillHeader(options []grpc.CallOption, header http.Header) {
	for _, option := range options {
		wanted, ok := option.(grpc.HeaderCallOption)
		if !ok {
			continue
		}
		received := metadata.MD{}
		for name, values := range header {
			received.Append(name, values...)
		}
		*wanted.HeaderAddr = received
	}
}

func unanswered(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return status.FromContextError(ctx.Err()).Err()
	case errors.Is(err, context.DeadlineExceeded):
		return status.Error(codes.DeadlineExceeded, err.Error())
	default:
		return status.Error(codes.Unavailable, fmt.Sprintf("no answer: %v", err))
	}
}
