package rule

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Template is a path of an HTTP rule such as "/network/v1/{name=tips/*}:return". Of the grammar of google.api.http it
// takes literals, "*", fields and a verb; the suite has no "**".
type Template struct {
	text     string
	segments []segment
	fields   []field
	verb     string
}

// segment is a literal, or any one segment where empty.
type segment string

// field is filled by the segments [from, to).
type field struct {
	path     string
	from, to int
}

// ParseTemplate reads a template. Errors: anything outside the grammar that Template names.
func ParseTemplate(text string) (Template, error) {
	t := Template{text: text}
	rest, ok := strings.CutPrefix(text, "/")
	if !ok {
		return t, fmt.Errorf("template %q doesn't begin with a slash", text)
	}
	// A verb stands behind the last segment, so behind a closing brace or the last slash.
	if at := strings.LastIndexByte(rest, ':'); at > strings.LastIndexAny(rest, "/}") {
		rest, t.verb = rest[:at], rest[at+1:]
		if !plain(t.verb) {
			return t, fmt.Errorf("template %q has a faulty verb", text)
		}
	}
	for more := true; more; {
		var err error
		if rest, more, err = t.take(rest); err != nil {
			return t, err
		}
	}
	return t, nil
}

// take reads one segment or one field from the front of rest and says whether more follow.
func (t *Template) take(rest string) (after string, more bool, err error) {
	inner, isField := strings.CutPrefix(rest, "{")
	if !isField {
		one, after, more := strings.Cut(rest, "/")
		return after, more, t.add(one)
	}
	inside, after, closed := strings.Cut(inner, "}")
	path, pattern, bound := strings.Cut(inside, "=")
	if !bound {
		pattern = "*"
	}
	if !closed || path == "" {
		return "", false, fmt.Errorf("template %q has a faulty field", t.text)
	}
	from := len(t.segments)
	for one := range strings.SplitSeq(pattern, "/") {
		if err := t.add(one); err != nil {
			return "", false, err
		}
	}
	t.fields = append(t.fields, field{path: path, from: from, to: len(t.segments)})
	if after == "" {
		return "", false, nil
	}
	after, more = strings.CutPrefix(after, "/")
	if !more {
		return "", false, fmt.Errorf("template %q goes on behind a field without a slash", t.text)
	}
	return after, true, nil
}

func (t *Template) add(one string) error {
	if one == "*" {
		t.segments = append(t.segments, "")
		return nil
	}
	if !plain(one) {
		return fmt.Errorf("template %q has a faulty segment %q", t.text, one)
	}
	t.segments = append(t.segments, segment(one))
	return nil
}

// plain says that a text stands in a path as it is: unreserved characters alone (RFC 3986), and no step between folders.
func plain(text string) bool {
	reserved := strings.IndexFunc(text, func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		return !letter && (r < '0' || r > '9') && !strings.ContainsRune("-._~", r)
	})
	return text != "" && text != "." && text != ".." && reserved < 0
}

// String is the template as written.
func (t Template) String() string { return t.text }

// Fields names the fields of the request that stand in the path, in order.
func (t Template) Fields() []string {
	paths := make([]string, len(t.fields))
	for i, one := range t.fields {
		paths[i] = one.path
	}
	return paths
}

// Collection is the fixed beginning of what a field of the path holds, such as "tips/" for "{name=tips/*}".
func (t Template) Collection(path string) string {
	var fixed strings.Builder
	for _, one := range t.fields {
		if one.path != path {
			continue
		}
		for _, part := range t.segments[one.from:one.to] {
			if part == "" {
				break
			}
			fixed.WriteString(string(part) + "/")
		}
	}
	return fixed.String()
}

// Build makes the escaped path, with the value of each field. Errors: a value that doesn't fit the template.
func (t Template) Build(value func(field string) string) (string, error) {
	filled := make([]string, len(t.segments))
	for i, literal := range t.segments {
		filled[i] = string(literal)
	}
	for _, one := range t.fields {
		parts := strings.Split(value(one.path), "/")
		if len(parts) != one.to-one.from || !utf8.ValidString(value(one.path)) {
			return "", t.misfit(one)
		}
		for i, part := range parts {
			want := string(t.segments[one.from+i])
			// "." and ".." would be taken for steps between folders on their way.
			if part == "" || part == "." || part == ".." || want != "" && want != part {
				return "", t.misfit(one)
			}
			filled[one.from+i] = strings.ReplaceAll(url.PathEscape(part), ":", "%3A")
		}
	}
	path := "/" + strings.Join(filled, "/")
	if t.verb != "" {
		path += ":" + t.verb
	}
	return path, nil
}

func (t Template) misfit(one field) error {
	return fmt.Errorf("field %q doesn't fit %q", one.path, t.text)
}
