package gateway

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
)

// errNotModified ends a reading whose answer the caller has.
var errNotModified = errors.New("not modified")

// tag gives the answer of a reading its entity tag, and none of its content to a caller who has it.
func tag(ctx context.Context, w http.ResponseWriter, answer proto.Message) error {
	state := callOf(ctx)
	if answer == nil || state.operation.Verb != http.MethodGet || state.operation.Method.IsStreamingServer() {
		return nil
	}
	field := etagOf(answer.ProtoReflect().Descriptor())
	if len(field) == 0 {
		return nil
	}
	value := read(answer.ProtoReflect(), field)
	if value == "" || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' }) {
		return nil
	}
	w.Header().Set("ETag", `"`+value+`"`)
	for _, known := range tags(state.header.Values("If-None-Match")) {
		if known == value || known == "*" {
			return errNotModified
		}
	}
	return nil
}

// match puts the entity tag of If-Match into the etag of a request that changes something.
func (c *call) match(request proto.Message) *fault {
	if c.operation == nil || c.operation.Verb == http.MethodGet || len(c.header.Values("If-Match")) == 0 {
		return nil
	}
	given := tags(c.header.Values("If-Match"))
	if len(given) == 1 && given[0] == "*" {
		return nil // what doesn't exist can't be changed anyway
	}
	field := etagOf(request.ProtoReflect().Descriptor())
	if len(given) != 1 || given[0] == "" || len(field) == 0 {
		// To leave a condition out would be to do what the caller did not ask for.
		return badRequest(words.FaultyIfMatch())
	}
	switch read(request.ProtoReflect(), field) {
	case given[0]:
	case "":
		at := request.ProtoReflect()
		for _, one := range field[:len(field)-1] {
			at = at.Mutable(one).Message()
		}
		at.Set(field[len(field)-1], protoreflect.ValueOfString(given[0]))
	default:
		return badRequest(words.OtherEtag())
	}
	return nil
}

// tags reads the values of If-Match or If-None-Match. Weak ones count: an etag of the suite is a revision, not bytes.
func tags(values []string) []string {
	var found []string
	for one := range strings.SplitSeq(strings.Join(values, ","), ",") {
		found = append(found, strings.Trim(strings.TrimPrefix(strings.TrimSpace(one), "W/"), `"`))
	}
	return found
}

// etagOf finds the path to the etag of a message: its own, or that of the only message in it that has one.
func etagOf(message protoreflect.MessageDescriptor) []protoreflect.FieldDescriptor {
	if own := ownEtag(message); own != nil {
		return []protoreflect.FieldDescriptor{own}
	}
	var found []protoreflect.FieldDescriptor
	for i := range message.Fields().Len() {
		one := message.Fields().Get(i)
		if one.Message() == nil || one.Cardinality() == protoreflect.Repeated {
			continue
		}
		if inner := ownEtag(one.Message()); inner != nil {
			if found != nil {
				return nil
			}
			found = []protoreflect.FieldDescriptor{one, inner}
		}
	}
	return found
}

func ownEtag(message protoreflect.MessageDescriptor) protoreflect.FieldDescriptor {
	field := message.Fields().ByName("etag")
	if field == nil || field.Kind() != protoreflect.StringKind || field.IsList() {
		return nil
	}
	return field
}

// read gives the text at the end of a path of fields.
func read(message protoreflect.Message, path []protoreflect.FieldDescriptor) string {
	for _, one := range path[:len(path)-1] {
		message = message.Get(one).Message()
	}
	return message.Get(path[len(path)-1]).String()
}
