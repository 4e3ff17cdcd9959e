package tips

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/qingfeng-suite/qingfeng/services/internal/normalform"
)

// namesLeaderOf tells whether a text names the post of one of a unit's leaders, or calls somebody its head, and says whose it is
// by a name of the unit before: a bare post is one of the unit concerned. Those of the line, the unit concerned first, may be
// meant instead. A text that equals what is recorded names it as well, where that tells the kind of body.
func namesLeaderOf(unit called, line []called, text string) bool {
	if len(line) > 0 && equalsRecorded(unit, line[0], text) {
		return true
	}
	posts := append(unit.posts(), headsOfNamed...)
	for _, text := range runningTexts(text) {
		for _, post := range posts {
			for at := range text {
				if strings.HasPrefix(text[at:], post) && !isGroup(text[at:]) && isPostOf(unit, line, text, at, post) {
					return true
				}
			}
		}
	}
	return false
}

// headsOfNamed are the heads of a unit that is named before: "领导" and "负责人" alone may be anybody's.
var headsOfNamed = append([]string{"领导", "负责人"}, heads...)

// isGroup tells whether a text that begins with a head goes on as the name of an office, as "领导小组" does.
func isGroup(text string) bool { return strings.HasPrefix(text, "领导小组") }

// runningTexts are the forms of a text in which a name may stand far before a post: its letters alone, since signs and blanks do
// not matter, also without what stands in brackets or with that in front, and with a mark for its signs.
func runningTexts(text string) (all []string) {
	form := normalform.Of(text)
	letters, outside := lettersOf(form), lettersOf(withoutBrackets(form))
	marked := strings.Join(strings.FieldsFunc(form, isSign), "、")
	for _, text := range []string{letters, outside, lettersOf(inBrackets(form)) + outside, marked} {
		all = append(all, spelled(text)...)
	}
	return distinct(all)
}

// inBrackets is what of a text stands in brackets.
func inBrackets(text string) string {
	depth := 0
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Ps, r):
			depth++
		case unicode.Is(unicode.Pe, r):
			depth = max(depth-1, 0)
		case depth > 0:
			return r
		}
		return -1
	}, text)
}

// isPostOf tells whether a post that stands in a text is one of a unit: a name of the unit ends before it, or within it as in
// "镇长", and neither an office nor another unit of the line comes between.
func isPostOf(unit called, line []called, text string, at int, post string) bool {
	for end := range text[:at+len(post)] {
		name := unit.nameBefore(text[:end])
		if name == 0 || end-name > at || isNamedRather(unit, line, text, end, name) {
			continue
		}
		if end > at {
			if end-name < at || !isDeputys(post, text[:at]) {
				return true
			}
			continue
		}
		if isMeantAfter(text[end:at], post) && !comesBetween(unit, line, text, end, at, post) {
			return true
		}
	}
	return false
}

// isNamedRather tells whether a name of a unit that ends in a text is part of a longer name of another unit of the line, as "市"
// of "新市村", or as well one of the unit concerned.
func isNamedRather(unit called, line []called, text string, end, name int) bool {
	for i, other := range line {
		if other.GetName() == unit.GetName() {
			continue
		}
		if i == 0 && other.nameBefore(text[:end]) == name {
			return true
		}
		for last := end; last <= len(text); last++ {
			if length := other.nameBefore(text[:last]); length > name && last-length <= end-name {
				return true
			}
		}
	}
	return false
}

// comesBetween tells whether another unit of the line is named between a unit's name and a post: by two characters at least, or
// by one right before the post, so that "市" in "市场监管所" is no city.
func comesBetween(unit called, line []called, text string, from, at int, post string) bool {
	for end := range text[:at+len(post)] {
		if end <= from {
			continue
		}
		for _, other := range line {
			name := other.nameBefore(text[from:end])
			if other.GetName() == unit.GetName() || name == 0 || end-name > at || name <= unit.nameBefore(text[from:end]) {
				continue
			}
			if utf8.RuneCountInString(text[end-name:end]) > 1 || end > at || isOfItsBodies(text[end:at]) {
				return true
			}
		}
	}
	return false
}

// isMeantAfter tells whether a post that stands after a unit's name is the unit's, by what stands between: what belongs to a body
// of its kind, as "党委" of a town, or another post, but no office.
func isMeantAfter(between, post string) bool {
	last, _ := utf8.DecodeLastRuneInString(between)
	first, _ := utf8.DecodeRuneInString(post)
	count := utf8.RuneCountInString(post)
	switch {
	case isOfItsBodies(between):
		return true
	case slices.Contains(headsOfNamed, post):
		return strings.ContainsRune("记长任员席、", last)
	case isDeputys(post, between), last == '纪' && count < fullPost, endsOffice(last):
		return strings.HasSuffix(between, "常委")
	default:
		return count >= fullPost || count == 2 || !endsOffice(first)
	}
}

// isDeputys tells whether a post with a text before it is a deputy's, or "工委书记" in "纪工委书记".
func isDeputys(post, before string) bool {
	return strings.HasSuffix(before, "副") || strings.HasSuffix(before, "纪") && strings.HasPrefix(post, "工")
}

var bodies = regexp.MustCompile(`^(人民政府|政府|党工委|工委|党委|党组|党政|办事处|机关|领导|班子|委|办|、)*$`)

// isOfItsBodies tells whether a text says no more than which body of a unit is meant, as "党委" or "办事处" does.
func isOfItsBodies(text string) bool { return bodies.MatchString(text) }

// kindsOfBodies are characters by which a post says what kind of body it is of.
const kindsOfBodies = "省市区县旗乡镇街校局院"

// equalsRecorded tells whether a text is what is recorded of a unit's leader and tells the kind of body, other than the unit
// concerned.
func equalsRecorded(unit, about called, text string) bool {
	form := lettersOf(normalform.Of(text))
	if utf8.RuneCountInString(form) < fullPost || !strings.ContainsAny(form, kindsOfBodies) ||
		slices.ContainsFunc(about.names, func(name string) bool { return strings.HasPrefix(form, name) }) {
		return false
	}
	for _, leader := range []string{unit.GetFirstResponsible(), unit.GetLeaderInCharge()} {
		leader = normalform.Of(leader)
		for _, post := range append(strings.FieldsFunc(leader, isBetweenPosts), leader) {
			if lettersOf(post) == form {
				return true
			}
		}
	}
	return false
}
