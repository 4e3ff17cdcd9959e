package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/jhump/protoreflect/v2/protoprint"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// write prints every registered third-party file below dir under its import path and returns how many there were.
func write(dir string) (int, error) {
	printer := protoprint.Printer{Compact: true}
	var files []protoreflect.FileDescriptor
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if wanted(file.Path()) {
			files = append(files, file)
		}
		return true
	})
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, fmt.Errorf("make folder: %w", err)
	}
	err := printer.PrintProtoFiles(files, func(name string) (io.WriteCloser, error) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, fmt.Errorf("make folder of %s: %w", name, err)
		}
		return os.Create(path)
	})
	if err != nil {
		return 0, fmt.Errorf("print descriptors: %w", err)
	}
	return len(files), nil
}

// wanted leaves out google/protobuf, which buf carries itself, and files outside the two families we import.
func wanted(path string) bool {
	return strings.HasPrefix(path, "google/api/") || strings.HasPrefix(path, "google/rpc/") ||
		strings.HasPrefix(path, "google/type/") || strings.HasPrefix(path, "buf/validate/")
}
