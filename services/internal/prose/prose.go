// Package prose readies what people type for keeping: the texts under the rule prose of qingfeng.type.v1. What is invisible and
// harmless goes, so that two texts that look alike are alike; what is harmful stays for the rule to refuse.
package prose

import (
	"strings"
	"sync"
	"unicode"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// joiners build one sign of several, such as a family of emoji, or shape letters; they stay.
const joiners = "\u200c\u200d"

// harmless are invisible and come along unnoticed from word processors and phones: soft hyphen, marks of direction, zero-width
// space, word joiner and byte order mark. The fillers of Hangul and the empty braille pattern count as letters and signs, but
// show nothing.
const harmless = "\u00ad\u061c\u200b\u200e\u200f\u2060\ufeff\u115f\u1160\u3164\uffa0\u2800"

// Clean is a text without harmless invisible characters and without outer spaces.
func Clean(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if IsHarmless(r) {
			return -1
		}
		return r
	}, text))
}

// IsHarmless tells whether a character is invisible and goes from texts.
func IsHarmless(r rune) bool { return strings.ContainsRune(harmless, r) }

// Harmful tells whether a character has no place in a text: it controls something, changes how what follows is read, means only
// what some font makes of it, or is none.
func Harmful(r rune) bool {
	switch {
	case r == '\t', r == '\n', r == '\r', strings.ContainsRune(joiners, r):
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp, unicode.Noncharacter_Code_Point)
}

// IsOneLine tells whether a text has no line break and no tab, as no title has: lists and sentences show it within a line, and
// tables written as text part their cells by tabs.
func IsOneLine(text string) bool { return !strings.ContainsAny(text, "\t\r\n") }

// CleanAll cleans every text of a message that people read, at any depth.
func CleanAll(message proto.Message) {
	rewrite(message.ProtoReflect(), func(field protoreflect.FieldDescriptor) func(string) string {
		if IsPerson(field) {
			return Person
		}
		return Clean
	})
}

// rewriting is how the texts of a field are rewritten.
type rewriting func(protoreflect.FieldDescriptor) func(string) string

// rewrite rewrites every text of a message that people read, at any depth.
func rewrite(message protoreflect.Message, how rewriting) {
	p := planOf(message.Descriptor())
	for _, field := range p.texts {
		if message.Has(field) {
			rewriteField(message, field, how(field))
		}
	}
	for _, field := range p.inner {
		if message.Has(field) {
			rewriteWithin(field, message.Get(field), how)
		}
	}
}

func rewriteField(message protoreflect.Message, field protoreflect.FieldDescriptor, rewritten func(string) string) {
	if !field.IsList() {
		message.Set(field, protoreflect.ValueOfString(rewritten(message.Get(field).String())))
		return
	}
	list := message.Mutable(field).List()
	for i := range list.Len() {
		list.Set(i, protoreflect.ValueOfString(rewritten(list.Get(i).String())))
	}
}

func rewriteWithin(field protoreflect.FieldDescriptor, value protoreflect.Value, how rewriting) {
	switch {
	case field.IsList():
		for i := range value.List().Len() {
			rewrite(value.List().Get(i).Message(), how)
		}
	case field.IsMap():
		value.Map().Range(func(_ protoreflect.MapKey, value protoreflect.Value) bool {
			rewrite(value.Message(), how)
			return true
		})
	default:
		rewrite(value.Message(), how)
	}
}

// plan is what there is to clean in a type of message, found out once.
type plan struct {
	// texts are its own texts, inner its fields whose messages have some, at any depth.
	texts, inner []protoreflect.FieldDescriptor
}

// plans by protoreflect.MessageDescriptor.
var plans sync.Map

func planOf(message protoreflect.MessageDescriptor) *plan {
	if found, ok := plans.Load(message); ok {
		known, _ := found.(*plan)
		return known
	}
	p := &plan{}
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		if isText(field) {
			p.texts = append(p.texts, field)
		}
		if inner := messageOf(field); inner != nil && hasTexts(inner, map[protoreflect.FullName]bool{}) {
			p.inner = append(p.inner, field)
		}
	}
	plans.Store(message, p)
	return p
}

// messageOf is the type of the messages in a field, if there are any.
func messageOf(field protoreflect.FieldDescriptor) protoreflect.MessageDescriptor {
	if field.IsMap() {
		return field.MapValue().Message()
	}
	return field.Message()
}

// hasTexts tells whether a type has texts, at any depth. Types may hold themselves; each is looked at once.
func hasTexts(message protoreflect.MessageDescriptor, seen map[protoreflect.FullName]bool) bool {
	if seen[message.FullName()] {
		return false
	}
	seen[message.FullName()] = true
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		if isText(field) {
			return true
		}
		if inner := messageOf(field); inner != nil && hasTexts(inner, seen) {
			return true
		}
	}
	return false
}

// isText tells whether a field stands under the rule prose.
func isText(field protoreflect.FieldDescriptor) bool { return isUnder(field, typev1.E_Prose) }

// IsPerson tells whether a field is the name of a person, or names of people.
func IsPerson(field protoreflect.FieldDescriptor) bool { return isUnder(field, typev1.E_Person) }

// isUnder tells whether a field stands under a rule of texts.
func isUnder(field protoreflect.FieldDescriptor, rule protoreflect.ExtensionType) bool {
	if field.Kind() != protoreflect.StringKind {
		return false
	}
	rules, _ := proto.GetExtension(field.Options(), validate.E_Field).(*validate.FieldRules)
	said := rules.GetString()
	if field.IsList() {
		said = rules.GetRepeated().GetItems().GetString()
	}
	under, _ := proto.GetExtension(said, rule).(bool)
	return under
}
