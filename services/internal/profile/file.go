package profile

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/services/internal/filetext"
)

// file is a YAML file, of which every fault is told by line and field.
type file struct {
	name   string
	json   []byte
	values []value
}

func readFile(name string) (*file, error) {
	opened, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = opened.Close() }()
	content, err := filetext.Decode(opened)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(content, &document); err != nil {
		return nil, fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(document.Content) == 0 {
		return nil, fmt.Errorf("%s: there is nothing in it", name)
	}
	w := &lineWriter{line: 1}
	if err := w.write(document.Content[0], ""); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &file{name, w.Bytes(), w.values}, nil
}

// complaint is how protojson says where a fault is.
var complaint = regexp.MustCompile(`\(line (\d+):(\d+)\): (.+)`)

// unmarshal reads the file as the JSON form of a message.
func (f *file) unmarshal(m proto.Message) error {
	err := protojson.Unmarshal(f.json, m)
	if err == nil {
		return nil
	}
	found := complaint.FindStringSubmatch(err.Error())
	if found == nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	line, _ := strconv.Atoi(found[1])
	column, _ := strconv.Atoi(found[2])
	return f.fault(line, f.fieldAt(line, column), found[3])
}

func (f *file) fault(line int, field, says string) error {
	return fmt.Errorf("%s: line %d: %s: %s", f.name, line, field, says)
}

// explain says where in the file the fields of a refused request stand.
func (f *file) explain(err error) error {
	var faults []error
	for _, detail := range status.Convert(err).Details() {
		bad, ok := detail.(*errdetails.BadRequest)
		if !ok {
			continue
		}
		for _, v := range bad.GetFieldViolations() {
			field := strings.TrimPrefix(v.GetField(), "scheme.")
			faults = append(faults, f.fault(f.lineOf(field), field, v.GetDescription()))
		}
	}
	if err == nil || len(faults) > 0 {
		return errors.Join(faults...)
	}
	return fmt.Errorf("%s: %w", f.name, err)
}

// fieldAt is the field that a place of the JSON belongs to.
func (f *file) fieldAt(line, column int) string {
	field := ""
	for _, v := range f.values {
		if v.line < line || v.line == line && v.column <= column {
			field = v.field
		}
	}
	return field
}

// lineOf is the line of a field, or of the nearest around it where it is not in the file.
func (f *file) lineOf(field string) int {
	for {
		for _, v := range f.values {
			if v.field == field {
				return v.line
			}
		}
		field = field[:max(strings.LastIndexAny(field, ".["), 0)]
	}
}
