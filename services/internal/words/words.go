// Package words holds every sentence an API error or a message to a unit can say, in the languages of the suite. Code names
// a sentence by its key; the text stands in words.yaml, where {placeholders} are filled in.
package words

import (
	_ "embed"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
)

//go:embed words.yaml
var source []byte

type sentence struct {
	Zh string `yaml:"zh"`
	En string `yaml:"en"`
}

var catalogue = mustLoad(source)

func mustLoad(data []byte) map[string]sentence {
	var c map[string]sentence
	if err := yaml.Unmarshal(data, &c); err != nil {
		panic("words.yaml: " + err.Error())
	}
	return c
}

// Lang is a language of the suite: "zh-CN" or "en".
type Lang string

// The languages of the suite; Chinese is the default.
const (
	Chinese Lang = "zh-CN"
	English Lang = "en"
)

var matcher = language.NewMatcher([]language.Tag{language.SimplifiedChinese, language.English})

// Pick returns the language that best fits an Accept-Language header; Chinese where it is empty or malformed.
func Pick(acceptLanguage string) Lang {
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(tags) == 0 {
		return Chinese
	}
	if _, index, confidence := matcher.Match(tags...); index == 1 && confidence > language.No {
		return English
	}
	return Chinese
}

// Under returns the keys that begin with a prefix, sorted.
func Under(prefix string) []string {
	var keys []string
	for key := range catalogue {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// Has tells whether there is a sentence of this key.
func Has(key string) bool {
	_, ok := catalogue[key]
	return ok
}

// Say returns the sentence of a key with args, pairs of placeholder and value, filled in. An unknown key returns fallback.
func Say(lang Lang, key, fallback string, args ...string) string {
	s, ok := catalogue[key]
	if !ok {
		return fallback
	}
	text := s.Zh
	if lang == English {
		text = s.En
	}
	pairs := make([]string, 0, len(args))
	for i := 0; i+1 < len(args); i += 2 {
		pairs = append(pairs, "{"+args[i]+"}", args[i+1])
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
