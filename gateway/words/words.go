// Package words holds every sentence an API error or a message to a unit can say, in the languages of the suite: those of the
// services and those of the gateway. Code names
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

// ParseLang returns the language that best fits an Accept-Language header; Chinese where it is empty or malformed.
func ParseLang(acceptLanguage string) Lang {
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(tags) == 0 {
		return Chinese
	}
	if _, index, confidence := matcher.Match(tags...); index == 1 && confidence > language.No {
		return English
	}
	return Chinese
}

// Keys returns the keys that begin with a prefix, sorted.
func Keys(prefix string) []string {
	var keys []string
	for key := range catalogue {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// Sentence returns the sentence of a key with args, pairs of placeholder and value, filled in. An unknown key returns fallback.
// Identifiers among the values are said in words: by the catalogue, or by a pair of the language, "title_en" after "title".
func Sentence(lang Lang, key, fallback string, args ...string) string {
	s, ok := catalogue[key]
	if !ok {
		return fallback
	}
	said := map[string]string{}
	for i := 0; i+1 < len(args); i += 2 {
		said[args[i]] = translate(lang, args[i], args[i+1])
		if base, own := strings.CutSuffix(args[i], lang.argSuffix()); own {
			said[base] = args[i+1]
		}
	}
	pairs := make([]string, 0, 2*len(said))
	for name, value := range said {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(s.in(lang))
}

// argSuffix ends the name of an arg whose value is said in this language alone.
func (lang Lang) argSuffix() string {
	if lang == English {
		return "_en"
	}
	return "_zh"
}

func (s sentence) in(lang Lang) string {
	if lang == English {
		return s.En
	}
	return s.Zh
}

// termPrefixes are the placeholders for identifiers that have a word in the catalogue: {level} is said by "level.LEVEL_COUNTY".
var termPrefixes = map[string]string{
	"state": "state.", "act": "act.", "allowed": "act.", "level": "level.", "type": "type.", "permission": "permission.",
}

// translate is the word for a value, or for each of several; the value itself where there is none.
func translate(lang Lang, name, value string) string {
	kind, ok := termPrefixes[name]
	if !ok {
		return value
	}
	ids := strings.Split(value, ", ")
	for i, id := range ids {
		if word, ok := catalogue[kind+id]; ok {
			ids[i] = word.in(lang)
		}
	}
	if lang == English {
		return strings.Join(ids, ", ")
	}
	return strings.Join(ids, "、")
}
