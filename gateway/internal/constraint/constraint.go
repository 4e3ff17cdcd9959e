// Package constraint says in a JSON schema what the protos say of a field: the limits and forms of protovalidate, and examples
// of what has a form of its own.
package constraint

import (
	"regexp"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

type object = map[string]any

// exampleID stands for ids that the suite makes.
const exampleID = "01a21c24741f7e4d9e6abec5b02f55f4"

// exampleNames are names of resources whose ids are not exampleID alone.
var exampleNames = map[string]string{
	"units": "units/340500", "tips": "tips/340503-" + exampleID, "reports": "reports/340503101.monthly.2026-11",
}

// Forms of text with a rule of their own in qingfeng/type/v1/rules.proto: the pattern there, an example.
var (
	slugForm   = form{"[a-z0-9][a-z0-9_]{0,62}", "collective_funds"}
	dateForm   = form{"(19|2[01])[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", "2026-11-23"}
	periodForm = form{"(19|2[01])[0-9]{2}(-(0[1-9]|1[0-2])|-Q[1-4]|-H[12])?", "2026-11"}
	mediaForm  = form{"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*", "image/jpeg"}
)

type form struct{ pattern, example string }

// Add adds to the schema of a field what the protos say of it.
func Add(schema object, field protoreflect.FieldDescriptor) {
	required := Required(field)
	if rules, ok := proto.GetExtension(field.Options(), validate.E_Field).(*validate.FieldRules); ok && rules != nil {
		add(schema, rules, required)
	}
	switch {
	case schema["format"] == "date-time":
		schema["examples"] = []any{"2026-11-23T14:13:33.326346Z"}
	case required && schema["type"] == "string" && schema["minLength"] == nil && schema["format"] == nil && field.Enum() == nil:
		schema["minLength"] = 1
	case required && schema["type"] == "array" && schema["minItems"] == nil:
		schema["minItems"] = 1
	}
}

// InPath is Add for a field of which the path has the collection already: its value is an id.
func InPath(schema object, collection string) {
	name, ok := exampleNames[collection]
	if !ok {
		name = collection + "/" + exampleID
	}
	schema["examples"] = []any{strings.TrimPrefix(name, collection+"/")}
	schema["minLength"] = 1
}

// Required tells whether a request must have a field.
func Required(field protoreflect.FieldDescriptor) bool {
	behaviors, _ := proto.GetExtension(field.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	for _, one := range behaviors {
		if one == annotations.FieldBehavior_REQUIRED {
			return true
		}
	}
	return false
}

func add(schema object, rules *validate.FieldRules, required bool) {
	switch {
	case rules.HasString():
		addText(schema, rules.GetString(), required)
	case rules.HasInt32():
		limits(schema, rules.GetInt32().HasGte(), rules.GetInt32().GetGte(), rules.GetInt32().HasLte(), rules.GetInt32().GetLte())
	case rules.HasDouble():
		limits(schema, rules.GetDouble().HasGte(), rules.GetDouble().GetGte(), rules.GetDouble().HasLte(),
			rules.GetDouble().GetLte())
	case rules.HasRepeated():
		one := rules.GetRepeated()
		if one.HasMinItems() {
			schema["minItems"] = one.GetMinItems()
		}
		if one.HasMaxItems() {
			schema["maxItems"] = one.GetMaxItems()
		}
		if one.GetUnique() {
			schema["uniqueItems"] = true
		}
		if items, ok := schema["items"].(object); ok && one.HasItems() {
			add(items, one.GetItems(), true)
		}
	case rules.HasMap() && rules.GetMap().HasMaxPairs():
		schema["maxProperties"] = rules.GetMap().GetMaxPairs()
	case rules.HasBytes():
		addBytes(schema, rules.GetBytes())
	}
}

func limits[N int32 | float64](schema object, hasLeast bool, least N, hasMost bool, most N) {
	if hasLeast {
		schema["minimum"] = least
	}
	if hasMost {
		schema["maximum"] = most
	}
}

func addText(schema object, rules *validate.StringRules, required bool) {
	if rules.HasMinLen() {
		schema["minLength"] = rules.GetMinLen()
	}
	if rules.HasMaxLen() {
		schema["maxLength"] = rules.GetMaxLen()
	}
	switch {
	case rules.GetUuid():
		schema["format"], schema["examples"] = "uuid", []any{"6f1c2f0e-5b1e-4d64-9a55-0d9c7f1d2a11"}
	case rules.GetEmail():
		schema["format"], schema["examples"] = "email", []any{"office@example.gov.cn"}
	}
	if collection, ok := proto.GetExtension(rules, typev1.E_Resource).(string); ok && collection != "" {
		name, known := exampleNames[collection]
		if !known {
			name = collection + "/" + exampleID
		}
		form{regexp.QuoteMeta(collection) + "/[a-z0-9][A-Za-z0-9_.-]{0,159}", name}.add(schema, required)
	}
	for extension, form := range map[protoreflect.ExtensionType]form{
		typev1.E_Slug: slugForm, typev1.E_Date: dateForm, typev1.E_Period: periodForm, typev1.E_MediaType: mediaForm,
	} {
		if on, ok := proto.GetExtension(rules, extension).(bool); ok && on {
			form.add(schema, required)
		}
	}
}

// add adds a form; what need not be given may be the empty text too.
func (f form) add(schema object, required bool) {
	schema["examples"] = []any{f.example}
	if required {
		schema["pattern"] = "^" + f.pattern + "$"
	} else {
		schema["pattern"] = "^(" + f.pattern + ")?$"
	}
}

// addBytes limits the text that bytes travel as: base64, four characters for three bytes.
func addBytes(schema object, rules *validate.BytesRules) {
	const three, four = 3, 4
	text := func(bytes uint64) uint64 { return (bytes + three - 1) / three * four }
	if rules.HasMinLen() {
		schema["minLength"] = text(rules.GetMinLen())
	}
	if rules.HasMaxLen() {
		schema["maxLength"] = text(rules.GetMaxLen())
	}
}
