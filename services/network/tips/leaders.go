package tips

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/normalform"
)

// isAboutLeaders tells whether a tip is about the leaders of the unit concerned: its sender says so, or names the post of one. A
// position stays as it is when a tip comes again; whose post it is may change (ConcealFromLeaders).
func isAboutLeaders(about *networkv1.Unit, content *networkv1.TipContent) bool {
	return content.GetAboutLeaders() || namesLeader(about, content.GetPosition())
}

// namesLeader tells whether a post is that of one of a unit's leaders, however it is written. What begins with a leader's post
// counts as that post: a name may follow it, or another post.
func namesLeader(unit *networkv1.Unit, post string) bool {
	named := postsIn(post, unit.GetTitle())
	for _, leader := range []string{unit.GetFirstResponsible(), unit.GetLeaderInCharge()} {
		for _, form := range postsIn(leader, unit.GetTitle()) {
			if slices.ContainsFunc(named, func(post string) bool { return strings.HasPrefix(post, form) }) {
				return true
			}
		}
	}
	return false
}

// postsIn are the posts that a text names, in the form in which they are compared: without width, case, blanks, breaks and
// punctuation, with and without what stands in brackets, and without the name of the unit, or its end, before the post. To find
// one too many sends a tip past the unit; to miss one shows it to whom it is about.
func postsIn(text, title string) (posts []string) {
	form, unit := normalform.Of(text), lettersOf(normalform.Of(title))
	for _, variant := range []string{form, withoutBrackets(form)} {
		for _, part := range strings.FieldsFunc(variant, isBetweenPosts) {
			if post := withoutUnit(lettersOf(part), unit); post != "" {
				posts = append(posts, post)
			}
		}
	}
	return posts
}

// isBetweenPosts tells whether a character separates one post from the next, as in "书记、主任" or "书记兼主任"; normalform.Of
// writes a full-width comma, semicolon or stroke as the narrow one.
func isBetweenPosts(r rune) bool { return strings.ContainsRune("、,;/|+&兼暨", r) }

// withoutBrackets is a text without what stands in brackets, which says how somebody holds a post, as in "书记(主持)".
func withoutBrackets(text string) string {
	depth := 0
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Ps, r):
			depth++
		case unicode.Is(unicode.Pe, r):
			depth = max(depth-1, 0)
		case depth == 0:
			return r
		}
		return -1
	}, text)
}

// lettersOf is a text without all but its letters and digits.
func lettersOf(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, text)
}

// withoutUnit is a post without what says of which unit it is: all up to the unit's name, that name, and its ends that follow,
// such as "街道" of "霍里街道" in "街道书记". Two characters are left at least: "镇长" is what "新市镇长" and "新市镇镇长" come to.
func withoutUnit(post, unit string) string {
	if i := strings.Index(post, unit); i > 0 {
		post = post[i:]
	}
	for at := range unit {
		end := unit[at:]
		after, found := strings.CutPrefix(post, end)
		last, size := utf8.DecodeLastRuneInString(end)
		switch left := utf8.RuneCountInString(after); {
		case found && left > 1:
			return withoutUnit(after, unit)
		case found && left == 1 && size < len(end):
			return string(last) + after
		}
	}
	return post
}
