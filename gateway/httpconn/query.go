package httpconn

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

// encodeQuery writes the set fields of a message as query parameters: nested ones with dots, repeated ones repeatedly.
// Errors: maps and lists of messages, which have no such form.
func encodeQuery(message protoreflect.Message) (url.Values, error) {
	query := url.Values{}
	return query, addMessage(query, "", message)
}

func addMessage(query url.Values, prefix string, message protoreflect.Message) error {
	var failed error
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		failed = addField(query, prefix+field.JSONName(), field, value)
		return failed == nil
	})
	return failed
}

func addField(query url.Values, name string, field protoreflect.FieldDescriptor, value protoreflect.Value) error {
	isMessage := field.Message() != nil
	if mask, ok := value.Interface().(protoreflect.Message); ok && isMessage {
		if mask, ok := mask.Interface().(*fieldmaskpb.FieldMask); ok { // in a query its paths stand as in the proto
			query.Set(name, strings.Join(mask.GetPaths(), ","))
			return nil
		}
	}
	switch {
	case field.IsMap() || field.IsList() && isMessage && !isScalar(field.Message()):
		return fmt.Errorf("field %q has no form as a query parameter", name)
	case field.IsList():
		for i := range value.List().Len() {
			if err := addValue(query, name, field, value.List().Get(i)); err != nil {
				return err
			}
		}
		return nil
	case isMessage && !isScalar(field.Message()):
		return addMessage(query, name+".", value.Message())
	default:
		return addValue(query, name, field, value)
	}
}

func addValue(query url.Values, name string, field protoreflect.FieldDescriptor, value protoreflect.Value) error {
	switch field.Kind() {
	case protoreflect.EnumKind:
		if known := field.Enum().Values().ByNumber(value.Enum()); known != nil {
			query.Add(name, string(known.Name()))
			return nil
		}
		return fmt.Errorf("field %q: enum number %d is unknown", name, value.Enum())
	case protoreflect.BytesKind:
		query.Add(name, encodeBytes(value.Bytes()))
	case protoreflect.MessageKind, protoreflect.GroupKind:
		data, err := protojson.Marshal(value.Message().Interface())
		if err != nil {
			return fmt.Errorf("field %q: %w", name, err)
		}
		query.Add(name, unquote(data))
	default:
		query.Add(name, value.String())
	}
	return nil
}

// isScalar tells the well-known messages that are one value in JSON.
func isScalar(message protoreflect.MessageDescriptor) bool {
	name, known := strings.CutPrefix(string(message.FullName()), "google.protobuf.")
	return known && (name == "Timestamp" || name == "Duration" || strings.HasSuffix(name, "Value"))
}

// unquote gives the text of a JSON string, and other JSON as it is.
func unquote(data []byte) string {
	var text string
	if json.Unmarshal(data, &text) == nil {
		return text
	}
	return string(data)
}
