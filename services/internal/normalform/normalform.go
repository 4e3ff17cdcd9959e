// Package normalform compares texts as people read them: whatever the width, the case or the composition of their characters.
package normalform

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Of is the form that all spellings of a text have in common: NFKC, lower case, single blanks within and none around.
func Of(text string) string {
	lower := norm.NFKC.String(strings.ToLower(norm.NFKC.String(text)))
	return strings.Join(strings.Fields(lower), " ") // last: NFKC writes some characters with a blank, as the macron U+00AF
}
