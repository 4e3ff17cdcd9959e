package schemes

import (
	"cmp"
	"fmt"
	"strings"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// Term is anything in a scheme that has an identifier.
type Term interface{ GetId() string }

// CheckUnique notes a fault for every identifier that stands twice in a list.
func CheckUnique[E Term](faults *fault.Fields, field string, entries []E) {
	seen := map[string]bool{}
	for i, e := range entries {
		if seen[e.GetId()] {
			faults.Add(fmt.Sprintf("%s[%d].id", field, i), "duplicate", "id", e.GetId())
		}
		seen[e.GetId()] = true
	}
}

// Find returns the entry with an identifier.
func Find[E Term](entries []E, id string) (E, bool) {
	for _, e := range entries {
		if e.GetId() == id {
			return e, true
		}
	}
	var none E
	return none, false
}

// CheckKnown notes a fault where a request field names no entry of the list.
func CheckKnown[E Term](faults *fault.Fields, field, id string, entries []E) {
	if _, ok := Find(entries, id); ok {
		return
	}
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.GetId()
	}
	faults.Add(field, "unknown_term", "id", id, "known", strings.Join(ids, ", "))
}

// TitleArgs is what a sentence says of an entry: the args for its placeholder, with the identifier for programs and the title in
// each language.
func TitleArgs(placeholder, id string, title *typev1.Text) []string {
	if title.GetZh() == "" { // not of this version
		return []string{placeholder, id}
	}
	return []string{
		placeholder, id, placeholder + "_zh", title.GetZh(), placeholder + "_en", cmp.Or(title.GetEn(), title.GetZh()),
	}
}
