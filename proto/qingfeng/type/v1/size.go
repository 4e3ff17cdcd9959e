// Package typev1 holds what all services share, and how large a message can be by its own rules.
package typev1

import (
	"sync"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

const (
	// LargestMessage is the largest request or answer, in bytes of the wire.
	LargestMessage = 4 << 20
	// SmallMessage is what every request may have, in bytes of the wire.
	SmallMessage = 64 << 10
	// MostParts is how many messages may stand in a request. Without a bound, two bytes on the wire become a hundred in memory.
	MostParts = 50_000
)

// What a field may have whose rules don't say.
const (
	shortText    = 256 // with a form of its own, such as a name or a day
	unruledText  = 4 << 10
	unruledItems = 1000
)

// headOf is the most that stands before a value on the wire: its field's number and its length.
const headOf = 10

// runeSize is the most that a character takes on the wire.
const runeSize = 4

// MaxSize is how many bytes a message can have on the wire, by the limits that the protos state of its fields: at least
// SmallMessage, at most LargestMessage.
func MaxSize(message protoreflect.MessageDescriptor) int {
	if known, ok := sizes.Load(message.FullName()); ok {
		return known.(int) //nolint:forcetypeassert,errcheck // it holds nothing else
	}
	size := max(SmallMessage, sizeOf(message, map[protoreflect.FullName]bool{}))
	sizes.Store(message.FullName(), size)
	return size
}

var sizes sync.Map // of ints by the full name of a message

// sizeOf adds up the fields; a message within itself has no end.
func sizeOf(message protoreflect.MessageDescriptor, within map[protoreflect.FullName]bool) int {
	if within[message.FullName()] {
		return LargestMessage
	}
	within[message.FullName()] = true
	defer delete(within, message.FullName())
	size := 0
	for i := range message.Fields().Len() {
		size = min(size+sizeOfField(message.Fields().Get(i), within), LargestMessage)
	}
	return size
}

func sizeOfField(field protoreflect.FieldDescriptor, within map[protoreflect.FullName]bool) int {
	rules, _ := proto.GetExtension(field.Options(), validate.E_Field).(*validate.FieldRules)
	switch {
	case field.IsMap():
		pair := sizeOfValue(field.MapKey(), rules.GetMap().GetKeys(), within) +
			sizeOfValue(field.MapValue(), rules.GetMap().GetValues(), within) + headOf
		return orMost(rules.GetMap().GetMaxPairs(), unruledItems) * pair
	case field.IsList():
		items := orMost(rules.GetRepeated().GetMaxItems(), unruledItems)
		return items * sizeOfValue(field, rules.GetRepeated().GetItems(), within)
	default:
		return sizeOfValue(field, rules, within)
	}
}

func sizeOfValue(field protoreflect.FieldDescriptor, rules *validate.FieldRules, within map[protoreflect.FullName]bool) int {
	switch field.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return headOf + sizeOf(field.Message(), within)
	case protoreflect.StringKind:
		text := rules.GetString()
		if text.HasMaxBytes() {
			return headOf + orMost(text.GetMaxBytes(), unruledText)
		}
		if hasForm(text) {
			return headOf + shortText
		}
		return headOf + orMost(runeSize*max(text.GetMaxLen(), text.GetLen()), unruledText)
	case protoreflect.BytesKind:
		return headOf + orMost(max(rules.GetBytes().GetMaxLen(), rules.GetBytes().GetLen()), LargestMessage)
	default:
		return 2 * headOf
	}
}

// hasForm tells whether the rules of a text leave it short.
func hasForm(text *validate.StringRules) bool {
	return text.GetUuid() || proto.HasExtension(text, E_Resource) || proto.HasExtension(text, E_Slug) ||
		proto.HasExtension(text, E_Date) || proto.HasExtension(text, E_Period)
}

// orMost is a limit, or what holds where there is none; never so large that sums overflow.
func orMost(limit uint64, unruled int) int {
	if limit == 0 {
		return unruled
	}
	return int(min(limit, LargestMessage))
}

// HasTooManyParts tells whether more than MostParts messages stand in a message on the wire.
func HasTooManyParts(wire []byte, message protoreflect.MessageDescriptor) bool {
	if len(wire) <= 2*MostParts { // a message has at least its number and its length
		return false
	}
	left := MostParts
	return !countParts(wire, message, &left)
}

// countParts counts down; false once nothing is left. What can't be read is left to whoever decodes it.
func countParts(wire []byte, message protoreflect.MessageDescriptor, left *int) bool {
	for len(wire) > 0 {
		number, kind, n := protowire.ConsumeTag(wire)
		if n < 0 {
			return true
		}
		wire = wire[n:]
		size := protowire.ConsumeFieldValue(number, kind, wire)
		if size < 0 {
			return true
		}
		field := message.Fields().ByNumber(number)
		if kind == protowire.BytesType && field != nil && field.Message() != nil {
			inner, _ := protowire.ConsumeBytes(wire)
			if *left--; *left < 0 || !countParts(inner, field.Message(), left) {
				return false
			}
		}
		wire = wire[size:]
	}
	return true
}
