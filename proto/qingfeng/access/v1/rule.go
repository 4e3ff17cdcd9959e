// Package accessv1 holds the access options of RPCs, and puts the rule of an RPC together from its own and its service's.
package accessv1

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// Of is the access rule of an RPC: its own option over the defaults of its service. Errors: an RPC without an option of its own,
// and one whose rule lacks something or contradicts itself.
func Of(method protoreflect.MethodDescriptor) (*Access, error) {
	full := fmt.Sprintf("/%s/%s", method.Parent().FullName(), method.Name())
	own, ok := proto.GetExtension(method.Options(), E_Access).(*Access)
	if !ok || own == nil {
		return nil, fmt.Errorf("%s: no access option", full)
	}
	defaults, _ := proto.GetExtension(method.Parent().Options(), E_Defaults).(*Defaults)
	if scope := defaults.GetScope(); scope == Scope_SCOPE_INSTANCE || scope.AsksNoPermission() {
		return nil, fmt.Errorf("%s: a default scope that checks no reach", full)
	}
	rule := own.over(defaults)
	if err := rule.validate(method.Input()); err != nil {
		return nil, fmt.Errorf("%s: %w", full, err)
	}
	return rule, nil
}

// over is the option with what it leaves out taken from the defaults.
func (x *Access) over(defaults *Defaults) *Access {
	rule := proto.CloneOf(x)
	if rule.GetHighest() == typev1.Level_LEVEL_UNSPECIFIED {
		rule.Highest = defaults.GetHighest()
	}
	if rule.GetLowest() == typev1.Level_LEVEL_UNSPECIFIED {
		rule.Lowest = defaults.GetLowest()
	}
	if rule.GetScope() == Scope_SCOPE_UNSPECIFIED {
		rule.Scope = defaults.GetScope()
	}
	if rule.GetUnitField() == "" && rule.GetScope() == Scope_SCOPE_UNIT {
		rule.UnitField = defaults.GetUnitField()
	}
	return rule
}

func (x *Access) validate(request protoreflect.MessageDescriptor) error {
	switch {
	case x.GetScope() == Scope_SCOPE_UNSPECIFIED:
		return errors.New("no scope")
	case x.GetAudit() == Audit_AUDIT_UNSPECIFIED:
		return errors.New("no audit class")
	case x.GetHighest() == typev1.Level_LEVEL_UNSPECIFIED || x.GetHighest() > x.GetLowest():
		return errors.New("no level")
	case slices.Contains(x.GetServices(), ""):
		return errors.New("a service without a name")
	case (x.GetPermission() == "") != (x.GetScope().AsksNoPermission() || x.ForServicesOnly()):
		return errors.New(
			"a permission is needed, save with SCOPE_RECEIPT, SCOPE_CALLER and SCOPE_PUBLIC and where only services call")
	case (x.GetUnitField() != "") != (x.GetScope() == Scope_SCOPE_UNIT):
		return errors.New("unit_field goes with SCOPE_UNIT")
	case x.GetScope() == Scope_SCOPE_UNIT && request.Fields().ByName("name") != nil:
		return errors.New("a request that names a record has SCOPE_RECORD")
	case x.GetScope() == Scope_SCOPE_UNIT && UnitField(request, x.GetUnitField()) == nil:
		return fmt.Errorf("unit_field %q is no single string of the request", x.GetUnitField())
	}
	return nil
}

// UnitField is the path of fields to the one that names the target unit; nil where there is none.
func UnitField(request protoreflect.MessageDescriptor, path string) []protoreflect.FieldDescriptor {
	var fields []protoreflect.FieldDescriptor
	for name := range strings.SplitSeq(path, ".") {
		if request == nil {
			return nil
		}
		field := request.Fields().ByTextName(name)
		if field == nil || field.Cardinality() == protoreflect.Repeated {
			return nil
		}
		fields, request = append(fields, field), field.Message()
	}
	if fields[len(fields)-1].Kind() != protoreflect.StringKind {
		return nil
	}
	return fields
}

// ExistsAt tells whether the RPC exists at a level. Levels are numbered from the top down.
func (x *Access) ExistsAt(level typev1.Level) bool {
	return x.GetHighest() <= level && level <= x.GetLowest()
}

// AsksNoPermission tells whether a call is open to anybody, to whoever has a receipt, or to any token.
func (s Scope) AsksNoPermission() bool { return s.AsksNoToken() || s == Scope_SCOPE_CALLER }

// AsksNoToken tells whether a call is open to who has no account.
func (s Scope) AsksNoToken() bool { return s == Scope_SCOPE_RECEIPT || s == Scope_SCOPE_PUBLIC }

// ForServicesOnly tells whether only services of the suite may call the RPC.
func (x *Access) ForServicesOnly() bool { return x.GetPermission() == "" && len(x.GetServices()) > 0 }

// ProtectsSource tells whether the author of a call must not be recorded anywhere.
func (x *Access) ProtectsSource() bool {
	return x.GetAudit() == Audit_AUDIT_SOURCE || x.GetScope().AsksNoToken()
}

// Methods are the RPCs of the suite that are linked into the program.
func Methods() []protoreflect.MethodDescriptor {
	var all []protoreflect.MethodDescriptor
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				if strings.HasPrefix(string(file.Package()), "qingfeng.") {
					all = append(all, methods.Get(j))
				}
			}
		}
		return true
	})
	return all
}
