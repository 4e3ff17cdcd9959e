package access

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	accessv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/access/v1"
)

// Rule is the access rule of one RPC.
type Rule struct {
	*accessv1.Access

	// Method is the full method, "/qingfeng.network.v1.TipService/GetTip".
	Method string
	// Event names what the RPC does, for the journal: "network.TipService.SubmitTip".
	Event string
	// unit is the path of descriptors to the field that names the target unit.
	unit []protoreflect.FieldDescriptor
	// changes tells that the RPC changes something: its requests have a request_id.
	changes bool
	// reason is the path of descriptors to the field that says why; empty where requests give no reason.
	reason []protoreflect.FieldDescriptor
}

// NewRule reads the rule of a method and says what is missing or wrong in it.
func NewRule(method protoreflect.MethodDescriptor) (*Rule, error) {
	option, err := accessv1.Of(method)
	if err != nil {
		return nil, err
	}
	full := fmt.Sprintf("/%s/%s", method.Parent().FullName(), method.Name())
	rule := &Rule{Access: option, Method: full, Event: EventOf(full), reason: reasonField(method.Input())}
	rule.changes = stringField(method.Input(), "request_id") != nil
	if option.GetScope() == accessv1.Scope_SCOPE_UNIT {
		rule.unit = accessv1.UnitField(method.Input(), option.GetUnitField())
	}
	return rule, nil
}

// EventOf is the event of a full method.
func EventOf(method string) string {
	name := strings.TrimPrefix(method, "/qingfeng.")
	return strings.ReplaceAll(strings.Replace(name, ".v1.", ".", 1), "/", ".")
}

// reasonField is the path to the field by which a request says why: its reason or the note it is given, else the reason within
// the record it asks for, such as an exception; empty where there is none.
func reasonField(request protoreflect.MessageDescriptor) []protoreflect.FieldDescriptor {
	for _, name := range []protoreflect.Name{"reason", "note", "late_reason"} {
		if field := stringField(request, name); field != nil {
			return []protoreflect.FieldDescriptor{field}
		}
	}
	for i := range request.Fields().Len() {
		outer := request.Fields().Get(i)
		if outer.Message() == nil || outer.IsList() || outer.IsMap() {
			continue
		}
		if field := stringField(outer.Message(), "reason"); field != nil {
			return []protoreflect.FieldDescriptor{outer, field}
		}
	}
	return nil
}

// stringField is a message's string field of this name; nil if it has none.
func stringField(message protoreflect.MessageDescriptor, name protoreflect.Name) protoreflect.FieldDescriptor {
	field := message.Fields().ByName(name)
	if field == nil || field.Kind() != protoreflect.StringKind || field.IsList() {
		return nil
	}
	return field
}

// reasonOf is the reason that a request gives; empty where it gives none.
func (r *Rule) reasonOf(req proto.Message) string {
	if req == nil || len(r.reason) == 0 {
		return ""
	}
	return textAt(req, r.reason)
}

// targetUnit is the unit a request names; empty where it names none.
func (r *Rule) targetUnit(req proto.Message) string {
	return textAt(req, r.unit)
}

// textAt is the text at the end of a path of fields.
func textAt(req proto.Message, path []protoreflect.FieldDescriptor) string {
	m, last := req.ProtoReflect(), len(path)-1
	for _, field := range path[:last] {
		m = m.Get(field).Message()
	}
	return m.Get(path[last]).String()
}

// grants tells whether permissions, which may end in ".*", grant what the rule asks.
func (r *Rule) grants(permissions []string) bool {
	return slices.ContainsFunc(permissions, func(p string) bool { return grants(p, r.GetPermission()) })
}

// grants tells whether a permission of a role, which may end in ".*", grants what is asked.
func grants(permission, asked string) bool {
	prefix, wild := strings.CutSuffix(permission, "*")
	if wild {
		return prefix == "" || strings.HasSuffix(prefix, ".") && strings.HasPrefix(asked, prefix)
	}
	return permission == asked
}

// containsUnit tells whether a path of units holds a unit.
func containsUnit(path, unit string) bool {
	return unit != "" && slices.Contains(strings.Split(path, "."), unit)
}
