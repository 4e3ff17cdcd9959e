package gateway

import (
	"embed"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	accessv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/access/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// documents are the OpenAPI documents that `make generate` writes, one for each proto file with HTTP rules.
//
//go:embed openapi/qingfeng
var documents embed.FS

const schemaPrefix = "#/components/schemas/"

type object = map[string]any

// title names the façade of a level.
func title(level typev1.Level) string {
	return fmt.Sprintf("Qingfeng API – %s level", strings.ToLower(strings.TrimPrefix(level.String(), "LEVEL_")))
}

// merger collects one document from many.
type merger struct {
	sources map[string]object
	paths   object
	schemas object
	tags    []any
	tagged  map[string]bool
}

// openAPI makes the document of a level: its operations and the schemas they reach. Errors: an operation that the
// generated documents don't have, or two schemas of one name.
func openAPI(level typev1.Level, operations []*operation) ([]byte, error) {
	m := &merger{sources: map[string]object{}, paths: object{}, schemas: object{}, tags: []any{}, tagged: map[string]bool{}}
	for _, one := range operations {
		if err := m.add(one); err != nil {
			return nil, fmt.Errorf("gateway: openapi of %s: %w", one.fullMethod, err)
		}
	}
	document, err := json.Marshal(object{
		"openapi": "3.1.0",
		"info":    object{"title": title(level), "version": "v1"},
		"paths":   m.paths,
		"components": object{
			"schemas":         m.schemas,
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
	if one.access.GetScope() == accessv1.Scope_SCOPE_RECEIPT {
		item["security"] = []any{}
	} else {
		item["x-permission"] = one.access.GetPermission()
	}
	describePath(one, item)
	m.tag(source, service, tag)
	methods, ok := m.paths[path].(object)
	if !ok {
		methods = object{}
		m.paths[path] = methods
	}
	methods[strings.ToLower(one.Verb)] = item
	return m.reach(source, item)
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

// describePath says of a path parameter what it holds here: the proto's comment speaks of the whole name, of which the
// path already has the beginning.
func describePath(one *operation, item object) {
	parameters, _ := item["parameters"].([]any)
	for _, parameter := range parameters {
		parameter, _ := parameter.(object)
		name, _ := parameter["name"].(string)
		if parameter["in"] != "path" {
			continue
		}
		if collection := one.Path.Collection(name); collection != "" {
			parameter["description"] = fmt.Sprintf("What stands behind %q in the name.", collection)
		}
	}
}

func (m *merger) tag(source object, service, tag string) {
	if m.tagged[tag] {
		return
	}
	m.tagged[tag] = true
	entry := object{"name": tag}
	tags, _ := source["tags"].([]any)
	for _, one := range tags {
		if one, ok := one.(object); ok && one["name"] == service {
			entry["description"] = one["description"]
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
	if known, ok := m.schemas[name]; ok {
		if !reflect.DeepEqual(known, schema) {
			return fmt.Errorf("schema %q differs between the generated documents", name)
		}
		return nil
	}
	m.schemas[name] = schema
	return m.reach(source, schema)
}
