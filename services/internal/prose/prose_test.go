package prose_test

import (
	"slices"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/fieldbehavior"
	"github.com/qingfeng-suite/qingfeng/services/internal/prose"
)

func TestWhatIsInvisibleAndHarmlessIsLeftOut(t *testing.T) {
	t.Parallel()
	for typed, kept := range map[string]string{
		"  张三\u3000\n": "张三", "\ufeff张三": "张三", "惠\u00ad民": "惠民", "甲\u200f乙\u200e": "甲乙", "a\u200bb\u2060c": "abc",
		"一家\U0001f468\u200d\U0001f469\u200d\U0001f467": "一家\U0001f468\u200d\U0001f469\u200d\U0001f467",
		"第一行\r\n\t第二行":                                 "第一行\r\n\t第二行", "": "", " \u200b ": "",
		"\u3164": "", "甲\uffa0\u2800乙": "甲乙",
	} {
		assert.Equal(t, kept, prose.Clean(typed), "%q", typed)
	}
}

func TestWhatIsHarmfulIsRefusedByName(t *testing.T) {
	t.Parallel()
	for r, name := range map[rune]string{
		0: "U+0000", '\v': "U+000B", 0x1b: "U+001B", 0x7f: "U+007F", 0x80: "U+0080", 0x85: "U+0085", 0x9b: "U+009B",
		0x202e: "U+202E", 0x2066: "U+2066", 0x2028: "U+2028", 0xfff9: "U+FFF9", 0xe0041: "U+E0041",
		0xfdd0: "U+FDD0", 0xfdef: "U+FDEF", 0xfffe: "U+FFFE", 0xffff: "U+FFFF", 0x1fffe: "U+1FFFE", 0xe000: "U+E000", 0xf8ff: "U+F8FF", 0xf0000: "U+F0000", 0x10ffff: "U+10FFFF",
	} {
		assert.True(t, prose.Harmful(r), name)
		request := &networkv1.ReturnTipRequest{Name: "tips/340503-1", Criteria: []string{"factual"}, Reason: "甲" + string(r) + "乙"}
		var f *fault.Fault
		require.ErrorAs(t, fieldbehavior.Check(request), &f, name)
		require.Len(t, f.Fields, 1, name)
		assert.Equal(t, "reason", f.Fields[0].Path)
		assert.Equal(t, "string.character", f.Fields[0].Key)
		assert.Contains(t, f.Fields[0].In("en"), name)
	}
	answer := &networkv1.AnswerInquiryRequest{Name: "inquiries/340503-1", Texts: []string{" 一 ", "\u202e", "\u200b"}}
	var f *fault.Fault
	require.ErrorAs(t, fieldbehavior.Check(answer), &f)
	assert.Equal(t, "texts[1]", f.Fields[len(f.Fields)-1].Path)
	assert.Equal(t, []string{"一", "\u202e", ""}, answer.GetTexts(), "each text of a list is cleaned")
}

// TestRuleAndNameAgree holds the rule of the proto against the function that names what it refuses, for every character.
func TestRuleAndNameAgree(t *testing.T) {
	t.Parallel()
	refused := func(text string) bool {
		return fieldbehavior.Check(&networkv1.ReturnTipRequest{
			Name: "tips/340503-1", Criteria: []string{"factual"}, Reason: "字" + text + "字",
		}) != nil
	}
	var welcome []rune
	for r := range rune(unicode.MaxRune + 1) {
		switch {
		case !utf8.ValidRune(r):
		case prose.Harmful(r) && prose.Clean("a"+string(r)+"b") != "ab":
			assert.True(t, refused(string(r)), "%U", r)
		default:
			welcome = append(welcome, r)
		}
	}
	for some := range slices.Chunk(welcome, 900) {
		assert.False(t, refused(string(some)), "%U to %U", some[0], some[len(some)-1])
	}
}
