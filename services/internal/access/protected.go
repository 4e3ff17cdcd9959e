package access

import accessv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/access/v1"

// Protected names the linked RPCs about whose callers nothing may be noted, for those who call them: they have no gate.
func Protected() map[string]bool {
	found := map[string]bool{}
	for _, method := range accessv1.Methods() {
		// A method without a rule is refused by its own server.
		if rule, err := NewRule(method); err == nil && rule.ProtectsSource() {
			found[rule.Method] = true
		}
	}
	return found
}
