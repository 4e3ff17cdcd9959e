package gateway_test

import (
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway"
	"github.com/qingfeng-suite/qingfeng/gateway/internal/rule"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

var update = flag.Bool("update", false, "rewrite the golden files")

type document struct {
	OpenAPI    string
	Info       struct{ Title, Version string }
	Paths      map[string]map[string]operation
	Components struct {
		Schemas         map[string]any
		SecuritySchemes map[string]any
	}
	Tags []struct{ Name string }
}

type operation struct {
	OperationID string
	Summary     string
	Description string
	Tags        []string
	Security    *[]any
	Parameters  []struct{ Name, In, Description string }
	Responses   map[string]any
}

func readDocument(tb testing.TB, handler http.Handler) (read document, raw any) {
	tb.Helper()
	answer := call{method: "GET", path: "/openapi.json"}.do(handler)
	if err := json.Unmarshal(answer.Body.Bytes(), &read); err != nil {
		tb.Fatal(err)
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &raw); err != nil {
		tb.Fatal(err)
	}
	return read, raw
}

func village(cfg *gateway.Config) { cfg.Level = typev1.Level_LEVEL_VILLAGE }

func TestOperationsOfOtherLevelsDoNotExist(t *testing.T) {
	t.Parallel()
	conn := dial(t, func(*grpc.Server) {})
	city, below := facade(t, conn), facade(t, conn, village)
	unknown := call{method: "GET", path: "/no/such/path"}.do(below)
	rules, err := rule.All("qingfeng.")
	if err != nil || len(rules) == 0 {
		t.Fatal(err, len(rules))
	}
	for _, one := range rules {
		path, err := one.Path.Build(func(field string) string { return one.Path.Collection(field) + "1" })
		if err != nil {
			t.Fatal(err)
		}
		asked := call{method: one.Verb, path: path, body: "{}"}
		if answer := asked.do(city); answer.Code != http.StatusNotImplemented {
			t.Errorf("city: %s %s: %d %s", one.Verb, path, answer.Code, answer.Body)
		}
		answer := asked.do(below)
		if answer.Code != http.StatusNotFound || answer.Body.String() != unknown.Body.String() {
			t.Errorf("village: %s %s: %d %s", one.Verb, path, answer.Code, answer.Body)
		}
	}
	read, _ := readDocument(t, below)
	if read.Info.Title != "清风 API（村级）" || len(read.Paths) != 0 || len(read.Components.Schemas) != 0 {
		t.Errorf("village document: %+v", read)
	}
}

func TestOpenAPIDocumentIsWholeAndOfItsLevel(t *testing.T) {
	t.Parallel()
	read, raw := readDocument(t, facade(t, dial(t, func(*grpc.Server) {})))
	if read.OpenAPI != "3.1.0" || read.Info.Title != "清风 API（市级）" || read.Info.Version != "v1" {
		t.Errorf("info: %s %+v", read.OpenAPI, read.Info)
	}
	var lines []string
	ids := map[string]bool{}
	for path, methods := range read.Paths {
		for method, one := range methods {
			if one.OperationID == "" || ids[one.OperationID] || len(one.Tags) != 1 || len(one.Responses) < 2 {
				t.Errorf("%s %s: %+v", method, path, one)
			}
			ids[one.OperationID] = true
			lines = append(lines, strings.ToUpper(method)+" "+path+" "+one.OperationID)
			for _, parameter := range one.Parameters {
				if parameter.In == "path" && !strings.Contains(path, "{"+parameter.Name+"}") {
					t.Errorf("%s %s: parameter %q isn't in the path", method, path, parameter.Name)
				}
			}
		}
	}
	rules, err := rule.All("qingfeng.")
	if err != nil || len(rules) != len(lines) {
		t.Errorf("%d operations, %d rules, %v", len(lines), len(rules), err)
	}
	if one := read.Paths["/network/v1/tips:submit"]["post"]; one.Security != nil ||
		read.Components.SecuritySchemes["bearer"] == nil {
		t.Errorf("an account is asked for by default: %+v", one)
	}
	if one := read.Paths["/network/v1/tips:follow"]["post"]; one.Security == nil || len(*one.Security) != 0 {
		t.Errorf("receipt holders need no account: %+v", one.Security)
	}
	reached := map[string]bool{}
	resolve(t, raw, reached)
	if len(reached) != len(read.Components.Schemas) {
		t.Errorf("%d schemas, %d reached", len(read.Components.Schemas), len(reached))
	}
	for name := range reached {
		if read.Components.Schemas[name] == nil {
			t.Errorf("schema %q is missing", name)
		}
	}
	sort.Strings(lines)
	golden(t, "city.txt", strings.Join(lines, "\n")+"\n")
}

// resolve collects the names of the schemas referred to.
func resolve(tb testing.TB, part any, reached map[string]bool) {
	tb.Helper()
	switch part := part.(type) {
	case []any:
		for _, one := range part {
			resolve(tb, one, reached)
		}
	case map[string]any:
		for key, one := range part {
			if ref, ok := one.(string); ok && key == "$ref" {
				name, schema := strings.CutPrefix(ref, "#/components/schemas/")
				if schema {
					reached[name] = true
				} else if !strings.HasPrefix(ref, "#/components/responses/") {
					tb.Errorf("reference %q leaves the document", ref)
				}
			}
			resolve(tb, one, reached)
		}
	}
}

func golden(tb testing.TB, name, got string) {
	tb.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	if got != string(want) {
		tb.Errorf("%s differs; look at the change and run with -update:\n%s", path, got)
	}
}

func TestConsoleNeedsNoInternet(t *testing.T) {
	t.Parallel()
	handler := facade(t, dial(t, func(*grpc.Server) {}))
	page := call{method: "GET", path: "/docs/"}.do(handler).Body.String()
	for _, part := range []string{"清风 API", "/openapi.zh-CN.json", "/openapi.en.json", `"urls.primaryName": "中文"`} {
		if !strings.Contains(page, part) {
			t.Errorf("the page has no %s", part)
		}
	}
	english := call{method: "GET", path: "/docs/", header: map[string]string{"Accept-Language": "en"}}.do(handler).Body.String()
	if !strings.Contains(english, "Qingfeng API – city level") || !strings.Contains(english, `"urls.primaryName": "English"`) {
		t.Errorf("the English page: %s", english)
	}
	for _, far := range []string{`src="http`, `href="http`, `src="//`} {
		if strings.Contains(page, far) {
			t.Errorf("page loads from elsewhere: %s", far)
		}
	}
	for _, asset := range []string{"swagger-ui-bundle.js", "swagger-ui.css"} {
		answer := call{method: "GET", path: "/docs/" + asset}.do(handler)
		if answer.Code != http.StatusOK || answer.Body.Len() < 10_000 {
			t.Errorf("%s: %d, %d bytes", asset, answer.Code, answer.Body.Len())
		}
	}
}

func TestSitePages(t *testing.T) {
	t.Parallel()
	handler := facade(t, dial(t, func(*grpc.Server) {}))
	tests := []struct {
		path     string
		http     int
		location string
		cache    string
	}{
		{"/", http.StatusFound, "/docs/", "no-store"},
		{"/docs", http.StatusFound, "/docs/", "no-store"},
		{"/docs/", http.StatusOK, "", "no-cache"},
		{"/docs/no-such-file", http.StatusNotFound, "", "no-cache"},
		{"/healthz", http.StatusOK, "", "no-store"},
		{"/openapi.json", http.StatusOK, "", "no-cache"},
		{"/openapi.zh-CN.json", http.StatusOK, "", "no-cache"},
		{"/openapi.en.json", http.StatusOK, "", "no-cache"},
		{"/network/v1/tips", http.StatusNotImplemented, "", "no-store"},
	}
	for _, test := range tests {
		t.Run(test.path, func(t *testing.T) {
			t.Parallel()
			answer := call{method: "GET", path: test.path}.do(handler)
			header := answer.Header()
			if answer.Code != test.http || header.Get("Location") != test.location || header.Get("Cache-Control") != test.cache {
				t.Errorf("answer %d %v", answer.Code, header)
			}
			if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("X-Frame-Options") != "DENY" {
				t.Errorf("headers: %v", header)
			}
		})
	}
}

func TestAFileIsNoJSONInTheDocument(t *testing.T) {
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
		answer, _ := read.Paths["/risk/v1/powerItems/{name}:draw"]["get"].Responses["200"].(map[string]any)
		content, _ := answer["content"].(map[string]any)
		if len(content) != 1 || content["*/*"] == nil || read.Components.Schemas["google.api.HttpBody"] != nil {
			t.Errorf("%s: answer %v", locale, answer)
		}
	}
}
