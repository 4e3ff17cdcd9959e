package deficiencies

import (
	"context"
	"slices"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// involved are the units that a deficiency has to do with, as the tree is today.
type involved struct {
	// about is the unit of the position that answers for it, where that is below the unit at which it was found; else that
	// unit.
	about *networkv1.Unit
	// finder is the unit that found it or, where that does not stand above, the one that does: nobody warns themselves. The
	// root does what there is to do about itself.
	finder *networkv1.Unit
	// above is the unit above the finder; nil at the root.
	above *networkv1.Unit
}

// at is the unit that has the finding by a rule.
func (p *involved) at(rule *warningv1.DeficiencyRule) *networkv1.Unit {
	if rule.GetUnitAbove() && p.above != nil {
		return p.above
	}
	return p.finder
}

// involvedIn looks up the units that a deficiency has to do with. NOT_FOUND where the tree has no such units, nor any that act
// for them.
func (f *follower) involvedIn(ctx context.Context, d *riskv1.Deficiency) (p *involved, err error) {
	p = &involved{}
	if p.about, err = f.acting(ctx, d.GetUnit()); err != nil {
		return nil, err
	}
	if d.GetOwnerUnit() != "" {
		owner, err := f.acting(ctx, d.GetOwnerUnit())
		if err != nil && !fault.IsNotFound(err) {
			return nil, err
		}
		if isAbove(p.about, owner) {
			p.about = owner
		}
	}
	if p.finder, err = f.acting(ctx, d.GetFoundBy()); err != nil && !fault.IsNotFound(err) {
		return nil, err
	}
	if !isAbove(p.finder, p.about) {
		if p.finder, err = f.parent(ctx, p.about); err != nil {
			return nil, err
		}
		if p.finder == nil {
			p.finder = p.about
		}
	}
	p.above, err = f.parent(ctx, p.finder)
	return p, err
}

// isAbove tells whether a unit stands above another one.
func isAbove(unit, other *networkv1.Unit) bool {
	return slices.Contains(other.GetAncestors(), unit.GetName())
}

// parent is the unit above another one; nil above the root.
func (f *follower) parent(ctx context.Context, unit *networkv1.Unit) (*networkv1.Unit, error) {
	ancestors := unit.GetAncestors()
	if len(ancestors) == 0 {
		return nil, nil //nolint:nilnil // nobody is above the root
	}
	return f.directory.Unit(ctx, ancestors[len(ancestors)-1])
}

// acting is a unit, or the one that acts for it since it has ended.
func (f *follower) acting(ctx context.Context, name string) (*networkv1.Unit, error) {
	unit, err := access.UnitEver(ctx, f.directory, name)
	if err == nil && unit.GetEndedOn() != "" {
		return f.directory.Unit(ctx, unit.GetSuccessor())
	}
	return unit, err
}
