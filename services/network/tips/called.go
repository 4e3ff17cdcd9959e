package tips

import (
	"slices"
	"strings"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/normalform"
)

// called is a unit with what people call it.
type called struct {
	*networkv1.Unit

	// whole names of the unit: its title and what the scheme says besides, letters only.
	whole []string
	// names are these and the ends of the title, such as "街道" of "霍里街道".
	names []string
}

// calledOf is a unit with its names: its title and others.
func calledOf(unit *networkv1.Unit, also ...string) called {
	u := called{Unit: unit}
	for i, name := range append([]string{unit.GetTitle()}, also...) {
		name = lettersOf(normalform.Of(name))
		u.whole, u.names = append(u.whole, name), append(u.names, name, once(name))
		if i > 0 {
			continue
		}
		for at := range name {
			u.names = append(u.names, name[at:], once(name[at:]))
		}
		if strings.HasSuffix(name, "街道") {
			u.names = append(u.names, "街办")
		}
	}
	return u
}

// schemeNames are what a scheme says people call the unit that it holds for.
func schemeNames(scheme *networkv1.Scheme, unit *networkv1.Unit) []string {
	if scheme.GetUnit() != unit.GetName() {
		return nil
	}
	return scheme.GetAlsoCalled()
}

// posts are the posts of the unit's leaders, in all their forms.
func (u called) posts() (posts []string) {
	for _, leader := range []string{u.GetFirstResponsible(), u.GetLeaderInCharge()} {
		posts = append(posts, postsIn(leader, u.whole)...)
	}
	if len(posts) == 0 {
		return slices.Clone(headsOfDiscipline)
	}
	return distinct(posts)
}

// headsOfDiscipline are the posts that lead a unit of which none is recorded: the heads of bodies for discipline.
var headsOfDiscipline = []string{"纪委书记", "纪工委书记", "纪检组组长", "纪检组长", "监委主任"}

// nameBefore is the length of the unit's longest name that a text ends with; 0 where it ends with none, or with that in a word
// such as "社区", which is no district.
func (u called) nameBefore(text string) (length int) {
	for _, name := range u.names {
		if strings.HasSuffix(text, name) {
			length = max(length, len(name))
		}
	}
	for _, other := range []string{"社区", "小区", "园区", "校区", "城镇", "超市", "夜市", "菜市", "驾校", "党校", "技校", "职校", "军校", "邮局"} {
		if length < len(other) && strings.HasSuffix(text, other) {
			return 0
		}
	}
	return length
}
