package rule

import (
	"net/url"
	"strings"
	"testing"
)

func TestTemplateMatchesItsPathsOnly(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, template, path string
		want                 string // values joined by a comma; "-" for no match
	}{
		{"literal", "/network/v1/tips", "/network/v1/tips", ""},
		{"literal with verb", "/network/v1/tips:count", "/network/v1/tips:count", ""},
		{"verb is not a name", "/network/v1/{name=tips/*}", "/network/v1/tips:count", "-"},
		{"name", "/network/v1/{name=tips/*}", "/network/v1/tips/7", "tips/7"},
		{"name with dots", "/network/v1/{name=tips/*}", "/network/v1/tips/a.b", "tips/a.b"},
		{"name with escaped colon", "/network/v1/{name=tips/*}", "/network/v1/tips/a%3Areturn", "tips/a:return"},
		{"plain colon is a verb", "/network/v1/{name=tips/*}", "/network/v1/tips/a:return", "-"},
		{"name and verb", "/network/v1/{name=tips/*}:return", "/network/v1/tips/a:return", "tips/a"},
		{"name with colon and verb", "/network/v1/{name=tips/*}:return", "/network/v1/tips/a%3Ab:return", "tips/a:b"},
		{"other verb", "/network/v1/{name=tips/*}:return", "/network/v1/tips/a:close", "-"},
		{"empty verb", "/network/v1/tips", "/network/v1/tips:", "-"},
		{"no id", "/network/v1/{name=tips/*}", "/network/v1/tips/", "-"},
		{"escaped slash", "/network/v1/{name=tips/*}", "/network/v1/tips/a%2Fb", "-"},
		{"trailing slash", "/network/v1/tips", "/network/v1/tips/", "-"},
		{"field in the middle", "/assessment/v1/{round=rounds/*}/score", "/assessment/v1/rounds/3/score", "rounds/3"},
		{"nested field", "/risk/v1/{risk_point.name=riskPoints/*}:update", "/risk/v1/riskPoints/3:update", "riskPoints/3"},
		{"bare field", "/x/{id}", "/x/%E6%B8%85", "清"},
		{"two fields", "/x/{a}/y/{b=c/*}", "/x/1/y/c/2", "1,c/2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			template, err := ParseTemplate(test.template)
			if err != nil {
				t.Fatal(err)
			}
			values, ok := template.Match(Split(test.path))
			if got := strings.Join(values, ","); ok != (test.want != "-") || ok && got != test.want {
				t.Errorf("match of %s: %q, %t; want %q", test.path, got, ok, test.want)
			}
		})
	}
}

func TestTemplateRefusesWhatTheSuiteDoesNotUse(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "tips", "/", "/a//b", "/{name=tips/**}", "/**", "/{name", "/{=tips/*}", "/{name=}", "/a/{name}x", "/a:",
		"/{name=tips/*}/", "/{a{b}}", "/a:b{c}", "/a%20b", "/a?b", "/a/..", "/ ",
	} {
		if _, err := ParseTemplate(text); err == nil {
			t.Errorf("template %q was taken", text)
		}
	}
}

func TestBuildRefusesValuesThatDoNotFit(t *testing.T) {
	t.Parallel()
	template, err := ParseTemplate("/network/v1/{name=tips/*}")
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{"", "tips", "tips/", "tips/.", "tips/..", "units/1", "tips/1/2", "/tips/1"} {
		if path, err := template.Build(func(string) string { return value }); err == nil {
			t.Errorf("value %q made %s", value, path)
		}
	}
}

func FuzzBuiltPathsMatchTheirTemplate(f *testing.F) {
	f.Add("/network/v1/{name=tips/*}:return", "tips/1")
	f.Add("/network/v1/{name=tips/*}", "tips/a:b%2F?#清 +")
	f.Add("/x/{a}/y/{b=c/*}", "c/1")
	f.Fuzz(func(t *testing.T, text, value string) {
		template, err := ParseTemplate(text)
		if err != nil {
			return
		}
		path, err := template.Build(func(string) string { return value })
		if err != nil {
			return
		}
		parsed, err := url.ParseRequestURI(path)
		if err != nil {
			t.Fatal(err)
		}
		values, ok := template.Match(Split(parsed.EscapedPath()))
		if !ok {
			t.Fatalf("template %q with %q built %q, which doesn't match", text, value, path)
		}
		for _, got := range values {
			if got != value {
				t.Errorf("template %q: %q came back as %q", text, value, got)
			}
		}
	})
}
