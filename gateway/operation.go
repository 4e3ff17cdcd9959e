package gateway

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/qingfeng-suite/qingfeng/gateway/internal/rule"
	accessv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/access/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// operation is an RPC that exists at the level of the façade.
type operation struct {
	rule.Rule
	fullMethod string
	access     *accessv1.Access
	input      protoreflect.MessageType
}

// operationsAt lists the operations that packages of this prefix have at a level, in order of their names. Errors: an RPC
// whose rule or access option is missing or faulty, whatever its level: it would be called by nobody, and nobody would
// know.
func operationsAt(level typev1.Level, prefix string) ([]*operation, error) {
	rules, err := rule.All(prefix)
	if err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	var found []*operation
	for _, one := range rules {
		access, err := accessv1.Of(one.Method)
		if err != nil {
			return nil, fmt.Errorf("gateway: %w", err)
		}
		if !access.ExistsAt(level) {
			continue
		}
		input, err := protoregistry.GlobalTypes.FindMessageByName(one.Method.Input().FullName())
		if err != nil {
			return nil, fmt.Errorf("gateway: request of %s: %w", one.FullMethod(), err)
		}
		found = append(found, &operation{
			Rule: one, fullMethod: one.FullMethod(), access: access, input: input,
		})
	}
	return found, nil
}

// inBody tells whether a field of the request travels in the body.
func (o *operation) inBody(path string) bool {
	return o.Body && (o.BodyField == "" || path == o.BodyField || strings.HasPrefix(path, o.BodyField+"."))
}

// bytes tells whether the answer is bytes of a type of their own.
func (o *operation) bytes() bool { return o.Method.Output().FullName() == "google.api.HttpBody" }

// service is the short name of the operation's service package, such as "network".
func (o *operation) service() string {
	parts := strings.Split(string(o.Method.ParentFile().Package()), ".")
	return parts[1]
}
