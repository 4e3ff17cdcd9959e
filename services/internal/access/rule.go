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
	// reason is the field that says why; nil where requests give no reason.
	reason protoreflect.FieldDescriptor
}

// NewRule reads the rule of a method and says what is missing or wrong in it.
func NewRule(method protoreflect.MethodDescriptor) (*Rule, error) {
	option, err := accessv1.Of(method)
	if err != nil {
		return nil, err
	}
	full := fmt.Sprintf("/%s/%s", method.Parent().FullName(), method.Name())
	rule := &Rule{Access: option, Method: full, Event: EventOf(full), reason: stringField(method.Input(), "reason")}
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
	if r.reason == nil {
		return ""
	}
	return req.ProtoReflect().Get(r.reason).String()
}

// targetUnit is the unit a request names; empty where it names none.
func (r *Rule) targetUnit(req proto.Message) string {
	m := req.ProtoReflect()
	for _, field := range r.unit[:len(r.unit)-1] {
		m = m.Get(field).Message()
	}
	return m.Get(r.unit[len(r.unit)-1]).String()
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
