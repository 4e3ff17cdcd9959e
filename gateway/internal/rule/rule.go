// Package rule reads the HTTP rules (google.api.http) of RPCs, for the façade that answers them and for the client
// that calls them.
package rule

import (
	"fmt"
	"sort"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// Rule is how one RPC looks in HTTP.
type Rule struct {
	// Method is the RPC.
	Method protoreflect.MethodDescriptor
	// Verb is the HTTP method, such as "POST".
	Verb string
	// Path is the template of the path.
	Path Template
	// Body says that the request travels as the body, or its BodyField does; else it travels as query parameters.
	Body bool
	// BodyField is the message of the request that travels as the body, "" where it is the whole.
	BodyField string
}

// FullMethod is the RPC's name on the wire, "/qingfeng.network.v1.TipService/GetTip".
func (r Rule) FullMethod() string {
	return fmt.Sprintf("/%s/%s", r.Method.Parent().FullName(), r.Method.Name())
}

// Of reads the rule of an RPC; false where it has none. Errors: a rule of a kind that the suite doesn't use.
func Of(method protoreflect.MethodDescriptor) (Rule, bool, error) {
	declared, ok := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
	if !ok || declared == nil {
		return Rule{}, false, nil
	}
	verb, path := verbAndPath(declared)
	switch {
	case verb == "":
		return Rule{}, false, fmt.Errorf("http rule of %s: custom or missing verb", method.FullName())
	case method.IsStreamingClient():
		return Rule{}, false, fmt.Errorf("http rule of %s: streams are not bound to http", method.FullName())
	case len(declared.GetAdditionalBindings()) > 0 || declared.GetResponseBody() != "":
		return Rule{}, false, fmt.Errorf("http rule of %s: additional bindings and response bodies are not supported",
			method.FullName())
	}
	template, err := ParseTemplate(path)
	if err != nil {
		return Rule{}, false, fmt.Errorf("http rule of %s: %w", method.FullName(), err)
	}
	for _, field := range template.Fields() {
		if err := checkField(method.Input(), field); err != nil {
			return Rule{}, false, fmt.Errorf("http rule of %s: %w", method.FullName(), err)
		}
	}
	field := strings.TrimPrefix(declared.GetBody(), "*")
	if field != "" {
		body := method.Input().Fields().ByName(protoreflect.Name(field))
		if body == nil || body.Message() == nil || body.Cardinality() == protoreflect.Repeated {
			return Rule{}, false, fmt.Errorf("http rule of %s: body %q is not a message of the request", method.FullName(), field)
		}
	}
	return Rule{Method: method, Verb: verb, Path: template, Body: declared.GetBody() != "", BodyField: field}, true, nil
}

// All reads the rules of every linked RPC whose proto package begins with prefix, in order of their names.
func All(prefix string) ([]Rule, error) {
	var rules []Rule
	var failed error
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if !strings.HasPrefix(string(file.Package()), prefix) {
			return true
		}
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				found, ok, err := Of(methods.Get(j))
				if err != nil {
					failed = err
					return false
				}
				if ok {
					rules = append(rules, found)
				}
			}
		}
		return true
	})
	sort.Slice(rules, func(i, j int) bool { return rules[i].FullMethod() < rules[j].FullMethod() })
	return rules, failed
}

func verbAndPath(declared *annotations.HttpRule) (verb, path string) {
	switch pattern := declared.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		return "GET", pattern.Get
	case *annotations.HttpRule_Post:
		return "POST", pattern.Post
	case *annotations.HttpRule_Put:
		return "PUT", pattern.Put
	case *annotations.HttpRule_Patch:
		return "PATCH", pattern.Patch
	case *annotations.HttpRule_Delete:
		return "DELETE", pattern.Delete
	default:
		return "", ""
	}
}

// checkField makes sure that a field of the path is a single string.
func checkField(message protoreflect.MessageDescriptor, path string) error {
	names := strings.Split(path, ".")
	for i, name := range names {
		field := message.Fields().ByName(protoreflect.Name(name))
		switch last := i == len(names)-1; {
		case field == nil || field.IsList() || field.IsMap():
			return fmt.Errorf("field %q of the path is not a single field of the request", path)
		case last && field.Kind() != protoreflect.StringKind:
			return fmt.Errorf("field %q of the path is not a string", path)
		case !last && field.Message() == nil:
			return fmt.Errorf("field %q of the path is not in a message", path)
		case !last:
			message = field.Message()
		}
	}
	return nil
}
