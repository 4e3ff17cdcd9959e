package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	accessv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/access/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// Rule is the access option of one RPC.
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

// NewRule reads the option of a method and says what is missing or wrong in it.
func NewRule(method protoreflect.MethodDescriptor) (*Rule, error) {
	full := fmt.Sprintf("/%s/%s", method.Parent().FullName(), method.Name())
	option, ok := proto.GetExtension(method.Options(), accessv1.E_Access).(*accessv1.Access)
	if !ok || option == nil {
		return nil, fmt.Errorf("%s: no access option", full)
	}
	rule := &Rule{Access: option, Method: full, Event: EventOf(full)}
	rule.reason = stringField(method.Input(), "reason")
	if err := rule.validate(method); err != nil {
		return nil, fmt.Errorf("%s: %w", full, err)
	}
	return rule, nil
}

func (r *Rule) validate(method protoreflect.MethodDescriptor) error {
	switch {
	case r.GetScope() == accessv1.Scope_SCOPE_UNSPECIFIED:
		return errors.New("no scope")
	case r.GetAudit() == accessv1.Audit_AUDIT_UNSPECIFIED:
		return errors.New("no audit class")
	case r.GetHighest() == typev1.Level_LEVEL_UNSPECIFIED || r.GetHighest() > r.GetLowest():
		return errors.New("no level")
	case (r.GetPermission() == "") != (r.GetScope() == accessv1.Scope_SCOPE_RECEIPT || r.isForServicesOnly()):
		return errors.New("a permission is needed, save with SCOPE_RECEIPT and where only services call")
	case (r.GetUnitField() != "") != (r.GetScope() == accessv1.Scope_SCOPE_UNIT):
		return errors.New("unit_field goes with SCOPE_UNIT")
	}
	message := method.Input()
	for _, name := range strings.FieldsFunc(r.GetUnitField(), func(c rune) bool { return c == '.' }) {
		if message == nil {
			return fmt.Errorf("unit_field %q does not exist", r.GetUnitField())
		}
		field := message.Fields().ByTextName(name)
		if field == nil || field.Cardinality() == protoreflect.Repeated {
			return fmt.Errorf("unit_field %q does not exist", r.GetUnitField())
		}
		r.unit = append(r.unit, field)
		message = field.Message()
	}
	if len(r.unit) > 0 && r.unit[len(r.unit)-1].Kind() != protoreflect.StringKind {
		return fmt.Errorf("unit_field %q is not a string", r.GetUnitField())
	}
	return nil
}

// isForServicesOnly tells whether only services of the suite may call the RPC.
func (r *Rule) isForServicesOnly() bool { return r.GetPermission() == "" && len(r.GetServices()) > 0 }

// ExistsAt tells whether the RPC exists at a level.
func (r *Rule) ExistsAt(level typev1.Level) bool {
	return r.GetHighest() <= level && level <= r.GetLowest()
}

// ProtectsSource tells whether the author of the call must not be recorded anywhere.
func (r *Rule) ProtectsSource() bool {
	return r.GetAudit() == accessv1.Audit_AUDIT_SOURCE || r.GetScope() == accessv1.Scope_SCOPE_RECEIPT
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
