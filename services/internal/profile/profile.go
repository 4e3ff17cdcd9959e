// Package profile brings the mechanism of a body, its schemes as YAML, one a service and more for parts of it, into an instance.
package profile

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// services that have schemes, each after those whose schemes it builds on.
var services = []string{"network", "risk", "warning", "assessment"}

// Outcome is what became of a file that was loaded.
type Outcome string

// A version of a new date is created; one of a date that has a version replaces it where it differs, unless a record has used
// that.
const (
	Created   Outcome = "created"
	Replaced  Outcome = "replaced"
	Unchanged Outcome = "unchanged"
)

// Result says what loading did with one scheme.
type Result struct {
	Service string
	File    string // its name, without the folder's
	Outcome Outcome
}

// Load loads the schemes of a profile's folder, {service}.yaml each, and {service}.{part}.yaml where a part of the body has its
// own, through the public API, and says what it did. What is refused is named by file, line and field; what came before it stays
// loaded.
func Load(ctx context.Context, conn grpc.ClientConnInterface, folder string) ([]Result, error) {
	var results []Result
	for _, service := range services {
		names, err := filesOf(folder, service)
		if err != nil {
			return results, err
		}
		for _, name := range names {
			file, err := readFile(filepath.Join(folder, name))
			if err != nil {
				return results, err
			}
			outcome, err := load(ctx, conn, service, file)
			if err != nil {
				return results, err
			}
			results = append(results, Result{service, name, outcome})
		}
	}
	if len(results) == 0 {
		return nil, fmt.Errorf("no scheme in %s: a profile's folder has one or more of %s.yaml", folder,
			strings.Join(services, ".yaml, "))
	}
	return results, nil
}

// filesOf are the names of the files that have schemes of a service: of the whole body first, then of its parts.
func filesOf(folder, service string) (names []string, err error) {
	entries, err := os.ReadDir(folder)
	for _, entry := range entries { // by name, so that risk.logistics.yaml comes before risk.yaml
		name := entry.Name()
		switch part, found := strings.CutPrefix(name, service+"."); {
		case !found || entry.IsDir():
		case part == "yaml":
			names = slices.Insert(names, 0, name)
		case filepath.Ext(part) == ".yaml":
			names = append(names, name)
		}
	}
	return names, err
}

// load loads one scheme of a service. The four are alike but for the package of their messages.
func load(ctx context.Context, conn grpc.ClientConnInterface, service string, file *file) (Outcome, error) {
	req, err := newMessage(service, "CreateSchemeRequest")
	if err != nil {
		return "", err
	}
	fields := req.Descriptor().Fields()
	scheme := req.Mutable(fields.ByName("scheme")).Message()
	if err := file.unmarshal(scheme.Interface()); err != nil {
		return "", err
	}
	stored, err := storedVersion(ctx, conn, service, scheme)
	if err != nil {
		return "", fmt.Errorf("%s: %w", file.name, err)
	}
	outcome := Created
	switch {
	case stored == nil:
	case proto.Equal(stored.Interface(), scheme.Interface()):
		return Unchanged, nil
	default:
		outcome = Replaced
		req.Set(fields.ByName("replace"), protoreflect.ValueOfBool(true))
	}
	_, err = call(ctx, conn, service, "CreateScheme", req)
	return outcome, file.explain(err)
}

// storedVersion is the version of the same scheme and date that the instance has; nil where it has none.
func storedVersion(
	ctx context.Context, conn grpc.ClientConnInterface, service string, scheme protoreflect.Message,
) (protoreflect.Message, error) {
	req, err := newMessage(service, "GetEffectiveSchemeRequest")
	if err != nil {
		return nil, err
	}
	setText(req, "unit", text(scheme, "unit"))
	setText(req, "as_of", text(scheme, "effective_from"))
	stored, err := call(ctx, conn, service, "GetEffectiveScheme", req)
	switch status.Code(err) {
	case codes.OK:
	case codes.NotFound, codes.InvalidArgument:
		return nil, nil //nolint:nilnil // there is none, or CreateScheme says what is wrong with unit or date
	default:
		return nil, err
	}
	if text(stored, "name") != text(scheme, "name") || text(stored, "effective_from") != text(scheme, "effective_from") {
		return nil, nil //nolint:nilnil // another holds on that day
	}
	return stored, nil
}

// call calls SchemeService of a service, whose methods answer with a scheme.
func call(
	ctx context.Context, conn grpc.ClientConnInterface, service, method string, req protoreflect.Message,
) (protoreflect.Message, error) {
	scheme, err := newMessage(service, "Scheme")
	if err != nil {
		return nil, err
	}
	return scheme, conn.Invoke(ctx, "/qingfeng."+service+".v1.SchemeService/"+method, req.Interface(), scheme.Interface())
}

func newMessage(service, name string) (protoreflect.Message, error) {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName("qingfeng." + service + ".v1." + name))
	if err != nil {
		return nil, fmt.Errorf("service %s: %w", service, err)
	}
	return kind.New(), nil
}

func text(m protoreflect.Message, field protoreflect.Name) string {
	return m.Get(m.Descriptor().Fields().ByName(field)).String()
}

func setText(m protoreflect.Message, field protoreflect.Name, value string) {
	m.Set(m.Descriptor().Fields().ByName(field), protoreflect.ValueOfString(value))
}
