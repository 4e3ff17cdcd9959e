package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
)

// faultyPlace is how protojson says where a fault is; it gives its faults as text alone.
var faultyPlace = regexp.MustCompile(`\(line (\d+):(\d+)\)`)

// conflicting is how protojson says that a second field of a oneof is given.
var conflicting = regexp.MustCompile(`oneof ([\w.]+) is already set`)

// conflict says of a field that another one of its oneof is given as well, and which the oneof has.
func conflict(of protoreflect.Descriptor, field string) *fault {
	choice, _ := of.(protoreflect.OneofDescriptor)
	if choice == nil {
		return fieldFault(words.FaultyField, field)
	}
	names := make([]string, choice.Fields().Len())
	for i := range names {
		names[i] = string(choice.Fields().Get(i).Name())
	}
	made := badRequest(words.ConflictingFields(strings.Join(names, ", ")))
	made.field = field
	return made
}

// readBody reads a JSON body of at most limit bytes; an operation without a body has none, whatever was sent.
func readBody(w http.ResponseWriter, r *http.Request, limit int64, found *operation) ([]byte, *fault) {
	tooLarge := newFault(http.StatusRequestEntityTooLarge, codes.InvalidArgument,
		words.BodyTooLarge(strconv.FormatInt(limit, 10)))
	switch {
	case r.ContentLength == 0 || !found.Body:
		return nil, nil
	case !isJSON(r.Header):
		return nil, newFault(http.StatusUnsupportedMediaType, codes.InvalidArgument, words.UnsupportedMediaType())
	case r.ContentLength > limit:
		return nil, tooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var exceeded *http.MaxBytesError
	switch {
	case errors.As(err, &exceeded):
		return nil, tooLarge
	case errors.Is(err, errNoRoom):
		return nil, busy()
	case err != nil:
		return nil, badRequest(words.UnreadableBody())
	case tooManyParts(body):
		return nil, ofTooManyParts()
	}
	body = bytes.TrimSpace(body)
	if found.Method.Input().Fields().ByName("update_mask") == nil {
		return body, nil
	}
	return jsonMask(body), nil
}

// updateMask is an update mask in JSON; in a string its quotes would be escaped.
var updateMask = regexp.MustCompile(`"update_?[mM]ask"\s*:\s*"[\w.,]*"`)

// jsonMask gives the paths of an update mask the names that they have in JSON, the only ones that protojson reads: refusals name
// fields as protos do, as masks in a query may.
func jsonMask(body []byte) []byte {
	return updateMask.ReplaceAllFunc(body, func(mask []byte) []byte {
		at := bytes.IndexByte(mask, ':')
		return append(slices.Clone(mask[:at]), underscored.ReplaceAllFunc(mask[at:], func(letter []byte) []byte {
			return bytes.ToUpper(letter[1:])
		})...)
	})
}

// underscored is the beginning of a word within a proto's name.
var underscored = regexp.MustCompile(`_[a-z]`)

// bodyFault says what is wrong with a body of which protojson said text, naming the field where there is one.
func bodyFault(text string, body []byte, of *operation) *fault {
	found := faultyPlace.FindStringSubmatch(text)
	if found == nil {
		return badRequest(words.FaultyJSON("?"))
	}
	line, _ := strconv.Atoi(found[1]) // digits, and few
	column, _ := strconv.Atoi(found[2])
	field := ""
	if json.Valid(body) {
		field = fieldAt(body, line, column)
	}
	switch {
	case field == "":
		return badRequest(words.FaultyJSON(found[1] + ":" + found[2]))
	case of.BodyField != "":
		field = of.BodyField + "." + field
	}
	field = protoPath(of.Method.Input(), field)
	if found := conflicting.FindStringSubmatch(text); found != nil {
		if of, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(found[1])); err == nil {
			return conflict(of, field)
		}
	}
	if strings.Contains(text, "unknown field") {
		return fieldFault(words.UnknownField, field)
	}
	return valueFault(words.FaultyField, of, field)
}

