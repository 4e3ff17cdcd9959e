package reviews

import (
	"context"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// RequireReviewer requires that the caller has a role that passes a stage, in a unit that does.
func RequireReviewer(ctx context.Context, d access.Directory, stage *riskv1.ReviewStage) error {
	caller, title := access.PrincipalOf(ctx), schemes.TitleOf(stage.GetId(), stage.GetTitle())
	if !holds(caller, stage) {
		return fault.Denied(words.WrongReviewer(title, words.Untitled(stage.GetRoles()...)))
	}
	if anywhere(stage) {
		return nil
	}
	unit, err := d.Unit(ctx, caller.Unit)
	if err == nil && !passes(stage, unit) {
		err = fault.Denied(words.ReviewedAbove(title))
	}
	return err
}

// holds tells whether a caller has a role that passes a stage.
func holds(caller access.Principal, stage *riskv1.ReviewStage) bool {
	return len(stage.GetRoles()) == 0 || caller.HasRole(stage.GetRoles()...)
}

func anywhere(stage *riskv1.ReviewStage) bool {
	return stage.GetLowestLevel() == typev1.Level_LEVEL_UNSPECIFIED && len(stage.GetUnitKinds()) == 0
}

// passes tells whether a stage is passed in a unit; the root passes what nobody above it could.
func passes(stage *riskv1.ReviewStage, unit *networkv1.Unit) bool {
	high := stage.GetLowestLevel() == typev1.Level_LEVEL_UNSPECIFIED || unit.GetLevel() <= stage.GetLowestLevel()
	fits := len(stage.GetUnitKinds()) == 0 || slices.Contains(stage.GetUnitKinds(), unit.GetKind())
	return high && fits || len(unit.GetAncestors()) == 0
}

// Passer is the unit that is asked to pass a stage of what is of the last of some units, given as identifiers, the root first:
// the nearest above it that may. The root has none above it and passes its own.
func Passer(ctx context.Context, d access.Directory, stage *riskv1.ReviewStage, units []string) (string, error) {
	for _, id := range slices.Backward(units[:max(len(units)-1, 0)]) {
		name := resource.Name(resource.Units, id)
		if anywhere(stage) {
			return name, nil
		}
		unit, err := d.Unit(ctx, name)
		if err == nil && passes(stage, unit) {
			return name, nil
		}
		if err != nil && !fault.IsNotFound(err) { // one that has just ended passes nothing
			return "", err
		}
	}
	return resource.Name(resource.Units, units[0]), nil
}

// reviewer is the unit that was asked to pass the stage that is awaited; where it is not above the entry any more, the nearest
// that may.
func (r *Register[M]) reviewer(ctx context.Context, c *collection.Change[M]) (string, error) {
	asked, units := c.Record.GetStanding().GetReviewingUnit(), c.Units()
	if slices.Contains(units[:len(units)-1], resource.ID(asked)) {
		return asked, nil
	}
	rules := &riskv1.Scheme{}
	err := schemes.EffectiveFor(ctx, c, rules)
	stage, found := schemes.Find(r.Stages(rules), c.Record.GetStanding().GetReviewStage())
	if fault.IsNotFound(err) || err == nil && !found {
		return c.UnitAbove(), nil // no scheme says who may
	}
	if err != nil {
		return "", err
	}
	return Passer(ctx, r.directory, stage, units)
}
