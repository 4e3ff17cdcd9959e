package document

import (
	"encoding/json"
	"reflect"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// keepUnknown adds to a body what a newer version wrote into the stored one.
func keepUnknown(stored, body []byte, m protoreflect.Message) ([]byte, error) {
	var old, written map[string]any
	readable := json.Unmarshal(stored, &old) == nil // a damaged body holds nothing to keep
	if !readable || !hasUnknown(old, m.Descriptor()) {
		return body, nil
	}
	if err := json.Unmarshal(body, &written); err != nil {
		return nil, err
	}
	merge(old, written, m.Descriptor())
	return json.Marshal(written)
}

// known is the field of a key, nil where this version has none or does not know the value of its enum.
func known(key string, value any, of protoreflect.MessageDescriptor) protoreflect.FieldDescriptor {
	field := of.Fields().ByJSONName(key)
	if field == nil || field.Kind() != protoreflect.EnumKind || field.IsList() {
		return field
	}
	if name, named := value.(string); named && field.Enum().Values().ByName(protoreflect.Name(name)) == nil {
		return nil
	}
	return field
}

// child is the message that a field's values are; nil where they are none with fields of their own.
func child(field protoreflect.FieldDescriptor) protoreflect.MessageDescriptor {
	if field.Message() == nil || field.IsMap() || field.Message().ParentFile().Package() == "google.protobuf" {
		return nil
	}
	return field.Message()
}

// hasUnknown tells whether a stored message has anything that this version does not know.
func hasUnknown(value any, of protoreflect.MessageDescriptor) bool {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			if hasUnknown(element, of) {
				return true
			}
		}
	case map[string]any:
		for key, held := range value {
			field := known(key, held, of)
			if field == nil || child(field) != nil && hasUnknown(held, child(field)) {
				return true
			}
		}
	}
	return false
}

// merge adds what is unknown of an old message to the written one. Of a list the elements are told apart by what is known of
// them.
func merge(old, written map[string]any, of protoreflect.MessageDescriptor) {
	for key, held := range old {
		field := known(key, held, of)
		if field == nil {
			if _, set := written[key]; !set {
				written[key] = held
			}
			continue
		}
		message := child(field)
		if message == nil {
			continue
		}
		switch held := held.(type) {
		case map[string]any:
			if now, still := written[key].(map[string]any); still {
				merge(held, now, message)
			}
		case []any:
			now, _ := written[key].([]any)
			mergeList(held, now, message)
		}
	}
}

func mergeList(old, written []any, of protoreflect.MessageDescriptor) {
	for _, element := range old {
		held, _ := element.(map[string]any)
		for _, candidate := range written {
			now, _ := candidate.(map[string]any)
			if now != nil && reflect.DeepEqual(stripped(held, of), stripped(now, of)) {
				merge(held, now, of)
				break
			}
		}
	}
}

// stripped is what is known of a message.
func stripped(value map[string]any, of protoreflect.MessageDescriptor) map[string]any {
	kept := map[string]any{}
	for key, held := range value {
		field := known(key, held, of)
		if field == nil {
			continue
		}
		if inner, is := held.(map[string]any); is && child(field) != nil {
			held = stripped(inner, child(field))
		}
		kept[key] = held
	}
	return kept
}
