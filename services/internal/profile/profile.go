// Package profile brings the mechanism of a body, its schemes as YAML, one a service, into an instance.
package profile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"sigs.k8s.io/yaml"
)

// services that have schemes, each after those whose schemes it builds on.
var services = []string{"network", "risk", "warning", "assessment"}

// Load creates the schemes of a profile's folder, {service}.yaml each, through the public API. A version that exists stays
// as it is. It returns the services whose scheme is new.
func Load(ctx context.Context, conn grpc.ClientConnInterface, folder string) ([]string, error) {
	var loaded []string
	for _, service := range services {
		req, err := schemeRequest(folder, service)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return loaded, err
		}
		err = createScheme(ctx, conn, service, req)
		if status.Code(err) == codes.AlreadyExists {
			continue
		}
		if err != nil {
			return loaded, fmt.Errorf("load the %s scheme of %s: %w", service, folder, err)
		}
		loaded = append(loaded, service)
	}
	return loaded, nil
}

// schemeRequest reads the scheme of one service. The four are alike but for the package of their messages.
func schemeRequest(folder, service string) (proto.Message, error) {
	file := filepath.Join(folder, service+".yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	json, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	req, err := newMessage(service, "CreateSchemeRequest")
	if err != nil {
		return nil, err
	}
	m := req.ProtoReflect()
	scheme := m.Mutable(m.Descriptor().Fields().ByName("scheme")).Message().Interface()
	if err := protojson.Unmarshal(json, scheme); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return req, nil
}

func createScheme(ctx context.Context, conn grpc.ClientConnInterface, service string, req proto.Message) error {
	resp, err := newMessage(service, "Scheme")
	if err != nil {
		return err
	}
	return conn.Invoke(ctx, "/qingfeng."+service+".v1.SchemeService/CreateScheme", req, resp)
}

func newMessage(service, name string) (proto.Message, error) {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName("qingfeng." + service + ".v1." + name))
	if err != nil {
		return nil, fmt.Errorf("service %s: %w", service, err)
	}
	return kind.New().Interface(), nil
}
