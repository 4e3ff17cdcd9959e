package warnings

import (
	"context"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

var (
	addressee = lifecycle.Own("addressee") // nobody acts in its stead: those above check what it did
	judge     = lifecycle.By("issuing unit or one above it, never the addressee").Judging(answers...)
	approver  = lifecycle.By("approver at the issuing unit or above it, never the issuer")
	stepParty = lifecycle.By("supervising or issuing unit, as the step says, or one above it, never the addressee").
			Judging(answers...)
	grantor  = lifecycle.By("issuing unit, one above it, or supervising unit, not for its own")
	reader   = lifecycle.By("whoever reads the warning")
	uploader = lifecycle.By("who began it")
)

// answers are the calls by which an addressee answers a warning.
var answers = []string{
	warningv1.WarningService_AcknowledgeWarning_FullMethodName, warningv1.WarningService_ExplainWarning_FullMethodName,
	warningv1.WarningService_SignTalk_FullMethodName, warningv1.WarningService_SubmitPlan_FullMethodName,
	warningv1.WarningService_SubmitRectification_FullMethodName,
}

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
	if c.Record.GetNotice() == nil && len(c.Units()) > 1 && c.ActingUnit() == access.PrincipalOf(ctx).Unit {
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

// does lets those act who reach the unit that a step of a kind falls to, never the addressee.
func does(kind warningv1.StepKind) collection.Rule[*warningv1.Warning] {
	return func(ctx context.Context, c *change) error {
		if partyOf(c.Record, kind) == byOffice {
			return requireSupervisor(ctx, c)
		}
		return judges(ctx, c)
	}
}

// checksAs is does for checks, where the caller says in which unit's name it is.
func checksAs(unit string) collection.Rule[*warningv1.Warning] {
	return func(ctx context.Context, c *change) error {
		switch by := partyOf(c.Record, toCheck); {
		case unit == unitOf(c.Record, c.Beside, by):
			return does(toCheck)(ctx, c)
		case by == byOffice:
			return fault.Denied(words.NotSupervisor(words.Untitled(c.Record.GetSupervisingUnit())))
		default:
			return fault.Denied(words.NotIssuer(words.Untitled(unitOf(c.Record, c.Beside, by))))
		}
	}
}

// partyOf is whom the next step of a kind falls to; the issuer where none is left, so that who judges hears so.
func partyOf(w *warningv1.Warning, kind warningv1.StepKind) warningv1.StepParty {
	by := byIssuer
	for _, s := range w.GetSteps() {
		if s.GetKind() != kind {
			continue
		}
		if by = s.GetBy(); !isOver(s) {
			break
		}
	}
	return by
}

// requireSupervisor lets those act who reach the supervising unit, never the addressee.
func requireSupervisor(ctx context.Context, c *change) error {
	if !access.Reaches(ctx, judgePath(c, c.Beside[supervisingPath])) {
		return fault.Denied(words.NotSupervisor(words.Untitled(c.Record.GetSupervisingUnit())))
	}
	return nil
}

// unitOf is the unit that is a party of a warning.
func (w *warningCase) unitOf(by warningv1.StepParty) string { return unitOf(w.Warning, w.beside, by) }

func unitOf(w *warningv1.Warning, beside map[string]string, by warningv1.StepParty) string {
	switch by {
	case byOffice:
		return w.GetSupervisingUnit()
	case byIssuer:
		return resource.Name(resource.Units, access.LastPathID(beside[issuerPath]))
	default:
		return w.GetUnit()
	}
}

// partyPath is the path of the unit that acts for a party today.
func partyPath(ctx context.Context, c *change, by warningv1.StepParty) (string, error) {
	switch by {
	case byOffice:
		return c.ActingPath(ctx, c.Beside[supervisingPath])
	case byIssuer:
		return c.ActingPath(ctx, c.Beside[issuerPath])
	default:
		return strings.Join(c.Units(), "."), nil
	}
}
