package gateway

import (
	"context"
	"net/http"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// forwarded are the headers that the services see, and the only ones.
var forwarded = []string{"accept-language", "authorization", "traceparent", "x-request-id"}

// answers are written with every field, so that a reader needs no knowledge of defaults.
var answers = protojson.MarshalOptions{EmitUnpopulated: true}

// api answers the operations of a level.
type api struct {
	cfg    Config
	conn   grpc.ClientConnInterface
	routes routes
}

// ServeHTTP answers one request.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	found, values, allowed := a.routes.find(r.Method, r.URL.EscapedPath())
	if found == nil {
		refuseRoute(w, r, allowed)
		return
	}
	request := found.input.New().Interface()
	if fault := a.read(w, r, found, request, values); fault != nil {
		fault.write(w, r)
		return
	}
	answer := found.output.New().Interface()
	var header metadata.MD
	ctx := metadata.NewOutgoingContext(r.Context(), forward(r.Header))
	err := a.conn.Invoke(ctx, found.fullMethod, request, answer, grpc.Header(&header))
	if ids := header.Get("x-request-id"); len(ids) > 0 {
		w.Header().Set("X-Request-Id", ids[0])
	}
	if err != nil {
		a.fail(w, r, found.fullMethod, err)
		return
	}
	a.write(w, r, found.fullMethod, answer)
}

// read fills the request: what stands in the path wins over what stands in the body.
func (a *api) read(w http.ResponseWriter, r *http.Request, found *operation, request proto.Message, values []string) *fault {
	if found.Body {
		if fault := readBody(w, r, a.cfg.BodyLimit, request); fault != nil {
			return fault
		}
	}
	if fault := readQuery(r, found, request); fault != nil {
		return fault
	}
	for i, path := range found.fields {
		setString(request.ProtoReflect(), path, values[i])
	}
	return nil
}

func (a *api) write(w http.ResponseWriter, r *http.Request, fullMethod string, answer proto.Message) {
	body, err := answers.Marshal(answer)
	if err != nil {
		a.report(r.Context(), fullMethod, err)
		newFault(http.StatusInternalServerError, codes.Internal, reasonInternal).write(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body) // The caller has gone: nobody is left to tell.
}

func (a *api) report(ctx context.Context, fullMethod string, err error) {
	if a.cfg.Failed != nil {
		a.cfg.Failed(ctx, fullMethod, err)
	}
}

// forward picks the headers that the services see. Values that gRPC can't carry are left out: they would fail the call.
func forward(header http.Header) metadata.MD {
	picked := make(metadata.MD, len(forwarded))
	for _, name := range forwarded {
		for _, value := range header.Values(name) {
			if printable(value) {
				picked.Append(name, value)
			}
		}
	}
	return picked
}

func printable(value string) bool {
	return strings.IndexFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}

func refuseRoute(w http.ResponseWriter, r *http.Request, allowed []string) {
	if len(allowed) == 0 {
		newFault(http.StatusNotFound, codes.NotFound, reasonUnknownPath).write(w, r)
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	newFault(http.StatusMethodNotAllowed, codes.Unimplemented, reasonMethodNotAllowed, r.Method).write(w, r)
}
