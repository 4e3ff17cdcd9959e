package units

import (
	"context"
	"slices"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// builder is who changes the tree, and by which rules (C2).
type builder struct {
	unit  *networkv1.Unit
	rules []*networkv1.DelegationRule
	// always is set for an administrator, who plants the first units before there is a scheme.
	always bool
}

// verb is something that a rule may let a builder do.
type verb struct {
	name    string
	granted func(*networkv1.DelegationRule) bool
}

var (
	toCreate  = verb{"create", (*networkv1.DelegationRule).GetCreate}
	toChange  = verb{"change", (*networkv1.DelegationRule).GetChange}
	toDisband = verb{"disband", (*networkv1.DelegationRule).GetDisband}
)

func (s *Server) builderOf(ctx context.Context, tx db.DBTX) (*builder, error) {
	caller := access.From(ctx)
	if caller.IsAdministrator() {
		return &builder{always: true}, nil
	}
	today := clock.Today(s.book.Clock)
	unit, err := unitOn(ctx, tx, caller.Unit, today)
	if err != nil {
		return nil, err
	}
	held := &networkv1.Scheme{}
	if err := schemes.Effective(ctx, tx, access.Lineage(unit), today, held); err != nil {
		return nil, err
	}
	return &builder{unit: unit, rules: held.GetDelegations()}, nil
}

// may checks that some rule lets the builder do this with a unit, which is another than its own and within its reach.
func (b *builder) may(do verb, u *networkv1.Unit) error {
	if b.always || u.GetName() != b.unit.GetName() && slices.ContainsFunc(b.rules, func(rule *networkv1.DelegationRule) bool {
		return do.granted(rule) && fits(rule.GetBuilderLevels(), rule.GetBuilderKinds(), b.unit) &&
			fits(rule.GetUnitLevels(), rule.GetUnitKinds(), u)
	}) {
		return nil
	}
	return fault.Precondition("NOT_DELEGATED", "builder", resource.ID(b.unit.GetName()), "unit", resource.ID(u.GetName()), "act", do.name)
}

// fits tells whether a unit is of the levels and kinds; all kinds where none is named.
func fits(levels []typev1.Level, kinds []networkv1.UnitKind, u *networkv1.Unit) bool {
	return slices.Contains(levels, u.GetLevel()) && (len(kinds) == 0 || slices.Contains(kinds, u.GetKind()))
}

// delegated checks that the caller may create these units.
func (s *Server) delegated(ctx context.Context, tx db.DBTX, made []*networkv1.Unit) error {
	b, err := s.builderOf(ctx, tx)
	if err != nil {
		return err
	}
	for _, u := range made {
		if err := b.may(toCreate, u); err != nil {
			return err
		}
	}
	return nil
}
