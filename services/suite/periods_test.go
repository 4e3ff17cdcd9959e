package suite_test

import (
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	accessv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/access/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// isPeriod tells whether a field is a period: by its rule, or by what it is called where a caller sets it.
func isPeriod(field protoreflect.FieldDescriptor) bool {
	if field.Kind() != protoreflect.StringKind {
		return false
	}
	rules, _ := proto.GetExtension(field.Options(), validate.E_Field).(*validate.FieldRules)
	said := rules.GetString()
	if field.IsList() {
		said = rules.GetRepeated().GetItems().GetString()
	}
	if ruled, _ := proto.GetExtension(said, typev1.E_Period).(bool); ruled {
		return true
	}
	behaviours, _ := proto.GetExtension(field.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	for _, b := range behaviours {
		if b == annotations.FieldBehavior_OUTPUT_ONLY {
			return false
		}
	}
	name := string(field.Name())
	return name == "period" || strings.HasSuffix(name, "_period")
}

// spoil calls try once for each period of a request, with the request that has nothing but this one, wrongly.
func spoil(root protoreflect.MessageType, period string, try func(path string, request proto.Message)) {
	var walk func(path []protoreflect.FieldDescriptor, message protoreflect.MessageDescriptor)
	walk = func(path []protoreflect.FieldDescriptor, message protoreflect.MessageDescriptor) {
		for i := range message.Fields().Len() {
			field := message.Fields().Get(i)
			there := append(append([]protoreflect.FieldDescriptor{}, path...), field)
			switch {
			case isPeriod(field):
				request := root.New()
				try(set(request, there, period), request.Interface())
			case field.Message() != nil && !field.IsMap() && len(path) < 4 &&
				strings.HasPrefix(string(field.Message().FullName()), "qingfeng."):
				walk(there, field.Message())
			}
		}
	}
	walk(nil, root.Descriptor())
}

// set sets what lies at the end of a path, and gives the path as faults have it.
func set(at protoreflect.Message, path []protoreflect.FieldDescriptor, value string) string {
	var names []string
	for i, field := range path {
		element, name := protoreflect.ValueOfString(value), string(field.Name())
		if field.IsList() {
			name += "[0]"
		}
		names = append(names, name)
		switch {
		case field.IsList() && i == len(path)-1:
			at.Mutable(field).List().Append(element)
		case field.IsList():
			at = at.Mutable(field).List().AppendMutable().Message()
		case i == len(path)-1:
			at.Set(field, element)
		default:
			at = at.Mutable(field).Message()
		}
	}
	return strings.Join(names, ".")
}

// call makes one call of a method, whatever it answers with.
func call(t *testing.T, conn grpc.ClientConnInterface, method protoreflect.MethodDescriptor, request proto.Message) error {
	t.Helper()
	kind, err := protoregistry.GlobalTypes.FindMessageByName(method.Output().FullName())
	require.NoError(t, err)
	full := "/" + string(method.Parent().FullName()) + "/" + string(method.Name())
	answer := kind.New().Interface()
	if !method.IsStreamingServer() {
		return conn.Invoke(t.Context(), full, request, answer)
	}
	stream, err := conn.NewStream(t.Context(), &grpc.StreamDesc{ServerStreams: true}, full)
	require.NoError(t, err)
	require.NoError(t, stream.SendMsg(request))
	require.NoError(t, stream.CloseSend())
	return stream.RecvMsg(answer)
}

// TestC10_C12_NoRequestTakesAPeriodThatIsNone asks every RPC that takes a period, wherever in its request that stands.
func TestC10_C12_NoRequestTakesAPeriodThatIsNone(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	conn, asked := s.As(access.Administrator, suitetest.City), 0
	for _, method := range accessv1.Methods() {
		kind, err := protoregistry.GlobalTypes.FindMessageByName(method.Input().FullName())
		require.NoError(t, err)
		option, err := accessv1.Of(method)
		require.NoError(t, err)
		for _, period := range []string{"0000", "9999-12", "2026-13", "0000-Q1"} {
			spoil(kind, period, func(path string, request proto.Message) {
				if option.GetScope() == accessv1.Scope_SCOPE_UNIT {
					setText(request, option.GetUnitField(), suitetest.City)
				}
				err := call(t, conn, method, request)
				assert.Equal(t, codes.InvalidArgument, status.Code(err), "%s %s=%s: %v", method.FullName(), path, period, err)
				var fields []string
				for _, v := range suitetest.FieldViolations(t, err) {
					fields = append(fields, v.GetField())
				}
				assert.Contains(t, fields, path, "%s %s", method.FullName(), period)
				asked++
			})
		}
	}
	assert.Greater(t, asked, 80)
}

// setText sets a field by its dotted path.
func setText(request proto.Message, path, value string) {
	at, names := request.ProtoReflect(), strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		at = at.Mutable(at.Descriptor().Fields().ByName(protoreflect.Name(name))).Message()
	}
	at.Set(at.Descriptor().Fields().ByName(protoreflect.Name(names[len(names)-1])), protoreflect.ValueOfString(value))
}
