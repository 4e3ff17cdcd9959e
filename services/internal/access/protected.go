package access

import (
	"sync"

	accessv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/access/v1"
)

// Protected names the linked RPCs about whose callers nothing may be noted, for those who call them: they have no gate.
func Protected() map[string]bool {
	found := map[string]bool{}
	for _, rule := range protectedRules() {
		found[rule.Method] = true
	}
	return found
}

// protectedRules are the rules of those RPCs, read once: every service of a process asks for them as it starts.
var protectedRules = sync.OnceValue(func() []*Rule {
	var found []*Rule
	for _, method := range accessv1.Methods() {
		// A method without a rule is refused by its own server.
		if rule, err := NewRule(method); err == nil && rule.ProtectsSource() {
			found = append(found, rule)
		}
	}
	return found
})

// sourceRules are those of them that take a permission; the others take a receipt.
func sourceRules() []*Rule {
	var found []*Rule
	for _, rule := range protectedRules() {
		if rule.GetPermission() != "" {
			found = append(found, rule)
		}
	}
	return found
}
