package prose

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// dots are the signs that are typed for the dot within a name, such as 买买提·艾力.
var dots = strings.NewReplacer("•", "·", "‧", "·", "・", "·", "∙", "·", "⋅", "·")

// brackets are those of Chinese text.
var brackets = strings.NewReplacer("(", "（", ")", "）")

// Person is the name of a person in the one form in which it is kept and compared. A name of more than one line stays so, to be
// refused.
func Person(name string) string {
	cleaned := Clean(name)
	if !IsOneLine(cleaned) {
		return cleaned
	}
	form := dots.Replace(norm.NFKC.String(cleaned))
	if strings.ContainsFunc(form, isHan) {
		form = brackets.Replace(form)
	}
	joined := ""
	for _, word := range strings.Fields(form) {
		last, _ := utf8.DecodeLastRuneInString(joined)
		first, _ := utf8.DecodeRuneInString(word)
		if joined != "" && !isHan(last) && !isHan(first) {
			joined += " "
		}
		joined += word
	}
	return joined
}

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }
