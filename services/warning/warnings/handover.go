package warnings

import (
	"context"
	"slices"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// below finds the open warnings to, supervised from or issued from units below some paths.
const below = `ended_on IS NULL AND (region, key) IN (
	SELECT region, key FROM warnings WHERE supervising_path <@ ANY ($1::ltree[])
	UNION ALL SELECT region, key FROM warnings WHERE issuer_path <@ ANY ($1::ltree[])
	UNION ALL SELECT region, key FROM warning_addressees WHERE unit_path <@ ANY ($1::ltree[]))`

// Kinds of messages that ask a unit to approve a warning, to do what is the office's or the issuer's, and to answer an objection.
var (
	approvalKinds = []string{"inbox.warning_pending", "inbox.warning_passed_on"}
	judgingKinds  = []string{
		"inbox.warning_supervised", "inbox.warning_step_awaited", "inbox.warning_step_awaited_without_limit",
		"inbox.warning_step_due", "inbox.warning_to_close",
	}
	objectionKinds = []string{"inbox.warning_objected", "inbox.warning_objection_due"}
)

// handover tells of it where what is asked of those who judge a warning falls to the unit above, since an addressee has become
// one with them.
func (s *Server) handover() *collection.Handover[*warningv1.Warning] {
	return &collection.Handover[*warningv1.Warning]{
		Records: &s.warnings, Below: below, Asks: asks, Tells: s.lateness,
		PassedOn: func(c *change, from, to string) (words.Sentence, bool) {
			reads := mayRead(c, from)
			if c.Record.GetNotice() == nil && !reads {
				return words.Sentence{}, false
			}
			return words.InboxWarningPassedOn(levelOf(c.Record), c.Record.GetTitle(), to), reads
		},
	}
}

// mayRead tells whether a unit may get a warning, by its place in the tree: what never went out does not exist for a unit that
// would answer it.
func mayRead(c *change, unit string) bool {
	id, reads := resource.ID(unit), false
	for _, path := range []string{partyPath(c.Beside, byOffice), c.Beside[issuerPath]} {
		reads = reads || slices.Contains(strings.Split(path, "."), id)
	}
	for _, path := range answering(c.Beside) {
		if c.Record.GetNotice() == nil && strings.Contains(path, ".") && access.LastPathID(path) == id {
			return false
		}
		reads = reads || slices.Contains(strings.Split(path, "."), id)
	}
	return reads
}

// lateness is which delays of a warning were told of, each with the units that hear of one: those who judge it, and those above
// that the scheme has hear of it. Who becomes one of them is told as well: who was told before may be the one that is late since.
func (s *Server) lateness(ctx context.Context, c *change) (all []collection.Telling, err error) {
	joinAwaited(c.Record)
	for _, late := range allAwaited(c.Record) {
		if !toldLate(c.Record, late) {
			continue
		}
		w, err := s.open(ctx, c, map[string]*warningv1.Scheme{})
		if err != nil {
			return nil, err
		}
		above, err := w.toldAbove(ctx, c, late)
		if err != nil {
			return nil, err
		}
		says := tellingOf(c).about(c, late)
		says.unit = nameOf(c.Record, late.GetAddressee())
		units := append([]string{w.unitOf(byOffice, 0), w.unitOf(byIssuer, 0)}, above...)
		if number := late.GetAddressee(); number > 0 {
			units = append(units, c.Record.GetAddressees()[number-1].GetUnit())
		}
		all = append(all, collection.Telling{Units: units, Says: overdue(says)})
	}
	for _, o := range openObjections(c.Record) {
		if o.GetOverdueAfter() == "" && o.GetLimit().GetDeadline().GetDue() < c.Today().String() {
			all = append(all, collection.Telling{Units: lateAnswerUnits(c), Says: lateAnswer(c.Record, o)})
		}
	}
	return all, nil
}

// toldLate tells whether those concerned were told that a limit was let pass.
func toldLate(w *warningv1.Warning, late *warningv1.Awaited) bool {
	due := late.GetDeadline().GetDue()
	return due != "" && slices.ContainsFunc(w.GetHistory(), func(e *warningv1.WarningEvent) bool {
		return lifecycle.Act(e.GetAct()) == markOverdue && e.GetStep() == late.GetStep() &&
			e.GetAddressee() == late.GetAddressee() && e.GetNote() == due
	})
}

// asks are what those who judge a warning are asked to do.
func asks(ctx context.Context, c *change) ([]collection.Ask, error) {
	if c.Record.GetNotice() == nil {
		return asksApprovers(ctx, c)
	}
	says, awaited := tellingOf(c), c.Record.GetAwaited()
	ask := collection.Ask{Unit: partyUnit(c.Beside, byOffice), Says: supervised(says), Kinds: judgingKinds}
	if awaited != nil && awaited.GetAddressee() == 0 {
		ask.Unit, ask.Says = partyUnit(c.Beside, awaited.GetBy()), awaits(says.about(c, awaited))
	}
	all := []collection.Ask{ask}
	for _, o := range openObjections(c.Record) {
		says.unit, says.answerDue = nameOf(c.Record, o.GetAddressee()), o.GetLimit().GetDeadline().GetDue()
		all = append(all, collection.Ask{Unit: pathUnit(objectionPath(c)), Says: objectedTo(says), Kinds: objectionKinds})
	}
	return all, nil
}

// asksApprovers is what is asked about a warning that has not gone out.
func asksApprovers(ctx context.Context, c *change) ([]collection.Ask, error) {
	scheme := &warningv1.Scheme{}
	if err := schemes.ByVersion(ctx, c, c.Record.GetSchemeVersion(), scheme); err != nil {
		return nil, err
	}
	level, _ := schemes.Find(scheme.GetWarningLevels(), c.Record.GetWarningLevel())
	stage, ok := schemes.Find(level.GetApprovals(), c.Record.GetApprovalStage())
	if !ok {
		return nil, nil
	}
	return []collection.Ask{{
		Unit: partyUnit(c.Beside, byIssuer), Says: pendingAt(tellingOf(c), stage), Kinds: approvalKinds,
	}}, nil
}
