package httpconn_test

import (
	"math/rand/v2"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// hard are the characters that paths, queries and JSON treat apart.
var hard = []rune("aZ9.-_~:%&=+?#;@!$'()*,[]{}<>|^`\\\" 清风\u00e9\U0001F600\t\n")

// fill sets the fields of a message to random values; some strings and lists stay empty.
func fill(random *rand.Rand, message protoreflect.Message, depth int) {
	fields := message.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		of := field.ContainingOneof()
		if of != nil && message.WhichOneof(of) != nil || field.Message() != nil && depth == 0 {
			continue
		}
		switch {
		case field.IsMap():
			entries := message.Mutable(field).Map()
			for range random.IntN(3) {
				entries.Set(scalar(random, field.MapKey()).MapKey(), value(random, field.MapValue(), entries.NewValue, depth))
			}
		case field.IsList():
			list := message.Mutable(field).List()
			for range random.IntN(4) {
				list.Append(value(random, field, list.NewElement, depth))
			}
		default:
			message.Set(field, value(random, field, func() protoreflect.Value { return message.NewField(field) }, depth))
		}
	}
}

func value(random *rand.Rand, field protoreflect.FieldDescriptor, empty func() protoreflect.Value, depth int) protoreflect.Value {
	if field.Message() == nil {
		return scalar(random, field)
	}
	seconds, nanos := random.Int64N(4e9), int64(random.IntN(1e9))
	switch field.Message().FullName() {
	case "google.protobuf.Timestamp":
		return protoreflect.ValueOfMessage((&timestamppb.Timestamp{Seconds: seconds, Nanos: int32(nanos)}).ProtoReflect())
	case "google.protobuf.Duration":
		return protoreflect.ValueOfMessage((&durationpb.Duration{Seconds: seconds, Nanos: int32(nanos)}).ProtoReflect())
	case "google.protobuf.FieldMask": // names of fields, which is all that its JSON can say
		return protoreflect.ValueOfMessage((&fieldmaskpb.FieldMask{Paths: []string{"title", "division_code"}[:random.IntN(3)]}).ProtoReflect())
	default:
		made := empty()
		fill(random, made.Message(), depth-1)
		return made
	}
}

func scalar(random *rand.Rand, field protoreflect.FieldDescriptor) protoreflect.Value {
	switch field.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(random.IntN(2) == 1)
	case protoreflect.EnumKind:
		values := field.Enum().Values()
		return protoreflect.ValueOfEnum(values.Get(random.IntN(values.Len())).Number())
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(int32(random.Uint32()))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(random.Uint32())
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(int64(random.Uint64()))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(random.Uint64())
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(random.Float32())
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(random.NormFloat64())
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(word(random, 0)))
	default:
		return protoreflect.ValueOfString(word(random, 0))
	}
}

// word is a text of hard characters, at least as long as told.
func word(random *rand.Rand, atLeast int) string {
	var text strings.Builder
	for range atLeast + random.IntN(12) {
		text.WriteRune(hard[random.IntN(len(hard))])
	}
	return text.String()
}

// name fills a field of the path, such as "risk_point.name", with a name of its collection.
func name(random *rand.Rand, message protoreflect.Message, path, collection string) {
	id := word(random, 1)
	if strings.Trim(id, ".") == "" {
		id = "a" + id
	}
	names := strings.Split(path, ".")
	for _, one := range names[:len(names)-1] {
		message = message.Mutable(message.Descriptor().Fields().ByName(protoreflect.Name(one))).Message()
	}
	message.Set(message.Descriptor().Fields().ByName(protoreflect.Name(names[len(names)-1])), protoreflect.ValueOfString(collection+id))
}
