package warnings

import (
	"cmp"
	"context"
	"slices"
	"strconv"
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
	addressee = lifecycle.Own("first addressee") // nobody acts in its stead: those above check what it did
	each      = lifecycle.By("addressee, for its part")
	judge     = lifecycle.By("issuing unit or one above it, never an addressee").Judging(answers...)
	hearer    = lifecycle.By("unit above the one that acts for the issuer, never an addressee, nor who had a hand in the notice")
	approver  = lifecycle.By("approver at the issuing unit or above it, never the issuer")
	stepParty = lifecycle.By("supervising or issuing unit, as the step says, or one above it, never an addressee").
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

// answering are the paths of the units that act for the addressees, in the order of these, as they stand beside a warning.
func answering(beside map[string]string) []string { return strings.Fields(beside[addresseePaths]) }

// isAddressee tells whether the caller acts for an addressee.
func isAddressee(ctx context.Context, c *change) bool {
	return slices.ContainsFunc(answering(c.Beside), func(path string) bool { return access.LastPathID(path) == callerID(ctx) })
}

// partOf is the number of the addressee that a request names, which the caller must act for; where it names none, of the first
// that the caller acts for.
func partOf(ctx context.Context, c *change, asked int32) (int32, error) {
	paths := answering(c.Beside)
	if asked > int32(len(paths)) {
		return 0, fault.Invalid("addressee", words.UnknownAddressee(strconv.Itoa(int(asked))))
	}
	for i, path := range paths {
		if n := int32(i + 1); access.LastPathID(path) == callerID(ctx) && (asked == 0 || asked == n) {
			return n, nil
		}
	}
	return 0, access.RequireOwn(ctx, pathUnit(paths[max(asked, 1)-1]))
}

// asAddressee lets the units that act for an addressee act.
func asAddressee(asked int32) collection.Rule[*warningv1.Warning] {
	return func(ctx context.Context, c *change) error {
		_, err := partOf(ctx, c, asked)
		return err
	}
}

// judges lets the issuing unit and those above it judge a warning (C11).
func judges(ctx context.Context, c *change) error {
	return requireReachOf(ctx, c, partyPath(c.Beside, byIssuer), words.NotIssuer)
}

// requireReachOf lets those who reach a unit, given by its path, do what is its to do, never an addressee. Others hear who acts
// for it today.
func requireReachOf(ctx context.Context, c *change, path string, isFor func(words.Title) words.Sentence) error {
	switch {
	case access.Reaches(ctx, path):
		return nil
	case isAddressee(ctx, c):
		return fault.Denied(words.OwnWarning())
	}
	acting, err := c.ActingPath(ctx, path)
	if err != nil {
		return err
	}
	return fault.Denied(isFor(words.Untitled(pathUnit(acting))))
}

// partyPath is the path of the unit that does the steps of the supervising or issuing unit. Neither a unit that answers for an
// addressee does nor one below it, as they may be since the tree has changed: then the unit above does. The root has none above
// it here.
func partyPath(beside map[string]string, by warningv1.StepParty) string {
	if by == byOffice {
		return leftBy(beside, beside[supervisingPath])
	}
	return leftBy(beside, beside[issuerPath])
}

// leftBy is a path or, where addressees stand at it or above it, that of the unit above these.
func leftBy(beside map[string]string, path string) string {
	deepest := slices.SortedFunc(slices.Values(answering(beside)), func(a, b string) int {
		return cmp.Compare(strings.Count(b, "."), strings.Count(a, "."))
	})
	for _, unit := range deepest {
		above := strings.LastIndexByte(unit, '.')
		if above >= 0 && access.PathWithin(path, unit) {
			path = unit[:above]
		}
	}
	return path
}

// partyUnit is the unit at a partyPath. One that has ended is told of, and acted for, by its successor.
func partyUnit(beside map[string]string, by warningv1.StepParty) string {
	return pathUnit(partyPath(beside, by))
}

// pathUnit is the unit at the end of a path.
func pathUnit(path string) string { return resource.Name(resource.Units, access.LastPathID(path)) }

// callerID is the id of the unit the caller acts for.
func callerID(ctx context.Context) string { return resource.ID(access.PrincipalOf(ctx).Unit) }

// reachesUnit lets the warned units, the one that acts for the issuer and those above them see a warning: an addressee may have
// moved to where the issuer reaches it no more. What never went out does not exist for a unit that would answer it, save the
// root.
func reachesUnit(ctx context.Context, c *change) error {
	reached := c.UnitPath
	if access.Reaches(ctx, c.Beside[issuerPath]) {
		reached = c.Beside[issuerPath]
	}
	for _, path := range answering(c.Beside) {
		if c.Record.GetNotice() == nil && strings.Contains(path, ".") && access.LastPathID(path) == callerID(ctx) {
			return fault.NotFound(c.Record.GetName())
		}
		if access.Reaches(ctx, path) {
			reached = path
		}
	}
	return access.Require(ctx, reached, c.Record.GetName())
}

// reachesUnitOrSupervisor lets those above the supervising unit see a warning as well, and that unit itself.
func reachesUnitOrSupervisor(ctx context.Context, c *change) error {
	if reachesUnit(ctx, c) == nil {
		return nil
	}
	return access.Require(ctx, partyPath(c.Beside, byOffice), c.Record.GetName())
}

// hideParts takes from a warning what the holders of posts were told and answered, where the reader is neither of their unit nor
// above it, and does not judge.
func hideParts(ctx context.Context, c *change) {
	if access.Reaches(ctx, partyPath(c.Beside, byIssuer)) || access.Reaches(ctx, partyPath(c.Beside, byOffice)) {
		return
	}
	hidden := map[int32]bool{}
	for i, path := range answering(c.Beside) {
		if a := c.Record.GetAddressees()[i]; a.GetPosition() != "" && !access.Reaches(ctx, path) {
			hidden[a.GetNumber()], a.Person, a.Outcome = true, "", ""
		}
	}
	for _, s := range slices.Concat(c.Record.GetSteps(), c.Record.GetEarlierSteps()) {
		if hidden[s.GetAddressee()] {
			s.Records = nil
		}
	}
	for _, o := range c.Record.GetObjections() {
		if hidden[o.GetAddressee()] {
			o.Reason, o.Attachments, o.Answer = "", nil, ""
		}
	}
	for _, e := range c.Record.GetHistory() {
		if hidden[e.GetAddressee()] {
			e.Note = ""
		}
	}
}

// does lets those act who reach the unit that a step of a kind falls to, never an addressee.
func does(kind warningv1.StepKind) collection.Rule[*warningv1.Warning] {
	return func(ctx context.Context, c *change) error {
		if partyOf(c.Record, kind) == byOffice {
			return requireSupervisor(ctx, c)
		}
		return judges(ctx, c)
	}
}

// checksAs is does for checks, where the caller says in which unit's name it is: that which was named, or acts for it today.
func checksAs(unit string) collection.Rule[*warningv1.Warning] {
	return func(ctx context.Context, c *change) error {
		by := partyOf(c.Record, toCheck)
		acting, err := c.ActingPath(ctx, partyPath(c.Beside, by))
		switch {
		case err != nil:
			return err
		case resource.ID(unit) == access.LastPathID(acting) || by == byOffice && unit == c.Record.GetSupervisingUnit():
			return does(toCheck)(ctx, c)
		case by == byOffice:
			return fault.Denied(words.NotSupervisor(words.Untitled(pathUnit(acting))))
		default:
			return fault.Denied(words.NotIssuer(words.Untitled(pathUnit(acting))))
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

// requireSupervisor lets those act who reach the supervising unit, never an addressee.
func requireSupervisor(ctx context.Context, c *change) error {
	path := partyPath(c.Beside, byOffice)
	if access.Reaches(ctx, path) {
		return nil
	}
	acting, err := c.ActingPath(ctx, path)
	if err != nil {
		return err
	}
	return fault.Denied(words.NotSupervisor(words.Untitled(pathUnit(acting))))
}

// unitOf is the unit that is a party of a warning, or answers for an addressee of a number.
func (w *warningCase) unitOf(by warningv1.StepParty, number int32) string {
	return unitOf(w.Warning, w.beside, by, number)
}

func unitOf(w *warningv1.Warning, beside map[string]string, by warningv1.StepParty, number int32) string {
	if number > 0 {
		return w.GetAddressees()[number-1].GetUnit()
	}
	return partyUnit(beside, by)
}

// owingPath is the path of the unit that owes what is awaited, or acts for it today.
func owingPath(ctx context.Context, c *change, awaited *warningv1.Awaited) (string, error) {
	if number := awaited.GetAddressee(); number > 0 {
		return answering(c.Beside)[number-1], nil
	}
	return c.ActingPath(ctx, partyPath(c.Beside, awaited.GetBy()))
}
