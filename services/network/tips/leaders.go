package tips

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/normalform"
)

// isAboutLeaders tells whether a tip is about the leaders of the unit concerned: its sender says so, or names the post of one. A
// position stays as it is when a tip comes again; whose post it is may change (ConcealFromLeaders).
func isAboutLeaders(about concernedUnit, content *networkv1.TipContent) bool {
	position := content.GetPosition()
	return content.GetAboutLeaders() || position != "" && namesLeader(about.called(), position)
}

// isAboutLeadersOf tells whether a new tip is about the leaders of a unit: the one concerned, or one above that.
func isAboutLeadersOf(unit string, tip *networkv1.Tip) bool {
	content := tip.GetContent()
	return content.GetAboutLeaders() && content.GetUnit() == unit || slices.Contains(tip.GetUnitsNamed(), unit)
}

// namesLeader tells whether a text names the post of one of a unit's leaders, however it is written. To find one too many sends a
// tip past the unit; to miss one shows it to whom it is about.
func namesLeader(unit called, text string) bool {
	texts := spellings(text, unit.whole)
	if slices.ContainsFunc(texts, namesHead) {
		return true
	}
	for _, post := range unit.posts() {
		if slices.ContainsFunc(texts, func(text string) bool { return names(text, post) }) {
			return true
		}
	}
	return namesLeaderOf(unit, nil, text)
}

// heads are what leaders of a unit are called, whichever posts they hold.
var heads = []string{"一把手", "主要领导", "主要负责人", "第一责任人", "党政正职", "分管领导"}

// namesHead tells whether a text means a leader of the unit itself: not of an office, as "财务科一把手" does.
func namesHead(text string) bool {
	return slices.ContainsFunc(heads, func(head string) bool {
		before, _, found := strings.Cut(text, head)
		last, _ := utf8.DecodeLastRuneInString(before)
		return found && (isOfItsBodies(before) || !endsOffice(last))
	})
}

// fullPost is the number of characters from which a post says by itself which office it is of, as "纪委书记" does.
const fullPost = 4

// names tells whether a text holds a post, wherever it stands.
func names(text, post string) bool {
	for at := range text {
		if strings.HasPrefix(text[at:], post) && isMeant(post, text[:at]) {
			return true
		}
	}
	return false
}

// isMeant tells whether a post with a text before it is neither a deputy's nor, a short one, another office's, as "主任" in
// "办公室主任". What a unit's name leaves of an office, as "委书记" of "区委书记", is a post only where nothing stands before it.
func isMeant(post, before string) bool {
	last, _ := utf8.DecodeLastRuneInString(before)
	first, _ := utf8.DecodeRuneInString(post)
	switch count := utf8.RuneCountInString(post); {
	case before == "":
		return true
	case last == '副', last == '纪' && first == '工': // "工委书记" in "纪工委书记"
		return false
	case count >= fullPost:
		return true
	default:
		return !endsOffice(last) && (count == 2 || !endsOffice(first))
	}
}

// endsOffice tells whether names of offices end with a character, such as "办公室" and "纪委".
func endsOffice(r rune) bool {
	return strings.ContainsRune("委办局科处所站部组会室院校队村区厂店社厅司团心园", r)
}

// spellings are the forms of a text in which posts are looked for: all its letters, also without what stands in brackets, and
// what stands between its signs and blanks.
func spellings(text string, unit []string) []string {
	form := normalform.Of(text)
	return forms(append(strings.FieldsFunc(form, isSign), lettersOf(form), lettersOf(withoutBrackets(form))), unit)
}

// postsIn are the posts that the text of a leader names. Blanks, signs and words that also stand within a post, such as "和",
// separate full posts only.
func postsIn(text string, unit []string) []string {
	form := normalform.Of(text)
	bare := withoutBrackets(form)
	parts := append(strings.FieldsFunc(form, isBetweenPosts), strings.FieldsFunc(bare, isBetweenPosts)...)
	for i, part := range parts {
		parts[i] = lettersOf(part)
	}
	for _, part := range strings.FieldsFunc(bare, func(r rune) bool { return isSign(r) || strings.ContainsRune("兼暨和与及", r) }) {
		if utf8.RuneCountInString(part) >= fullPost {
			parts = append(parts, part)
		}
	}
	return slices.DeleteFunc(forms(parts, unit), func(post string) bool { return utf8.RuneCountInString(post) < 2 })
}

// forms are texts with and without the unit's names in front, each as it is and shortened.
func forms(texts, unit []string) (all []string) {
	for _, text := range texts {
		all = append(all, spelled(text)...)
		for _, name := range unit {
			all = append(all, spelled(withoutUnit(text, name))...)
		}
	}
	return distinct(all)
}

// spelled is a text as it is and shortened, each also with a doubled character once: "纪检组组长" is also "纪检组长".
func spelled(text string) (all []string) {
	for _, text := range distinct([]string{text, withPosts(text)}) {
		short := shortened.Replace(text)
		all = append(all, text, short, once(text), once(short))
	}
	return all
}

// Heads of the bodies for discipline, and what comes after: not the name of an office or of a group, as in "纪委领导小组".
var (
	secretary   = regexp.MustCompile(`(纪委监委|纪检监察工委|纪工委|纪检委|纪委)(?:` + headOfBody + `)([^小班干]|$)`)
	groupLeader = regexp.MustCompile(`纪检(?:监察)?组(?:` + headOfBody + `)([^小班干]|$)`)
	supervisor  = regexp.MustCompile(`监委(?:` + headOfBody + `)([^小班干]|$)`)
)

const headOfBody = "一把手|主要领导|主要负责人|第一责任人|正职|领导|负责人"

// withPosts is a text in which whoever heads a body for discipline is called by the post: "镇纪委一把手" is "镇纪委书记".
func withPosts(text string) string {
	text = groupLeader.ReplaceAllString(secretary.ReplaceAllString(text, "${1}书记${2}"), "纪检组组长${1}")
	return supervisor.ReplaceAllString(text, "监委主任${1}")
}

// once is a text with each doubled character once.
func once(text string) string {
	before := rune(-1)
	return strings.Map(func(r rune) rune {
		if r == before {
			return -1
		}
		before = r
		return r
	}, text)
}

func distinct(texts []string) []string {
	slices.Sort(texts)
	return slices.Compact(texts)
}

// shortened leaves out when and how somebody holds a post, as in "办事处原主任", and writes an office by its short name.
var shortened = strings.NewReplacer(
	"代理", "", "代", "", "原任", "", "原", "", "前任", "", "前", "", "时任", "", "现任", "", "曾任", "", "拟任", "", "正副", "",
	"街道办事处", "街办", "街道办", "街办", "党工委", "工委", "纪检监察工委", "纪工委", "纪委监委", "纪委", "纪检书记", "纪委书记", "纪检委", "纪委",
)

// isBetweenPosts tells whether a character separates one post from the next, as in "书记、主任" or "书记兼主任"; normalform.Of
// writes a full-width comma, semicolon or stroke as the narrow one.
func isBetweenPosts(r rune) bool { return strings.ContainsRune("、,;/|+&兼暨", r) }

// isSign tells whether a character is neither a letter nor a digit.
func isSign(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

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
		if isSign(r) {
			return -1
		}
		return r
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
