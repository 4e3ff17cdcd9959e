package gateway_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/qingfeng-suite/qingfeng/gateway"
	"github.com/qingfeng-suite/qingfeng/gateway/internal/doctext"
	"github.com/qingfeng-suite/qingfeng/gateway/internal/rule"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// describedNames are the names of all that the documents of the levels describe: services, RPCs, what goes in and comes out with
// every field, enums and their values.
func describedNames(tb testing.TB) map[protoreflect.FullName]bool {
	tb.Helper()
	rules, err := rule.All("qingfeng.")
	if err != nil {
		tb.Fatal(err)
	}
	names, seen := map[protoreflect.FullName]bool{}, map[protoreflect.FullName]bool{}
	var fields func(protoreflect.MessageDescriptor)
	fields = func(message protoreflect.MessageDescriptor) {
		if seen[message.FullName()] || !strings.HasPrefix(string(message.FullName()), "qingfeng.") {
			return
		}
		seen[message.FullName()] = true
		for i := range message.Fields().Len() {
			field := message.Fields().Get(i)
			if !message.IsMapEntry() {
				names[field.FullName()] = true
			}
			if enum := field.Enum(); enum != nil {
				names[enum.FullName()] = true
				for j := 1; j < enum.Values().Len(); j++ { // the first says that nothing is set
					names[enum.FullName().Append(enum.Values().Get(j).Name())] = true
				}
			}
			if inner := field.Message(); inner != nil && strings.HasPrefix(string(inner.FullName()), "qingfeng.") {
				if !inner.IsMapEntry() {
					names[inner.FullName()] = true
				}
				fields(inner)
			}
		}
	}
	for _, one := range rules {
		names[one.Method.FullName()], names[one.Method.Parent().FullName()] = true, true
		if output := one.Method.Output(); strings.HasPrefix(string(output.FullName()), "qingfeng.") {
			names[output.FullName()] = true
		}
		fields(one.Method.Input())
		fields(one.Method.Output())
	}
	return names
}

func TestEveryOperationAndFieldHasAChineseText(t *testing.T) {
	t.Parallel()
	chinese, err := doctext.Load()
	if err != nil {
		t.Fatal(err)
	}
	names := describedNames(t)
	var missing []string
	for name := range names {
		if strings.TrimSpace(chinese[name]) == "" {
			missing = append(missing, string(name))
		}
	}
	slices.Sort(missing)
	if len(missing) > 0 {
		t.Errorf("%d names without a text in internal/doctext/zh-CN:\n%s", len(missing), strings.Join(missing, "\n"))
	}
	for _, name := range chinese.Names() {
		if !names[name] && strings.HasPrefix(string(name), "qingfeng.") {
			t.Errorf("a text for %s, which no document has", name)
		}
	}
}

// untold collects where a description or summary has no Chinese character.
func untold(part any, path string, found *[]string) {
	switch part := part.(type) {
	case []any:
		for i, one := range part {
			untold(one, path+"/"+strconv.Itoa(i), found)
		}
	case map[string]any:
		for key, one := range part {
			text, isText := one.(string)
			if isText && (key == "description" || key == "summary") &&
				!strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
				*found = append(*found, path+"/"+key+": "+text)
			}
			untold(one, path+"/"+key, found)
		}
	}
}

func TestChineseDocumentHasNoOtherTexts(t *testing.T) {
	t.Parallel()
	documents, err := gateway.OpenAPI(typev1.Level_LEVEL_CITY)
	if err != nil {
		t.Fatal(err)
	}
	var read any
	if err := json.Unmarshal(documents["zh-CN"], &read); err != nil {
		t.Fatal(err)
	}
	var found []string
	untold(read, "", &found)
	if len(found) > 0 {
		t.Errorf("%d texts are not Chinese:\n%s", len(found), strings.Join(found, "\n"))
	}
}

func TestExamplesOfErrorsSayTheirSentences(t *testing.T) {
	t.Parallel()
	documents, err := gateway.OpenAPI(typev1.Level_LEVEL_CITY)
	if err != nil {
		t.Fatal(err)
	}
	for locale, text := range documents {
		var read struct {
			Components struct {
				Responses map[string]struct {
					Content map[string]struct{ Example problem }
				}
			}
		}
		if err := json.Unmarshal(text, &read); err != nil || len(read.Components.Responses) < 10 {
			t.Fatal(err, len(read.Components.Responses))
		}
		for name, response := range read.Components.Responses {
			example := response.Content["application/json"].Example
			if strings.ContainsAny(example.Message, "{}") || len(example.Message) < 10 || example.Message == example.reason() {
				t.Errorf("%s %s: %+v", locale, name, example)
			}
		}
	}
}

func TestDocumentIsInTheLanguageAskedFor(t *testing.T) {
	t.Parallel()
	handler := facade(t, dial(t, func(*grpc.Server) {}))
	for _, test := range []struct{ path, accept, locale, summary string }{
		{"/openapi.json", "", "zh-CN", "转办给办理单位的上级或下级单位"},
		{"/openapi.json", "en-GB,zh;q=0.5", "en", "Passes a tip on to a unit above its handling unit or below it"},
		{"/openapi.zh-CN.json", "en", "zh-CN", "转办给办理单位的上级或下级单位"},
		{"/openapi.en.json", "zh", "en", "Passes a tip on to a unit above its handling unit or below it"},
	} {
		answer := call{method: "GET", path: test.path, header: map[string]string{"Accept-Language": test.accept}}.do(handler)
		var read document
		if err := json.Unmarshal(answer.Body.Bytes(), &read); err != nil {
			t.Fatal(err)
		}
		one := read.Paths["/network/v1/tips/{name}:refer"]["post"]
		if answer.Header().Get("Content-Language") != test.locale || one.Summary != test.summary {
			t.Errorf("%s for %q: %s, %q", test.path, test.accept, answer.Header().Get("Content-Language"), one.Summary)
		}
		if !strings.Contains(one.Description, "FAILED_PRECONDITION") ||
			!strings.Contains(one.Description, "`network.tips.handle`") {
			t.Errorf("%s: errors and permission: %q", test.path, one.Description)
		}
	}
}

func TestEveryOperationHasASummaryAndADescription(t *testing.T) {
	t.Parallel()
	documents, err := gateway.OpenAPI(typev1.Level_LEVEL_CITY)
	if err != nil {
		t.Fatal(err)
	}
	for locale, text := range documents {
		var read document
		if err := json.Unmarshal(text, &read); err != nil {
			t.Fatal(err)
		}
		for path, methods := range read.Paths {
			for method, one := range methods {
				if one.Summary == "" || len(one.Summary) > 120 || len(one.Summary) >= len(one.Description) {
					t.Errorf("%s %s %s: summary %q of %q", locale, method, path, one.Summary, one.Description)
				}
				for _, code := range []string{"400", "404", "500", "503"} {
					if one.Responses[code] == nil {
						t.Errorf("%s %s %s: no answer %s", locale, method, path, code)
					}
				}
			}
		}
	}
}
