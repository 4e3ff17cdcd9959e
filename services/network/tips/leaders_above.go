package tips

import (
	"context"
	"slices"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// unitsNamed are the units above the one concerned, on either line, of which a position names a leader.
func (r *router) unitsNamed(ctx context.Context, about concernedUnit, position string) (named []string, err error) {
	if position == "" {
		return nil, nil
	}
	above, err := access.AboveOnAnyLine(ctx, r.tree.Unit, about.living())
	if err != nil {
		return nil, err
	}
	if about.successor != nil {
		above = append(above, about.successor.GetName())
	}
	line := []called{about.called()}
	for _, name := range above {
		unit, err := r.tree.Unit(ctx, name)
		if fault.IsNotFound(err) {
			continue // it is to come
		}
		if err != nil {
			return nil, err
		}
		also, err := r.alsoCalled(ctx, unit)
		if err != nil {
			return nil, err
		}
		line = append(line, calledOf(unit, also...))
	}
	for _, unit := range line[1:] {
		if namesLeaderOf(unit, line, position) {
			named = append(named, unit.GetName())
		}
	}
	return named, nil
}

// alsoCalled is what the scheme says people call a unit besides its title.
func (r *router) alsoCalled(ctx context.Context, unit *networkv1.Unit) ([]string, error) {
	scheme, err := r.tree.Scheme(ctx, unit.GetName())
	return schemeNames(scheme, unit), err
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
