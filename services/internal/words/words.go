// Package words gives the services the sentences of the suite, which they share with the gateway (gateway/words): every
// sentence an API error or a message to a unit can say, in the languages of the suite.
package words

import "github.com/qingfeng-suite/qingfeng/gateway/words"

// Lang is a language of the suite: "zh-CN" or "en".
type Lang = words.Lang

// The languages of the suite; Chinese is the default.
const (
	Chinese = words.Chinese
	English = words.English
)

// ParseLang returns the language that best fits an Accept-Language header; Chinese where it is empty or malformed.
func ParseLang(acceptLanguage string) Lang { return words.ParseLang(acceptLanguage) }

// Keys returns the keys that begin with a prefix, sorted.
func Keys(prefix string) []string { return words.Keys(prefix) }

// Sentence returns the sentence of a key with args, pairs of placeholder and value, filled in. An unknown key returns fallback.
func Sentence(lang Lang, key, fallback string, args ...string) string {
	return words.Sentence(lang, key, fallback, args...)
}
