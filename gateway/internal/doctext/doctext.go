// Package doctext holds the Chinese texts of the OpenAPI document. Each stands under the full name of what it describes in the
// protos: a service, an RPC, a message, a field, an enum or one of its values. The English ones are the comments of the protos.
package doctext

import (
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"
)

//go:embed zh-CN
var files embed.FS

// Chinese are the texts by full name.
type Chinese map[protoreflect.FullName]string

// Load reads the texts. Errors: a file that isn't YAML, a name that stands twice.
func Load() (Chinese, error) {
	entries, err := files.ReadDir("zh-CN")
	if err != nil {
		return nil, err
	}
	all := Chinese{}
	for _, entry := range entries {
		data, err := files.ReadFile("zh-CN/" + entry.Name())
		if err != nil {
			return nil, err
		}
		var some Chinese
		if err := yaml.Unmarshal(data, &some); err != nil {
			return nil, fmt.Errorf("%s: %w", entry.Name(), err)
		}
		for name, text := range some {
			if _, twice := all[name]; twice {
				return nil, fmt.Errorf("%s: %s stands in another file too", entry.Name(), name)
			}
			all[name] = text
		}
	}
	return all, nil
}

// Names are the names that have a text, sorted.
func (c Chinese) Names() []protoreflect.FullName {
	names := make([]protoreflect.FullName, 0, len(c))
	for name := range c {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Split makes a summary and a description of the text of an RPC: its first sentence, and the whole.
func Split(text string) (summary, description string) {
	if first, _, cut := strings.Cut(text, "。"); cut {
		return first, text
	}
	return text, text
}

// requirements are ids of requirements in a comment, such as " (C12, T7)": they are for those who read the protos.
var requirements = regexp.MustCompile(` \([A-Z][0-9]+[a-z]?(, [A-Z][0-9]+[a-z]?)*\)`)

// Comment is a comment of the protos as a text of its own: without the line ends, the ids of requirements, and the name it
// begins with.
func Comment(comment, name string) string {
	text := requirements.ReplaceAllString(strings.Join(strings.Fields(comment), " "), "")
	rest, named := strings.CutPrefix(text, name+" ")
	if !named {
		return text
	}
	rest = strings.TrimPrefix(rest, "is ")
	first, size := utf8.DecodeRuneInString(rest)
	return string(unicode.ToUpper(first)) + rest[size:]
}

// SplitComment makes a summary and a description of the comment of an RPC: its first sentence, and the whole with the errors in
// a paragraph of their own.
func SplitComment(comment, name string) (summary, description string) {
	text := Comment(comment, name)
	summary = text
	for at := range text {
		if strings.HasPrefix(text[at:], ". ") {
			summary = text[:at]
			break
		}
	}
	return shorten(strings.TrimSuffix(summary, ".")), strings.Replace(text, " Errors: ", "\n\nErrors: ", 1)
}

// A summary that is longer than maxSummary ends at its first pause after minSummary.
const minSummary, maxSummary = 20, 80

func shorten(summary string) string {
	if len(summary) <= maxSummary {
		return summary
	}
	if at := strings.IndexAny(summary[minSummary:], ",;:"); at >= 0 {
		return summary[:minSummary+at]
	}
	return summary
}

var (
	// sameErrors is how a comment says that an RPC has the errors of another.
	sameErrors = `(?:those of|[Aa]s for|[Aa]s of) ([A-Z][a-z]\w+)`
	errorWords = regexp.MustCompile(sameErrors + `|\b[A-Z]+(?:_[A-Z]+)*[A-Z]\b`)
)

// Errors lists the codes that the comment of an RPC names behind "Errors", each with its reasons, in a form that needs no
// translation: "NOT_FOUND；FAILED_PRECONDITION（WRONG_STATE）；同 SignPledge". It is empty where the comment names none.
func Errors(comment string) string {
	_, after, found := strings.Cut(strings.Join(strings.Fields(comment), " "), "Errors")
	if !found {
		return ""
	}
	var listed []string
	var reasons [][]string
	for _, word := range errorWords.FindAllStringSubmatch(after, -1) {
		var code codes.Code
		switch {
		case word[1] != "":
			listed, reasons = append(listed, "同 "+word[1]), append(reasons, nil)
		case code.UnmarshalJSON([]byte(`"`+word[0]+`"`)) == nil:
			listed, reasons = append(listed, word[0]), append(reasons, nil)
		case len(listed) > 0:
			reasons[len(listed)-1] = append(reasons[len(listed)-1], word[0])
		}
	}
	for i := range listed {
		if len(reasons[i]) > 0 {
			listed[i] += "（" + strings.Join(reasons[i], "、") + "）"
		}
	}
	return strings.Join(listed, "；")
}
