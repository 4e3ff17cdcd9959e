package gateway

import (
	"embed"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// documents are the OpenAPI documents that `make generate` writes, one for each proto file with HTTP rules.
//
//go:embed openapi/qingfeng
var documents embed.FS

const schemaPrefix = "#/components/schemas/"

type object = map[string]any

// levelWords are the levels as the document's title says them.
var levelWords = map[typev1.Level][2]string{
	typev1.Level_LEVEL_PROVINCE: {"省级", "province"}, typev1.Level_LEVEL_CITY: {"市级", "city"},
	typev1.Level_LEVEL_COUNTY: {"县级", "county"}, typev1.Level_LEVEL_TOWNSHIP: {"乡级", "township"},
	typev1.Level_LEVEL_VILLAGE: {"村级", "village"},
}

// title names the façade of a level.
func (d describer) title(level typev1.Level) string {
	words := levelWords[level]
	return fmt.Sprintf(d.pick("清风 API（%s）", "Qingfeng API – %s level"), d.pick(words[0], words[1]))
}

// inPath is a field in a path, such as "{unit.name}".
var inPath = regexp.MustCompile(`\{[^}]+\}`)

// merger collects one document from many.
type merger struct {
	describer

	sources map[string]object
	paths   object
	schemas object
	raw     object // schemas as they were generated
	tags    []any
	tagged  map[string]bool
}

// openAPI makes the document of a level in a language: its operations and the schemas they reach. Errors: an operation that the
// generated documents don't have, or two schemas of one name.
func openAPI(level typev1.Level, operations []*operation, language describer) ([]byte, error) {
	m := &merger{
		describer: language, sources: map[string]object{}, paths: object{}, schemas: object{}, raw: object{},
		tags: []any{}, tagged: map[string]bool{},
	}
	for _, one := range operations {
		if err := m.add(one); err != nil {
			return nil, fmt.Errorf("gateway: openapi of %s: %w", one.fullMethod, err)
		}
	}
	responses := object{}
	for _, answer := range errorAnswers {
		responses[answer.name] = answer.component(language)
	}
	document, err := json.Marshal(object{
		"openapi": "3.1.0",
		"info": object{
			"title": m.title(level), "version": "v1",
			"description": m.pick("公共机构廉政风险预警。", "Early warning of integrity risk in public bodies."),
			"license":     object{"name": "Apache License 2.0", "identifier": "Apache-2.0"},
		},
		"servers": []any{object{"url": "/", "description": m.pick("提供本文档的网关", "The gateway that serves this document")}},
		"paths":   m.paths,
		"components": object{
			"schemas":         m.schemas,
			"responses":       responses,
			"securitySchemes": object{"bearer": object{"type": "http", "scheme": "bearer"}},
		},
		"security": []any{object{"bearer": []any{}}},
		"tags":     m.tags,
	})
	if err != nil {
		return nil, fmt.Errorf("gateway: openapi: %w", err)
	}
	return document, nil
}

func (m *merger) add(one *operation) error {
	source, err := m.source(one.Method.ParentFile().Path())
	if err != nil {
		return err
	}
	service := string(one.Method.Parent().Name())
	path, item, err := locate(source, service+"_"+string(one.Method.Name()))
	if err != nil {
		return err
	}
	// Names of services and so of operations repeat between packages.
	tag := one.service() + "." + service
	item["operationId"] = one.service() + "_" + service + "_" + string(one.Method.Name())
	item["tags"] = []any{tag}
	if one.access.GetScope().AsksNoToken() {
		item["security"] = []any{}
	} else {
		item["x-permission"] = one.access.GetPermission()
	}
	m.operation(one, item)
	m.tag(source, one.Method.Parent().FullName(), tag)
	// A path has one name for what stands in it, whatever the field of the method's request is called.
	path = inPath.ReplaceAllStringFunc(path, func(field string) string { return "{" + lastOf(strings.Trim(field, "{}")) + "}" })
	methods, ok := m.paths[path].(object)
	if !ok {
		methods = object{}
		m.paths[path] = methods
	}
	methods[strings.ToLower(one.Verb)] = item
	if err := m.reach(source, item); err != nil {
		return err
	}
	if responses, ok := item["responses"].(object); ok {
		m.errorsOf(one, responses) // they refer to the whole document, not to the generated one
	}
	return nil
}

// source gives the generated document of a proto file.
func (m *merger) source(protoFile string) (object, error) {
	if found, ok := m.sources[protoFile]; ok {
		return found, nil
	}
	data, err := documents.ReadFile("openapi/" + strings.TrimSuffix(protoFile, ".proto") + ".openapi.json")
	if err != nil {
		return nil, fmt.Errorf("read the generated document: %w", err)
	}
	var source object
	if err := json.Unmarshal(data, &source); err != nil {
		return nil, fmt.Errorf("generated document of %s: %w", protoFile, err)
	}
	m.sources[protoFile] = source
	return source, nil
}

func locate(source object, id string) (path string, item object, err error) {
	paths, _ := source["paths"].(object)
	for path, methods := range paths {
		methods, _ := methods.(object)
		for _, item := range methods {
			if item, ok := item.(object); ok && item["operationId"] == id {
				return path, item, nil
			}
		}
	}
	return "", nil, fmt.Errorf("no operation %q in the generated document", id)
}

func (m *merger) tag(source object, service protoreflect.FullName, tag string) {
	if m.tagged[tag] {
		return
	}
	m.tagged[tag] = true
	entry := object{"name": tag}
	tags, _ := source["tags"].([]any)
	for _, one := range tags {
		if one, ok := one.(object); ok && one["name"] == string(service.Name()) {
			comment, _ := one["description"].(string)
			entry["description"] = m.text(service, comment)
		}
	}
	m.tags = append(m.tags, entry)
}

// reach collects the schemas that a part of a source refers to, and those that they refer to.
func (m *merger) reach(source object, part any) error {
	switch part := part.(type) {
	case []any:
		for _, one := range part {
			if err := m.reach(source, one); err != nil {
				return err
			}
		}
	case object:
		if ref, ok := part["$ref"].(string); ok {
			if err := m.schema(source, ref); err != nil {
				return err
			}
		}
		for _, one := range part {
			if err := m.reach(source, one); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *merger) schema(source object, ref string) error {
	name, ok := strings.CutPrefix(ref, schemaPrefix)
	components, _ := source["components"].(object)
	schemas, _ := components["schemas"].(object)
	schema, found := schemas[name]
	if !ok || !found {
		return fmt.Errorf("reference %q leads nowhere", ref)
	}
	if known, ok := m.raw[name]; ok {
		if !reflect.DeepEqual(known, schema) {
			return fmt.Errorf("schema %q differs between the generated documents", name)
		}
		return nil
	}
	described, _ := clone(schema).(object)
	m.describer.schema(name, described)
	m.raw[name], m.schemas[name] = schema, described
	return m.reach(source, schema)
}

// clone copies a part of a document.
func clone(part any) any {
	switch part := part.(type) {
	case []any:
		copied := make([]any, len(part))
		for i, one := range part {
			copied[i] = clone(one)
		}
		return copied
	case object:
		copied := make(object, len(part))
		for key, one := range part {
			copied[key] = clone(one)
		}
		return copied
	default:
		return part
	}
}
