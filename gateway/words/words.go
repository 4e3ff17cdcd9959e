// Package words holds every sentence an API error or a message to a unit can say, in the languages of the suite: those of the
// services and those of the gateway. The texts stand in words.yaml; code has a function of each, with a parameter for each
// {placeholder}.
package words

import (
	"cmp"
	"context"
	_ "embed"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
	"google.golang.org/grpc/metadata"
)

//go:embed words.yaml
var source []byte

// text is a sentence or a word as the catalogue has it.
type text struct {
	Zh string `yaml:"zh"`
	En string `yaml:"en"`
}

var catalogue = mustLoad(source)

func mustLoad(data []byte) map[string]text {
	var c map[string]text
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

// CallerLang is the language that the caller of an RPC asks for in accept-language; Chinese where it asks for none.
func CallerLang(ctx context.Context) Lang {
	if values := metadata.ValueFromIncomingContext(ctx, "accept-language"); len(values) > 0 {
		return ParseLang(values[0])
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

// Sentence is what an error or a message says.
type Sentence struct {
	// Key of the text in the catalogue; of an error it is the reason, of a message the kind.
	Key string `json:"key"`
	// Args fill the text: pairs of placeholder and value, a Title having one for each language as well.
	Args []string `json:"args,omitempty"`
	// Fallback is said where the catalogue lacks the key; the key itself where it is empty.
	Fallback string `json:"-"`
}

// In is the sentence in a language. Identifiers among its args are said in words.
func (s Sentence) In(lang Lang) string {
	found, ok := catalogue[s.Key]
	if !ok {
		return cmp.Or(s.Fallback, s.Key)
	}
	said := map[string]string{}
	for i := 0; i+1 < len(s.Args); i += 2 {
		name, value := s.Args[i], s.Args[i+1]
		said[name] = translate(lang, name, value)
		if titled, own := strings.CutSuffix(name, lang.argSuffix()); own {
			said[titled+".title"] = cmp.Or(value, said[titled])
		}
	}
	pairs := make([]string, 0, pairsOfValue*len(said))
	for name, value := range said {
		place, within := "{"+name+"}", inner.Replace(value)
		pairs = append(pairs, "“"+place+"”", "“"+within+"”", `"`+place+`"`, `"`+within+`"`, place, value)
	}
	return strings.NewReplacer(pairs...).Replace(found.in(lang))
}

// pairsOfValue is how many strings In puts together for each value.
const pairsOfValue = 6

// inner has quotes within quotes be the inner ones.
var inner = strings.NewReplacer("“", "‘", "”", "’", "‘", "“", "’", "”", `"`, "'")

// Title is what a sentence calls by its title, such as a term of a scheme or a unit: the identifier is for programs, the titles
// are said. It may stand for several, whose identifiers are joined by ", ".
type Title struct{ ID, Zh, En string }

// Quoted is what is called by a kind and a title in quotes: 问题“…”.
func Quoted(id, zhKind, enKind string, title Title) Title {
	return Title{ID: id, Zh: zhKind + "“" + inner.Replace(title.Zh) + "”", En: enKind + ` "` + inner.Replace(title.En) + `"`}
}

// Titled is a record as a sentence calls it. Records have one title for both languages.
func Titled(record interface {
	GetName() string
	GetTitle() string
},
) Title {
	return Named(record.GetName(), record.GetTitle())
}

// Named is what has a name and one title for both languages, as a sentence calls it.
func Named(name, title string) Title { return Title{ID: name, Zh: title, En: title} }

// In is the title in a language; what has none is said by its identifier.
func (t Title) In(lang Lang) string {
	if lang == English {
		return cmp.Or(t.En, t.Zh, t.ID)
	}
	return cmp.Or(t.Zh, t.ID)
}

// Untitled are identifiers as a sentence calls them whose titles are not at hand; WithTitles fills in those that can be found,
// and the others are said as they are.
func Untitled(ids ...string) Title { return Title{ID: strings.Join(ids, listEnglish)} }

// List is several as a sentence calls them.
func List(titles ...Title) Title {
	ids, zh, en := make([]string, len(titles)), make([]string, len(titles)), make([]string, len(titles))
	for i, t := range titles {
		ids[i], zh[i], en[i] = t.ID, cmp.Or(t.Zh, t.ID), cmp.Or(t.En, t.Zh, t.ID)
	}
	return Title{ID: strings.Join(ids, listEnglish), Zh: strings.Join(zh, listChinese), En: strings.Join(en, listEnglish)}
}

// Known are the identifiers of a list, as a sentence says which there are; there may be none.
func Known(ids ...string) Title {
	if len(ids) == 0 {
		return Title{ID: "–", Zh: "无", En: "none"}
	}
	all := strings.Join(ids, listEnglish)
	return Title{ID: all, Zh: all, En: all}
}

// What stands between the entries of a list.
const (
	listChinese = "、"
	listEnglish = ", "
)

// WithTitles is the sentence with the titles that were not at hand, as far as they are found.
func (s Sentence) WithTitles(find func(id string) Title) Sentence {
	s.Args = slices.Clone(s.Args)
	for i := 0; i+titleArgs <= len(s.Args); i++ {
		untitled := Title{ID: s.Args[i+1]}
		if !slices.Equal(s.Args[i:i+titleArgs], untitled.args(s.Args[i])) {
			continue
		}
		var found []Title
		for id := range strings.SplitSeq(untitled.ID, listEnglish) {
			found = append(found, find(id))
		}
		copy(s.Args[i:], List(found...).args(s.Args[i]))
	}
	return s
}

// titleArgs is how many args a title takes.
const titleArgs = 6

// args are the pairs of a title for a placeholder.
func (t Title) args(placeholder string) []string {
	return []string{placeholder, t.ID, placeholder + "_zh", t.Zh, placeholder + "_en", t.En}
}

// argSuffix ends the name of an arg whose value is said in this language alone.
func (lang Lang) argSuffix() string {
	if lang == English {
		return "_en"
	}
	return "_zh"
}

func (t text) in(lang Lang) string {
	if lang == English {
		return t.En
	}
	return t.Zh
}

// termPrefixes are the placeholders for identifiers that have a word in the catalogue: {level} is said by "level.LEVEL_COUNTY".
var termPrefixes = map[string]string{
	"state": "state.", "stands": "state.", "act": "act.", "allowed": "act.", "others": "act.", "level": "level.", "type": "type.",
	"permission": "permission.", "problem": "problem.",
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
		return strings.Join(ids, listEnglish)
	}
	return strings.Join(ids, listChinese)
}
