package gateway

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// protojson gives its faults as text alone. Where the text is of another form, the caller still learns the place.
var (
	unknownField = regexp.MustCompile(`unknown field "([^"]*)"`)
	faultyField  = regexp.MustCompile(`invalid value for \S+ field ([\w.\[\]]+):`)
	faultyPlace  = regexp.MustCompile(`\(line (\d+:\d+)\)`)
)

// readBody fills the request from a JSON body of at most limit bytes. No body is an empty request.
func readBody(w http.ResponseWriter, r *http.Request, limit int64, request proto.Message) *fault {
	tooLarge := newFault(http.StatusRequestEntityTooLarge, codes.InvalidArgument, reasonBodyTooLarge, limit)
	switch {
	case r.ContentLength == 0:
		return nil
	case !isJSON(r.Header):
		return newFault(http.StatusUnsupportedMediaType, codes.InvalidArgument, reasonUnsupportedMediaType)
	case r.ContentLength > limit:
		return tooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var exceeded *http.MaxBytesError
	switch {
	case errors.As(err, &exceeded):
		return tooLarge
	case err != nil:
		return newFault(http.StatusBadRequest, codes.InvalidArgument, reasonUnreadableBody)
	case len(body) == 0:
		return nil
	}
	if err := protojson.Unmarshal(body, request); err != nil {
		return bodyFault(err.Error())
	}
	return nil
}

func bodyFault(text string) *fault {
	if found := unknownField.FindStringSubmatch(text); found != nil {
		return fieldFault(reasonUnknownField, found[1])
	}
	if found := faultyField.FindStringSubmatch(text); found != nil {
		return fieldFault(reasonFaultyField, found[1])
	}
	place := "?"
	if found := faultyPlace.FindStringSubmatch(text); found != nil {
		place = found[1]
	}
	return newFault(http.StatusBadRequest, codes.InvalidArgument, reasonFaultyJSON, place)
}

func isJSON(header http.Header) bool {
	if encoding := header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return false
	}
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	charset := params["charset"]
	return err == nil && kind == "application/json" && (charset == "" || strings.EqualFold(charset, "utf-8"))
}

// readQuery fills the request from the query. An operation with a body has no parameters, and what stands in the path
// isn't one.
func readQuery(r *http.Request, found *operation, request proto.Message) *fault {
	if r.URL.RawQuery == "" {
		return nil
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return newFault(http.StatusBadRequest, codes.InvalidArgument, reasonFaultyQuery)
	}
	names := make([]string, 0, len(query))
	for name := range query {
		names = append(names, name)
	}
	sort.Strings(names)
	seen := map[string]bool{}
	for _, name := range names {
		path, ok := fieldPath(found.Method.Input(), name)
		if found.Body || !ok || slices.Contains(found.fields, path) {
			return fieldFault(reasonUnknownParameter, name)
		}
		// One at a time, so that a fault is known to be this one's.
		err := runtime.PopulateQueryParameters(request, url.Values{path: query[name]}, utilities.NewDoubleArray(nil))
		if err != nil || seen[path] || slices.ContainsFunc(query[name], notUTF8) {
			return fieldFault(reasonFaultyParameter, name)
		}
		seen[path] = true
	}
	return nil
}

// notUTF8 tells text that protobuf doesn't take.
func notUTF8(text string) bool { return !utf8.ValidString(text) }

// fieldPath gives the proto path of a parameter such as "page.pageSize"; false where the request has no such field.
func fieldPath(message protoreflect.MessageDescriptor, parameter string) (string, bool) {
	var path []string
	for name := range strings.SplitSeq(parameter, ".") {
		if message == nil {
			return "", false
		}
		field := message.Fields().ByJSONName(name)
		if field == nil {
			field = message.Fields().ByTextName(name)
		}
		if field == nil || field.IsMap() {
			return "", false
		}
		path = append(path, string(field.Name()))
		message = nil
		if !field.IsList() {
			message = field.Message()
		}
	}
	return strings.Join(path, "."), true
}

// setString sets a string field; the rule has made sure that it is one.
func setString(message protoreflect.Message, path, value string) {
	names := strings.Split(path, ".")
	last := len(names) - 1
	for _, name := range names[:last] {
		message = message.Mutable(message.Descriptor().Fields().ByName(protoreflect.Name(name))).Message()
	}
	message.Set(message.Descriptor().Fields().ByName(protoreflect.Name(names[last])), protoreflect.ValueOfString(value))
}