// valueFault says that the value of a field or parameter is at fault, and which there are where they can be counted.
func valueFault(says func(field string) words.Sentence, of *operation, field string) *fault {
	known := valuesOf(of.Method.Input(), field)
	if known == "" {
		return fieldFault(says, field)
	}
	return fieldFault(func(field string) words.Sentence { return words.UnknownChoice(field, known) }, field)
}

// valuesOf names the values of the enum that a field such as "unit.kinds[0]" has; "" where it has none.
func valuesOf(of protoreflect.MessageDescriptor, path string) string {
	var enum protoreflect.EnumDescriptor
	for name := range strings.SplitSeq(path, ".") {
		name, _, _ = strings.Cut(name, "[")
		field := fieldNamed(of, name)
		if field == nil {
			return ""
		}
		of, enum = field.Message(), field.Enum()
	}
	if enum == nil {
		return ""
	}
	var names []string
	for i := 1; i < enum.Values().Len(); i++ { // the first one stands for none
		names = append(names, string(enum.Values().Get(i).Name()))
	}
	return strings.Join(names, ", ")
}

// protoPath names the fields of a path such as "unit.effectiveFrom" as services name them, as far as there are any.
func protoPath(of protoreflect.MessageDescriptor, path string) string {
	names := strings.Split(path, ".")
	for i, name := range names {
		name, _, _ = strings.Cut(name, "[")
		field := fieldNamed(of, name)
		if field == nil {
			break
		}
		names[i] = string(field.Name()) + names[i][len(name):]
		of = field.Message()
	}
	return strings.Join(names, ".")
}

// fieldNamed is the field of a message that JSON or a proto calls so; nil where there is none.
func fieldNamed(of protoreflect.MessageDescriptor, name string) protoreflect.FieldDescriptor {
	if of == nil {
		return nil
	}
	if field := of.Fields().ByJSONName(name); field != nil {
		return field
	}
	return of.Fields().ByTextName(name)
}

func isJSON(header http.Header) bool {
	if encoding := header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return false
	}
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	charset := params["charset"]
	return err == nil && kind == "application/json" && (charset == "" || strings.EqualFold(charset, "utf-8"))
}

// checkQuery looks at the query before the generated handler, which drops what it doesn't know. An operation with a body has
// no parameters, and what stands in the path isn't one.
func checkQuery(r *http.Request, found *operation) *fault {
	if r.URL.RawQuery == "" {
		return nil
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return badRequest(words.FaultyQuery())
	}
	names := make([]string, 0, len(query))
	for name := range query {
		names = append(names, name)
	}
	sort.Strings(names)
	seen, choices := map[string]bool{}, map[protoreflect.OneofDescriptor]bool{}
	request := found.input.New().Interface()
	for _, name := range names {
		path, ok := fieldPath(found.Method.Input(), name)
		if !ok || slices.Contains(found.Path.Fields(), path) || found.inBody(path) {
			return fieldFault(words.UnknownParameter, name)
		}
		// One at a time, so that a fault is known to be this one's.
		err := runtime.PopulateQueryParameters(request, url.Values{path: query[name]}, utilities.NewDoubleArray(nil))
		if choice := choiceOf(found.Method.Input(), path); choice != nil && choices[choice] {
			return conflict(choice, path)
		} else if choice != nil {
			choices[choice] = true
		}
		switch {
		case seen[path], slices.ContainsFunc(query[name], notUTF8):
			return fieldFault(words.FaultyParameter, path)
		case err != nil:
			return valueFault(words.FaultyParameter, found, path)
		}
		seen[path] = true
	}
	return nil
}

// choiceOf is the oneof that a field of a request is in; nil where it is in none.
func choiceOf(request protoreflect.MessageDescriptor, path string) protoreflect.OneofDescriptor {
	field := request.Fields().ByName(protoreflect.Name(path))
	if field == nil {
		return nil
	}
	return field.ContainingOneof()
}

// notUTF8 tells text that protobuf doesn't take.
func notUTF8(text string) bool { return !utf8.ValidString(text) }

// fieldPath gives the proto path of a parameter such as "page.pageSize"; false where the request has no such field.
func fieldPath(message protoreflect.MessageDescriptor, parameter string) (string, bool) {
	var path []string
	for name := range strings.SplitSeq(parameter, ".") {
		field := fieldNamed(message, name)
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
