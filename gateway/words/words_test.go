package words

import (
	"regexp"
	"slices"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
)

var placeholder = regexp.MustCompile(`\{[\w.]+\}`)

func placeholders(text string) []string {
	found := placeholder.FindAllString(text, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

func TestEverySentenceHasBothLanguages(t *testing.T) {
	t.Parallel()
	for key, s := range catalogue {
		assert.True(t, slices.ContainsFunc([]rune(s.Zh), func(r rune) bool { return unicode.Is(unicode.Han, r) }) ||
			key == "string.uuid" || !slices.ContainsFunc([]rune(placeholder.ReplaceAllString(s.En, "")), unicode.IsLetter), key)
		assert.NotEmpty(t, s.En, key)
		assert.False(t, slices.ContainsFunc([]rune(s.En), func(r rune) bool { return unicode.Is(unicode.Han, r) }), key)
		assert.Equal(t, placeholders(s.Zh), placeholders(s.En), key)
	}
}

// A count that may be one stands before no plural, and a list that may hold one thing before no verb.
func TestSentencesHoldForOneAndForMany(t *testing.T) {
	t.Parallel()
	plural := regexp.MustCompile(`\{(count|days)\} (?:[a-z]+ )?[a-z]+s\b|s\.title\} (?:are|were|have)\b`)
	for key, s := range catalogue {
		if key != "inbox.officer_excess" && key != "day_span" { // always of more than one
			assert.NotRegexp(t, plural, s.En, key)
		}
	}
}

func TestPickFollowsAcceptLanguage(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]Lang{
		"": Chinese, "zh-CN": Chinese, "zh": Chinese, "zh-TW": Chinese, "fr": Chinese, "*": Chinese, "garbage;;q=x": Chinese,
		"\x00": Chinese, "en;q=nope": Chinese, "en": English, "en-GB": English, "EN-us,en;q=0.9": English,
		"fr, en;q=0.5": English,
		"zh, en;q=0.5": Chinese, "zh;q=0.1, en;q=0.9": English, "en;q=0": Chinese,
	} {
		assert.Equal(t, want, ParseLang(header), header)
	}
}

func TestSayFillsPlaceholders(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "units/1 does not exist, or you may not see it.", NotFound("units/1").In(English))
	assert.Equal(t, "找不到 {lang}，或者您无权查看。",
		Sentence{Key: "NOT_FOUND", Args: []string{"name", "{lang}", "lang", "x"}}.In(Chinese), "values are not filled in again")
	assert.Equal(t, "fallback", Sentence{Key: "NO_SUCH_KEY", Fallback: "fallback"}.In(Chinese))
	assert.Equal(t, "NO_SUCH_KEY", Sentence{Key: "NO_SUCH_KEY"}.In(Chinese))
	assert.NotPanics(t, func() { Sentence{Key: "NOT_FOUND", Args: []string{"odd"}}.In(Chinese) })
}

func TestIdentifiersAreTranslated(t *testing.T) {
	t.Parallel()
	wrong := WrongState("TIP_STATE_ACCEPTED", "accept", "close, refer, some_act", "–")
	assert.Equal(t, "“已受理”状态下不能进行“受理”。您可以：办结、转办、some_act；其他有权办理者可以：无。", wrong.In(Chinese))
	assert.Equal(t, `In the state "accepted" nobody can accept. You may: close, pass on, some_act; whoever it falls to may: nothing.`, wrong.In(English))
	role := IssuerRole(Title{ID: "yellow", Zh: "黄色", En: "yellow warning"}, Untitled("clerk"))
	assert.Contains(t, role.In(Chinese), "“黄色”")
	assert.Contains(t, role.In(English), `"yellow warning"`)
	assert.Contains(t, NotFound("TIP_STATE_CLOSED").In(Chinese), "TIP_STATE_CLOSED", "only where an identifier belongs")
}

func TestTitlesThatAreNotAtHandAreFilledIn(t *testing.T) {
	t.Parallel()
	find := func(id string) Title {
		if id == "units/3" {
			return Untitled(id)
		}
		return Title{ID: id, Zh: "甲" + id[6:], En: "A" + id[6:]}
	}
	says := OrphanedUnits(Title{ID: "units/0", Zh: "市", En: "City"}, Untitled("units/1", "units/3"))
	filled := says.WithTitles(find)
	assert.Equal(t, "市的下列下级单位尚未确定划转去向：甲1、units/3。", filled.In(Chinese))
	assert.Equal(t, "These units below City would be left with none above them: A1, units/3.", filled.In(English))
	assert.Equal(t, "units/1, units/3", filled.Args[slices.Index(filled.Args, "units")+1], "the names stay")
	assert.Equal(t, "市的下列下级单位尚未确定划转去向：units/1, units/3。", says.In(Chinese), "what nobody filled in is said by its name")
	assert.Equal(t, NotFound("units/1"), NotFound("units/1").WithTitles(find), "what has no title stays")
}

func TestQuotesWithinQuotesAreTheInnerOnes(t *testing.T) {
	t.Parallel()
	says := InboxOpennessAsked("2026-12-31", Title{ID: "a", Zh: "“三公”经费", En: `The "three" costs`})
	assert.Equal(t, "请于 2026-12-31 前办理“‘三公’经费”。", says.In(Chinese))
	assert.Equal(t, `"The 'three' costs" is to be open by 2026-12-31.`, says.In(English))
	assert.Equal(t, "问题“私设‘小金库’”", Quoted("a", "问题", "deficiency", Named("a", "私设“小金库”")).Zh)
	assert.Contains(t, InboxCampaignClosed("units/1", "甲", "“回头看”完成").In(Chinese), "：“回头看”完成", "elsewhere they stay")
}

func TestAFaultyCatalogueKeepsTheProgramFromStarting(t *testing.T) {
	t.Parallel()
	assert.Panics(t, func() { mustLoad([]byte("a: [")) })
}

func FuzzPick(f *testing.F) {
	for _, seed := range []string{"", "zh-CN,zh;q=0.9,en;q=0.8", "en", "*;q=0.1", "x-y-z-\xff", "en-u-ca-buddhist"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if lang := ParseLang(header); lang != Chinese && lang != English {
			t.Errorf("Pick(%q) = %q", header, lang)
		}
	})
}
