package warnings

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

var (
	addressee  = lifecycle.Own("addressee") // nobody acts in its stead: those above check what it did
	above      = lifecycle.Party{Title: "unit above the addressee", May: isAbove}
	approver   = lifecycle.Party{Title: "approver, never the issuer", May: isAbove} // the rest says requireApprover
	supervisor = lifecycle.By("supervising unit")
	grantor    = lifecycle.By("unit above or supervising unit, not for its own")
	reader     = lifecycle.By("whoever reads the warning")
	uploader   = lifecycle.By("who began it")
	suite      = lifecycle.By("the suite")
)

// isAbove keeps a unit from ruling over warnings to itself; who reaches it and is another is above it.
func isAbove(ctx context.Context, units []string) error {
	if callerID(ctx) == units[len(units)-1] {
		return fault.Denied(words.OwnWarning())
	}
	return nil
}

// callerID is the id of the unit the caller acts for.
func callerID(ctx context.Context) string { return resource.ID(access.PrincipalOf(ctx).Unit) }

// reachesUnit lets the warned unit and those above it see a warning. What never went out does not exist for the warned unit.
func reachesUnit(ctx context.Context, c *change) error {
	if c.Record.GetDueOn() == "" && c.Record.GetUnit() == access.PrincipalOf(ctx).Unit {
		return fault.NotFound(c.Record.GetName())
	}
	return access.Require(ctx, c.UnitPath, c.Record.GetName())
}

// reachesUnitOrSupervisor lets those above the supervising unit see a warning as well, and that unit itself.
func reachesUnitOrSupervisor(ctx context.Context, c *change) error {
	if reachesUnit(ctx, c) == nil {
		return nil
	}
	return access.Require(ctx, c.Beside[supervisingPath], c.Record.GetName())
}

// supervises lets those act who reach the supervising unit, never the addressee; they say in which unit's name they check.
func supervises(checkingUnit string) func(context.Context, *change) error {
	return func(ctx context.Context, c *change) error {
		office := c.Record.GetSupervisingUnit()
		own := c.Record.GetUnit() == access.PrincipalOf(ctx).Unit
		if own || checkingUnit != office || !access.Reaches(ctx, c.Beside[supervisingPath]) {
			return fault.Denied(words.NotSupervisor(office))
		}
		return nil
	}
}
