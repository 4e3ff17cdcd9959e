package analyses

import (
	"context"
	"slices"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// places tell for which unit tips about another one count: the nearest at one of the levels, itself or above it; where there is
// none, the unit itself. None is left out.
type places struct {
	directory access.Directory
	levels    []typev1.Level
	at        map[string]string
	levelled  map[string]bool     // units at one of the levels
	above     map[string][]string // what lies above each of these, up to the unit that analyses
	titles    map[string]string
	// Whether something lies below on the system line.
	alongSystemLine bool
}

// listSize is how many units are asked for at once, the most that network gives.
const listSize = 1000

// placesBelow are the places of the units that lie below another on either line.
func (s *Server) placesBelow(ctx context.Context, analysing *networkv1.Unit, levels []typev1.Level) (*places, error) {
	p := &places{directory: s.directory, levels: levels, at: map[string]string{}, levelled: map[string]bool{}}
	p.above, p.titles = map[string][]string{}, map[string]string{}
	system, err := s.directory.SystemBelow(ctx, analysing.GetName())
	if err != nil {
		return nil, err
	}
	p.alongSystemLine = len(system) > 0
	for _, top := range append([]*networkv1.Unit{analysing}, system...) {
		if _, known := p.at[top.GetName()]; known {
			continue
		}
		if err := s.placeSubtree(ctx, p, top.GetName(), analysing.GetName()); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// placeSubtree adds the units of a subtree. Listing it takes a call for a thousand units, where looking up the units that tips
// are about would take a call each.
func (s *Server) placeSubtree(ctx context.Context, p *places, top, analysing string) error {
	req := &networkv1.ListUnitsRequest{Unit: top, PageSize: listSize}
	for {
		resp, err := s.units.ListUnits(ctx, req)
		if err != nil {
			return err
		}
		for _, u := range resp.GetUnits() {
			p.add(u)
			p.describe(u, analysing)
		}
		if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
			return nil
		}
	}
}

// add places a unit. Units come in tree order, those above before those below, so that a whole country need not be held at once.
func (p *places) add(u *networkv1.Unit) {
	name := u.GetName()
	if slices.Contains(p.levels, u.GetLevel()) {
		p.at[name], p.levelled[name] = name, true
		return
	}
	p.at[name] = p.nearest(u, name)
}

// describe keeps what findings say of a unit. What lies below on the system line alone is below the unit that analyses.
func (p *places) describe(u *networkv1.Unit, analysing string) {
	name := u.GetName()
	p.titles[name] = u.GetTitle()
	if !p.levelled[name] || name == analysing {
		return
	}
	if from := slices.Index(u.GetAncestors(), analysing); from >= 0 {
		p.above[name] = u.GetAncestors()[from:]
	} else {
		p.above[name] = []string{analysing}
	}
}

// nearest is the place of the nearest unit above another that is at one of the levels; or else where there is none.
func (p *places) nearest(u *networkv1.Unit, or string) string {
	for _, above := range slices.Backward(u.GetAncestors()) {
		if at := p.at[above]; p.levelled[at] {
			return at
		}
	}
	return or
}

// of is the place of a unit, which may have ended: then it counts as what acts for it does.
func (p *places) of(ctx context.Context, name string) (string, error) {
	if at, known := p.at[name]; known {
		return at, nil
	}
	ended, err := p.directory.Ended(ctx, name)
	switch {
	case fault.IsNotFound(err): // it lies elsewhere
		p.at[name] = name
	case err != nil:
		return "", err
	default:
		p.at[name] = p.nearest(ended, ended.GetAncestors()[len(ended.GetAncestors())-1])
	}
	return p.at[name], nil
}

// findable are the units at one of the levels that something may be found about, in order.
func (p *places) findable(mayBeFound func(unit string) bool) []string {
	units := make([]string, 0, len(p.levelled))
	for unit := range p.levelled {
		if mayBeFound(unit) {
			units = append(units, unit)
		}
	}
	slices.Sort(units)
	return units
}

// Place is the unit for which an analysis of another, by a scheme, counts the tips about one, which may have ended.
func Place(ctx context.Context, d access.Directory, analysing, name string, scheme *warningv1.Scheme) (string, error) {
	unit, err := d.Unit(ctx, name)
	switch {
	case fault.IsNotFound(err): // then what acts for it counts
		if unit, err = d.Ended(ctx, name); err != nil {
			return "", err
		}
		name = unit.GetAncestors()[len(unit.GetAncestors())-1]
	case err != nil:
		return "", err
	case slices.Contains(scheme.GetFindingLevels(), unit.GetLevel()):
		return name, nil
	}
	within, err := aboveWithin(ctx, d, analysing, unit)
	if err != nil {
		return "", err
	}
	for _, above := range slices.Backward(within) {
		at, err := d.Unit(ctx, above)
		switch {
		case fault.IsNotFound(err): // it has ended as well
		case err != nil:
			return "", err
		case slices.Contains(scheme.GetFindingLevels(), at.GetLevel()):
			return above, nil
		}
	}
	return name, nil
}

// aboveWithin are the units above one that an analysis of another covers: from that on or, on the system line, from the topmost
// there.
func aboveWithin(ctx context.Context, d access.Directory, analysing string, unit *networkv1.Unit) ([]string, error) {
	ancestors := unit.GetAncestors()
	if from := slices.Index(ancestors, analysing); from >= 0 {
		return ancestors[from:], nil
	}
	system, err := d.SystemBelow(ctx, analysing)
	if err != nil {
		return nil, err
	}
	from := slices.IndexFunc(ancestors, func(above string) bool {
		return slices.ContainsFunc(system, func(top *networkv1.Unit) bool { return top.GetName() == above })
	})
	if from < 0 {
		return nil, nil
	}
	return ancestors[from:], nil
}
