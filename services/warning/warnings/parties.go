package warnings

import (
	"context"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

var (
	addressee  = lifecycle.Own("addressee") // nobody acts in its stead: those above check what it did
	judge      = lifecycle.By("issuing unit or one above it, never the addressee")
	approver   = lifecycle.By("approver at the issuing unit or above it, never the issuer")
	supervisor = lifecycle.By("supervising unit")
	grantor    = lifecycle.By("issuing unit, one above it, or supervising unit, not for its own")
	reader     = lifecycle.By("whoever reads the warning")
	uploader   = lifecycle.By("who began it")
)

// judges lets the issuing unit and those above it judge a warning (C11).
func judges(ctx context.Context, c *change) error {
	return requireJudge(ctx, c, c.Beside[issuerPath])
}

// requireJudge lets those judge a warning who reach a unit, given by its path.
func requireJudge(ctx context.Context, c *change, unitPath string) error {
	path := judgePath(c, unitPath)
	switch {
	case access.Reaches(ctx, path):
		return nil
	case access.PrincipalOf(ctx).Unit == c.ActingUnit():
		return fault.Denied(words.OwnWarning())
	default:
		return fault.Denied(words.NotIssuer(
			words.Untitled(resource.Name(resource.Units, access.LastPathID(path)))))
	}
}

// judgePath is the path of the unit that judges for another. Neither the unit that answers for the addressee judges nor one below
// it, as they may be since the tree has changed: then the unit above does. The root has none above it here.
func judgePath(c *change, path string) string {
	units := c.Units()
	answering := strings.Join(units, ".")
	if len(units) == 1 || path != answering && !strings.HasPrefix(path, answering+".") {
		return path
	}
	return strings.Join(units[:len(units)-1], ".")
}

// callerID is the id of the unit the caller acts for.
func callerID(ctx context.Context) string { return resource.ID(access.PrincipalOf(ctx).Unit) }

// reachesUnit lets the warned unit and those above it see a warning. What never went out does not exist for the unit that would
// answer it.
func reachesUnit(ctx context.Context, c *change) error {
	if c.Record.GetDueOn() == "" && len(c.Units()) > 1 && c.ActingUnit() == access.PrincipalOf(ctx).Unit {
		return fault.NotFound(c.Record.GetName())
	}
	return access.Require(ctx, c.UnitPath, c.Record.GetName())
}

// reachesUnitOrSupervisor lets those above the supervising unit see a warning as well, and that unit itself.
func reachesUnitOrSupervisor(ctx context.Context, c *change) error {
	if reachesUnit(ctx, c) == nil {
		return nil
	}
	return access.Require(ctx, judgePath(c, c.Beside[supervisingPath]), c.Record.GetName())
}

// supervises lets those act who reach the supervising unit, never the addressee; they say in which unit's name they check.
func supervises(checkingUnit string) func(context.Context, *change) error {
	return func(ctx context.Context, c *change) error {
		office := c.Record.GetSupervisingUnit()
		if checkingUnit != office || !access.Reaches(ctx, judgePath(c, c.Beside[supervisingPath])) {
			return fault.Denied(words.NotSupervisor(words.Untitled(office)))
		}
		return nil
	}
}
