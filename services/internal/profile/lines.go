package profile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// lineWriter writes YAML as JSON in which each value stands on its own line of the YAML, so that what reads the JSON complains of
// lines of the YAML. What an alias stands for is written where the alias is.
type lineWriter struct {
	bytes.Buffer

	line   int
	values []value
}

// value is where the value of a field, such as roles[2].permissions[0], begins: at its key, if it has one.
type value struct {
	field        string
	line, column int
}

// write writes what stands in a field; the root is the field "".
func (w *lineWriter) write(n *yaml.Node, field string) error {
	w.begin(n, field)
	switch n.Kind {
	case yaml.MappingNode:
		return w.writeMapping(n.Content, field)
	case yaml.SequenceNode:
		return w.writeSequence(n.Content, field)
	case yaml.AliasNode:
		return w.write(n.Alias, field)
	default:
		return w.writeScalar(n)
	}
}

// begin goes to the line of a node and notes that a value begins there.
func (w *lineWriter) begin(n *yaml.Node, field string) {
	for ; w.line < n.Line; w.line++ {
		w.WriteByte('\n')
	}
	column := utf8.RuneCount(w.Bytes()[bytes.LastIndexByte(w.Bytes(), '\n')+1:]) + 1
	w.values = append(w.values, value{field, w.line, column})
}

func (w *lineWriter) writeMapping(content []*yaml.Node, field string) error {
	w.WriteByte('{')
	for i := 0; i < len(content); i += 2 {
		if i > 0 {
			w.WriteByte(',')
		}
		key := content[i]
		member := strings.TrimPrefix(field+"."+key.Value, ".")
		w.begin(key, member)
		if err := w.writeJSON(key, key.Value); err != nil {
			return err
		}
		w.WriteByte(':')
		if err := w.write(content[i+1], member); err != nil {
			return err
		}
	}
	w.WriteByte('}')
	return nil
}

func (w *lineWriter) writeSequence(content []*yaml.Node, field string) error {
	w.WriteByte('[')
	for i, item := range content {
		if i > 0 {
			w.WriteByte(',')
		}
		if err := w.write(item, fmt.Sprintf("%s[%d]", field, i)); err != nil {
			return err
		}
	}
	w.WriteByte(']')
	return nil
}

// writeScalar writes numbers and truth values as such, and all else, days among them, as text.
func (w *lineWriter) writeScalar(n *yaml.Node) error {
	var value any = n.Value
	switch n.ShortTag() {
	case "!!int", "!!float", "!!bool", "!!null":
		if err := n.Decode(&value); err != nil {
			return err
		}
	}
	return w.writeJSON(n, value)
}

func (w *lineWriter) writeJSON(n *yaml.Node, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	w.Write(text)
	return nil
}
