package prose

import (
	"strings"
	"unicode"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/qingfeng-suite/qingfeng/services/internal/normalform"
)

// Gist is what a text says, however it is spaced and punctuated: two texts with the same gist say the same. A sign that makes a
// number what it is, as in 1.5, 2026-11-02 or 10%, belongs to what is said.
func Gist(text string) string {
	runes, gist := []rune(normalform.Of(text)), strings.Builder{}
	for i, r := range runes {
		if !separates(r) || counts(runes, i) {
			gist.WriteRune(r)
		}
	}
	return gist.String()
}

// GistOf is a copy of a message whose texts that people read, at any depth, are their gists.
func GistOf[M proto.Message](message M) M {
	read := proto.CloneOf(message)
	rewrite(read.ProtoReflect(), func(protoreflect.FieldDescriptor) func(string) string { return Gist })
	return read
}

func separates(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) || IsHarmless(r) }

// counts tells whether the sign at a place is part of a number.
func counts(runes []rune, at int) bool {
	digit := func(i int) bool { return i >= 0 && i < len(runes) && unicode.IsDigit(runes[i]) }
	switch r := runes[at]; {
	case unicode.IsSpace(r) || IsHarmless(r):
		return false
	case r == '%' || r == '‰':
		return digit(at - 1)
	case r == '-':
		return digit(at + 1)
	default:
		return digit(at-1) && digit(at+1)
	}
}
