package access

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// Protected names the linked RPCs about whose callers nothing may be noted, for those who call them: they have no gate.
func Protected() map[string]bool {
	found := map[string]bool{}
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if !strings.HasPrefix(string(file.Package()), "qingfeng.") {
			return true
		}
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				// A method without a rule is refused by its own server.
				if rule, err := NewRule(methods.Get(j)); err == nil && rule.ProtectsSource() {
					found[rule.Method] = true
				}
			}
		}
		return true
	})
	return found
}
