package rule

import "testing"

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
