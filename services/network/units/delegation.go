package units

import (
	"context"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// builder is who changes the tree, and by which rules (C2).
type builder struct {
	access.Above

	rules []*networkv1.DelegationRule
	tx    db.DBTX
	today calendar.Date
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

// builderOf is the caller as a builder.
func (s *Server) builderOf(ctx context.Context, tx db.DBTX) (*builder, error) {
	caller := access.PrincipalOf(ctx)
	if caller.IsAdministrator() {
		return &builder{administrator: true, tx: tx, today: clock.Today(s.store.Clock)}, nil
	}
	return builderAt(ctx, tx, caller.Unit, clock.Today(s.store.Clock))
}

// builderAt is a unit as a builder on a day.
func builderAt(ctx context.Context, tx db.DBTX, name string, today calendar.Date) (*builder, error) {
	unit, err := unitOn(ctx, tx, name, today)
	if err != nil {
		return nil, err
	}
	return builderOver(ctx, tx, unit, today)
}

// builderOver is a unit that was read before, as a builder on that day.
func builderOver(ctx context.Context, tx db.DBTX, unit *networkv1.Unit, today calendar.Date) (*builder, error) {
	scheme := &networkv1.Scheme{}
	if err := schemes.Effective(ctx, tx, access.PathIDs(unit), today, scheme); err != nil {
		return nil, err
	}
	below, err := SystemReach(ctx, tx, unit.GetName(), today)
	return &builder{
		Above: access.Above{Unit: unit, System: access.NewSystemLine(below)}, rules: scheme.GetDelegations(), tx: tx,
		today: today,
	}, err
}

// may tells whether some rule lets the builder do this with a unit below its own.
func (b *builder) may(do treeAction, u *networkv1.Unit) bool {
	return u.GetName() != b.Unit.GetName() && slices.ContainsFunc(b.rules, func(rule *networkv1.DelegationRule) bool {
		return do.granted(rule) && b.Covers(u, rule.GetLines()) &&
			access.Fits(rule.GetBuilderLevels(), rule.GetBuilderKinds(), b.Unit) &&
			access.Fits(rule.GetUnitLevels(), rule.GetUnitKinds(), u)
	})
}

// authorize checks that the builder may do this with a unit, which is within its reach. A refusal names who may.
func (b *builder) authorize(ctx context.Context, do treeAction, u *networkv1.Unit) error {
	if b.administrator || b.may(do, u) {
		return nil
	}
	others, err := b.others(ctx, u, func(other *builder) bool { return other.may(do, u) })
	if err != nil {
		return err
	}
	return fault.Precondition(words.NotDelegated(words.Titled(b.Unit), do.name, words.Titled(u), others))
}

// administrators may build and change what the scheme delegates to nobody, such as the topmost unit.
var administrators = words.Title{ID: access.Administrator, Zh: "无（由管理员办理）", En: "none; an administrator does it"}

// others are the units above one that may do something; administrators where the scheme lets none.
func (b *builder) others(ctx context.Context, u *networkv1.Unit, may func(*builder) bool) (words.Title, error) {
	find := func(ctx context.Context, name string) (*networkv1.Unit, error) {
		found, err := unitOn(ctx, b.tx, name, b.today)
		if fault.IsNotFound(err) {
			return Coming(ctx, b.tx, name, b.today)
		}
		return found, err
	}
	others, err := access.WhoMay(ctx, find, u, nil, func(ctx context.Context, unit *networkv1.Unit) (bool, error) {
		other, err := builderOver(ctx, b.tx, unit, b.today)
		return err == nil && may(other), err
	})
	if others == access.Nobody {
		others = administrators
	}
	return others, err
}

// authorizeCreation checks that the caller may create these units.
func (s *Server) authorizeCreation(ctx context.Context, tx db.DBTX, created []*networkv1.Unit) error {
	b, err := s.builderOf(ctx, tx)
	if err != nil {
		return err
	}
	for _, u := range created {
		if err := b.authorize(ctx, toCreate, u); err != nil {
			return err
		}
	}
	return nil
}
