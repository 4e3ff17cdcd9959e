package gateway

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/qingfeng-suite/qingfeng/gateway/internal/rule"
	accessv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/access/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// operation is an RPC that exists at the level of the façade.
type operation struct {
	rule.Rule
	fullMethod    string
	access        *accessv1.Access
	fields        []string
	input, output protoreflect.MessageType
}

// operationsAt lists the operations of a level, in order of their names. Errors: an RPC whose rule or access option is
// missing or faulty, whatever its level: it would be called by nobody, and nobody would know.
func operationsAt(level typev1.Level) ([]*operation, error) {
	rules, err := rule.All("qingfeng.")
	if err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	var found []*operation
	for _, one := range rules {
		access, ok := proto.GetExtension(one.Method.Options(), accessv1.E_Access).(*accessv1.Access)
		if !ok || access.GetHighest() == 0 || access.GetLowest() < access.GetHighest() {
			return nil, fmt.Errorf("gateway: %s doesn't say at which levels it exists", one.FullMethod())
		}
		// Levels are numbered from the top down.
		if level < access.GetHighest() || level > access.GetLowest() {
			continue
		}
		input, err := protoregistry.GlobalTypes.FindMessageByName(one.Method.Input().FullName())
		if err != nil {
			return nil, fmt.Errorf("gateway: request of %s: %w", one.FullMethod(), err)
		}
		output, err := protoregistry.GlobalTypes.FindMessageByName(one.Method.Output().FullName())
		if err != nil {
			return nil, fmt.Errorf("gateway: answer of %s: %w", one.FullMethod(), err)
		}
		found = append(found, &operation{
			Rule: one, fullMethod: one.FullMethod(), access: access, fields: one.Path.Fields(), input: input, output: output,
		})
	}
	return found, nil
}

// routes finds the operation of a request: by verb of the path ("count" in "tips:count"), then by template.
type routes map[string][]*operation

func newRoutes(operations []*operation) routes {
	byVerb := routes{}
	for _, one := range operations {
		verb := one.Path.Verb()
		byVerb[verb] = append(byVerb[verb], one)
	}
	return byVerb
}

// find gives the operation and the values of its path's fields. Where there is none, allowed names the methods that the
// path has; it is empty for an unknown path.
func (r routes) find(method, escapedPath string) (found *operation, values, allowed []string) {
	segments, verb := rule.Split(escapedPath)
	for _, one := range r[verb] {
		values, ok := one.Path.Match(segments, verb)
		switch {
		case ok && one.Verb == method:
			return one, values, nil
		case ok:
			allowed = append(allowed, one.Verb)
		}
	}
	return nil, nil, allowed
}

// service is the short name of the operation's service package, such as "network".
func (o *operation) service() string {
	parts := strings.Split(string(o.Method.ParentFile().Package()), ".")
	return parts[1]
}
