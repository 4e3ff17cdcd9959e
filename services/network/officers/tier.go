package officers

import (
	"context"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
)

// appointingTier is a unit that appoints, by the rules of its scheme (C3).
type appointingTier struct {
	access.Above

	rules []*networkv1.AppointmentRule
}

// tierOf is a unit as one that appoints.
func (s *Server) tierOf(ctx context.Context, unit *networkv1.Unit) (appointingTier, error) {
	scheme, err := access.SchemeFor(ctx, s.directory, unit)
	if err != nil {
		return appointingTier{}, err
	}
	system, err := access.SystemLineOf(ctx, s.directory, unit.GetName())
	return appointingTier{access.Above{Unit: unit, System: system}, scheme.GetAppointmentRules()}, err
}

// rule is the first rule that lets the tier appoint officers of a type for a unit; nil where none does.
func (t appointingTier) rule(officer networkv1.OfficerType, unit *networkv1.Unit) *networkv1.AppointmentRule {
	for _, rule := range t.rules {
		if slices.Contains(rule.GetOfficerTypes(), officer) && t.Covers(unit, rule.GetLines()) &&
			(!rule.GetStrictlyBelow() || unit.GetName() != t.Unit.GetName()) &&
			access.Fits(rule.GetAppointerLevels(), rule.GetAppointerKinds(), t.Unit) &&
			access.Fits(rule.GetUnitLevels(), rule.GetUnitKinds(), unit) {
			return rule
		}
	}
	return nil
}

// appointers are the units that may appoint officers of a type for a unit, and the one that appointed as long as it is above;
// administrators where the scheme lets none.
func (s *Server) appointers(
	ctx context.Context, officer networkv1.OfficerType, unit *networkv1.Unit, appointed string,
) (words.Title, error) {
	find := func(ctx context.Context, name string) (*networkv1.Unit, error) {
		return access.UnitOrComing(ctx, s.directory, name)
	}
	others, err := access.WhoMay(ctx, find, unit, []string{unit.GetName()},
		func(ctx context.Context, candidate *networkv1.Unit) (bool, error) {
			if candidate.GetName() == appointed {
				return true, nil
			}
			by, err := s.tierOf(ctx, candidate)
			return err == nil && by.rule(officer, unit) != nil, err
		})
	if others == access.Nobody {
		others = administrators
	}
	return others, err
}

// administrators may not appoint either where the scheme lets nobody, but have the scheme in hand.
var administrators = words.Title{
	ID: access.Administrator, Zh: "无（可由管理员修改方案）", En: "none until an administrator changes the scheme",
}
