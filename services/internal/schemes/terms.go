package schemes

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// Term is anything in a scheme that has an identifier.
type Term interface{ GetId() string }

// CheckUnique notes a fault for every identifier that stands twice in a list.
func CheckUnique[E Term](faults *fault.Fields, field string, entries []E) {
	seen := map[string]bool{}
	for i, e := range entries {
		if seen[e.GetId()] {
			faults.Add(fmt.Sprintf("%s[%d].id", field, i), words.Duplicate(e.GetId()))
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
	if _, ok := Find(entries, id); !ok {
		faults.Add(field, words.UnknownTerm(id, Known(entries)))
	}
}

// Known are the entries of a list, by their identifiers, as a sentence says which there are.
func Known[E Term](entries []E) words.Title {
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.GetId()
	}
	return words.Known(ids...)
}

// CheckAllKnown is CheckKnown for a field with several identifiers, and wants none of them twice.
func CheckAllKnown[E Term](faults *fault.Fields, field string, ids []string, entries []E) {
	for i, id := range ids {
		at := fmt.Sprintf("%s[%d]", field, i)
		CheckKnown(faults, at, id, entries)
		if slices.Contains(ids[:i], id) {
			faults.Add(at, words.Duplicate(id))
		}
	}
}

// CheckRoles notes a fault for every role that nobody can have: the network scheme that holds for the unit does not name it.
func CheckRoles(faults *fault.Fields, field string, roles []string, network *networkv1.Scheme, unit string) {
	for i, role := range roles {
		if _, ok := Find(network.GetRoles(), role); !ok && role != access.Administrator {
			faults.Add(fmt.Sprintf("%s[%d]", field, i), words.UnknownRole(words.Untitled(unit), role))
		}
	}
}

// TitleOf is an entry as a sentence names it: by its title, or by its identifier where this version has no such entry.
func TitleOf(id string, title *typev1.Text) words.Title {
	zh := cmp.Or(title.GetZh(), id)
	return words.Title{ID: id, Zh: zh, En: cmp.Or(title.GetEn(), zh)}
}

// Titled is an entry that has a title.
type Titled interface {
	Term
	GetTitle() *typev1.Text
}

// TitleIn is TitleOf for the entry of a list with an identifier.
func TitleIn[E Titled](entries []E, id string) words.Title {
	var title *typev1.Text
	if e, ok := Find(entries, id); ok {
		title = e.GetTitle()
	}
	return TitleOf(id, title)
}

// TitlesIn are the titles of some entries of a list, one after another.
func TitlesIn[E Titled](entries []E, ids []string) words.Title {
	titles := make([]words.Title, len(ids))
	for i, id := range ids {
		titles[i] = TitleIn(entries, id)
	}
	return words.List(titles...)
}
