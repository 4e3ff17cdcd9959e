package units

import (
	"context"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
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
	// administrator is set for an administrator, who plants the first units before there is a scheme.
	administrator bool
}

// treeAction is something that a rule may let a builder do.
type treeAction struct {
	name    string
	granted func(*networkv1.DelegationRule) bool
}

var (
	toCreate  = treeAction{"create", (*networkv1.DelegationRule).GetCreate}
	toChange  = treeAction{"change", (*networkv1.DelegationRule).GetChange}
	toDisband = treeAction{"disband", (*networkv1.DelegationRule).GetDisband}
)

func (s *Server) builderOf(ctx context.Context, tx db.DBTX) (*builder, error) {
	caller := access.PrincipalOf(ctx)
	if caller.IsAdministrator() {
		return &builder{administrator: true}, nil
	}
	today := clock.Today(s.store.Clock)
	unit, err := unitOn(ctx, tx, caller.Unit, today)
	if err != nil {
		return nil, err
	}
	scheme := &networkv1.Scheme{}
	if err := schemes.Effective(ctx, tx, access.PathIDs(unit), today, scheme); err != nil {
		return nil, err
	}
	return &builder{unit: unit, rules: scheme.GetDelegations()}, nil
}

// authorize checks that some rule lets the builder do this with a unit, which is another than its own and within its reach.
func (b *builder) authorize(do treeAction, u *networkv1.Unit) error {
	if b.administrator ||
		u.GetName() != b.unit.GetName() && slices.ContainsFunc(b.rules, func(rule *networkv1.DelegationRule) bool {
			return do.granted(rule) && matchesUnit(rule.GetBuilderLevels(), rule.GetBuilderKinds(), b.unit) &&
				matchesUnit(rule.GetUnitLevels(), rule.GetUnitKinds(), u)
		}) {
		return nil
	}
	return fault.Precondition(words.NotDelegated(resource.ID(b.unit.GetName()), do.name, resource.ID(u.GetName())))
}

// matchesUnit tells whether a unit is of the levels and kinds; all kinds where none is named.
func matchesUnit(levels []typev1.Level, kinds []networkv1.UnitKind, u *networkv1.Unit) bool {
	return slices.Contains(levels, u.GetLevel()) && (len(kinds) == 0 || slices.Contains(kinds, u.GetKind()))
}

// authorizeCreation checks that the caller may create these units.
func (s *Server) authorizeCreation(ctx context.Context, tx db.DBTX, created []*networkv1.Unit) error {
	b, err := s.builderOf(ctx, tx)
	if err != nil {
		return err
	}
	for _, u := range created {
		if err := b.authorize(toCreate, u); err != nil {
			return err
		}
	}
	return nil
}
