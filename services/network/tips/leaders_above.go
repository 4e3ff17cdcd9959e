package tips

import (
	"context"
	"slices"
	"strings"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/normalform"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// unitsNamed are the units above the one concerned, on either line, of which a position names a leader. A post of the unit
// concerned itself is none of theirs.
func (r *router) unitsNamed(ctx context.Context, about concernedUnit, position string) (named []string, err error) {
	if position == "" || namesLeader(about.Unit, position) {
		return nil, nil
	}
	above, err := access.AboveOnAnyLine(ctx, r.tree.Unit, about.living())
	if err != nil {
		return nil, err
	}
	if about.successor != nil {
		above = append(above, about.successor.GetName())
	}
	for _, name := range above {
		unit, err := r.tree.Unit(ctx, name)
		if fault.IsNotFound(err) {
			continue // it is to come
		}
		if err != nil {
			return nil, err
		}
		if namesLeaderOf(unit, about.Unit, position) {
			named = append(named, name)
		}
	}
	return named, nil
}

// pastNamed is a unit itself or, where it or one above it is among those named, the nearest above all of these.
func (r *router) pastNamed(
	ctx context.Context, about concernedUnit, unit *networkv1.Unit, named []string,
) (_ *networkv1.Unit, err error) {
	for slices.ContainsFunc(named, func(name string) bool { return slices.Contains(access.PathIDs(unit), resource.ID(name)) }) {
		if unit.GetParent() == "" {
			return nil, r.refuseTopmost(ctx, about, unit)
		}
		if unit, err = access.LookUp(ctx, r.tree, "recipient", unit.GetParent()); err != nil {
			return nil, err
		}
	}
	return unit, nil
}

// namesLeaderOf tells whether a text names the post of one of a unit's leaders and says whose it is, by the unit's name or an
// end of it, as "镇党委书记" does of a town: a bare post is one of the unit concerned.
func namesLeaderOf(unit, about *networkv1.Unit, text string) bool {
	title, form := lettersOf(normalform.Of(unit.GetTitle())), normalform.Of(text)
	ends := endsOf(title, lettersOf(normalform.Of(about.GetTitle())))
	texts := []string{lettersOf(form), lettersOf(withoutBrackets(form))}
	for _, leader := range []string{unit.GetFirstResponsible(), unit.GetLeaderInCharge()} {
		for _, post := range postsIn(leader, title) {
			for _, end := range ends {
				whole := end + strings.TrimPrefix(post, end)
				if slices.ContainsFunc(texts, func(text string) bool {
					return names(text, whole) || names(shortened.Replace(text), whole)
				}) {
					return true
				}
			}
		}
	}
	return false
}

// endsOf are a unit's name and its ends, such as "街道" of "霍里街道", that do not end the name of the unit concerned as well.
func endsOf(title, about string) (ends []string) {
	for at := range title {
		if end := title[at:]; !strings.HasSuffix(about, end) {
			ends = append(ends, end)
		}
	}
	if strings.HasSuffix(title, "街道") {
		ends = append(ends, "街办")
	}
	return ends
}
