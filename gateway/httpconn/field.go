package httpconn

import (
	"encoding/base64"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// text reads a string field by its path, "" where a message on the way is absent. The rule has made sure that it exists.
func text(message protoreflect.Message, path string) string {
	message, field := walk(message, path)
	return message.Get(field).String()
}

// clearField empties a field by its path.
func clearField(message protoreflect.Message, path string) {
	message, field := walk(message, path)
	if message.IsValid() {
		message.Clear(field)
	}
}

func walk(message protoreflect.Message, path string) (protoreflect.Message, protoreflect.FieldDescriptor) {
	names := strings.Split(path, ".")
	last := len(names) - 1
	for _, name := range names[:last] {
		message = message.Get(message.Descriptor().Fields().ByName(protoreflect.Name(name))).Message()
	}
	return message, message.Descriptor().Fields().ByName(protoreflect.Name(names[last]))
}

func encodeBytes(data []byte) string { return base64.StdEncoding.EncodeToString(data) }
