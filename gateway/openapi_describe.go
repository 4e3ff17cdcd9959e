package gateway

import (
	"fmt"
	"slices"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/qingfeng-suite/qingfeng/gateway/internal/constraint"
	"github.com/qingfeng-suite/qingfeng/gateway/internal/doctext"
	"github.com/qingfeng-suite/qingfeng/gateway/words"
)

// describer puts the texts of one language, and what the protos say of fields, into parts of the generated documents.
type describer struct {
	lang    words.Lang
	chinese doctext.Chinese // nil for English
}

// pick chooses the text of the document's language.
func (d describer) pick(chinese, english string) string {
	if d.chinese != nil {
		return chinese
	}
	return english
}

// text is the text of what has this name in the protos; the comment where it has none in the language.
func (d describer) text(name protoreflect.FullName, comment string) string {
	if text, ok := d.chinese[name]; ok {
		return text
	}
	return doctext.Comment(comment, string(name.Name()))
}

// operation describes an operation. What stands behind the name in the path is described as such: the proto's comment
// speaks of the whole name, of which the path already has the beginning.
func (d describer) operation(one *operation, item object) {
	comment, _ := item["summary"].(string)
	more, _ := item["description"].(string)
	comment += " " + more
	if text, ok := d.chinese[one.Method.FullName()]; ok {
		item["summary"], item["description"] = doctext.Split(text)
		if errors := doctext.Errors(comment); errors != "" {
			item["description"] = fmt.Sprintf("%s\n\n错误：%s。", item["description"], errors)
		}
	} else {
		item["summary"], item["description"] = doctext.SplitComment(comment, string(one.Method.Name()))
	}
	if permission := one.access.GetPermission(); permission != "" {
		item["description"] = fmt.Sprintf(d.pick("%s\n\n所需权限：`%s`（%s）。", "%s\n\nPermission: `%s` (%s)."), item["description"],
			permission, words.Sentence{Key: "permission." + permission, Fallback: permission}.In(d.lang))
	}
	parameters, _ := item["parameters"].([]any)
	for _, parameter := range parameters {
		if parameter, ok := parameter.(object); ok {
			d.parameter(one, parameter)
			if name, ok := parameter["name"].(string); ok && parameter["in"] == "path" {
				parameter["name"] = lastOf(name)
			}
		}
	}
	if body, ok := item["requestBody"].(object); ok {
		d.inContent(body, one.Method.Input())
	}
	responses, _ := item["responses"].(object)
	if answer, ok := responses["200"].(object); ok {
		comment, _ := answer["description"].(string)
		answer["description"] = d.text(one.Method.Output().FullName(), comment)
		if one.bytes() {
			answer["description"] = d.pick("文件，其类型见 Content-Type。", "A file; its Content-Type says what it is.")
			answer["content"] = object{"*/*": object{}}
		}
	}
}

func (d describer) parameter(one *operation, parameter object) {
	path, _ := parameter["name"].(string)
	field := fieldOf(one.Method.Input(), path)
	schema, _ := parameter["schema"].(object)
	if field == nil || schema == nil {
		return
	}
	comment, _ := parameter["description"].(string)
	parameter["description"] = d.text(field.FullName(), comment)
	if collection := one.Path.Collection(path); parameter["in"] == "path" && collection != "" {
		parameter["description"] = fmt.Sprintf(d.pick("名称中“%s”之后的部分。", "What stands behind %q in the name."), collection)
		constraint.InPath(schema, strings.TrimSuffix(collection, "/"))
		return
	}
	constraint.Add(schema, field)
}

// inContent describes the fields of a message that stands in a request's body.
func (d describer) inContent(body object, message protoreflect.MessageDescriptor) {
	content, _ := body["content"].(object)
	for _, media := range content {
		media, _ := media.(object)
		if schema, ok := media["schema"].(object); ok {
			d.fields(schema, message)
		}
	}
}

// schema describes a schema of the document.
func (d describer) schema(name string, schema object) {
	comment, _ := schema["description"].(string)
	full := protoreflect.FullName(name)
	schema["description"] = d.text(full, comment)
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(full)
	if err != nil {
		return
	}
	switch found := found.(type) {
	case protoreflect.MessageDescriptor:
		d.fields(schema, found)
	case protoreflect.EnumDescriptor:
		d.values(schema, found)
	}
}

// values adds to the description of an enum what each value says, where the language has texts for them.
func (d describer) values(schema object, enum protoreflect.EnumDescriptor) {
	var said strings.Builder
	for i := range enum.Values().Len() {
		value := enum.Values().Get(i)
		// The full name of a value has that of its enum's parent, so the enum's own name is put in.
		if text, ok := d.chinese[enum.FullName().Append(value.Name())]; ok {
			fmt.Fprintf(&said, "\n- `%s`：%s", value.Name(), text)
		}
	}
	if said.Len() > 0 {
		schema["description"] = fmt.Sprintf("%s\n%s", schema["description"], said.String())
	}
}

// fields describes the properties of a schema that are fields of the message.
func (d describer) fields(schema object, message protoreflect.MessageDescriptor) {
	properties, _ := schema["properties"].(object)
	for name, property := range properties {
		field, property := message.Fields().ByJSONName(name), asObject(property)
		if field == nil || property == nil {
			continue
		}
		comment, _ := property["description"].(string)
		property["description"] = d.text(field.FullName(), comment)
		constraint.Add(property, field)
	}
	if parts, ok := schema["oneOf"].([]any); ok && mustChoose(message) {
		schema["oneOf"] = slices.DeleteFunc(parts, func(part any) bool { return asObject(part)["not"] != nil })
	}
}

// mustChoose tells whether a oneof of the message must be set; to set none is then no alternative.
func mustChoose(message protoreflect.MessageDescriptor) bool {
	for i := range message.Oneofs().Len() {
		rule, ok := proto.GetExtension(message.Oneofs().Get(i).Options(), validate.E_Oneof).(*validate.OneofRules)
		if ok && rule.GetRequired() {
			return true
		}
	}
	return false
}

// lastOf is the last name of a path of fields: "name" of "unit.name".
func lastOf(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

func asObject(part any) object {
	found, _ := part.(object)
	return found
}

// fieldOf finds the field that a parameter names, such as "pageSize" or "position.name"; nil where there is none.
func fieldOf(message protoreflect.MessageDescriptor, path string) protoreflect.FieldDescriptor {
	var field protoreflect.FieldDescriptor
	for name := range strings.SplitSeq(path, ".") {
		if message == nil {
			return nil
		}
		if field = message.Fields().ByJSONName(name); field == nil {
			field = message.Fields().ByName(protoreflect.Name(name))
		}
		if field == nil {
			return nil
		}
		message = field.Message()
	}
	return field
}
