package campaigns

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// affairs writes what the units decided (T11), whom they appointed and how these were judged (T15), what they checked (T16), who
// was due to leave a position (T10) and what they opened of their affairs (T19): of each unit for who reaches it.
func (e *export) affairs(ctx context.Context) error {
	return inOrder(ctx, e, e.decisions().write, e.appointments().write, e.polls().write, e.checks().write, e.rotations().write,
		e.opennessItems().write)
}

func (e *export) decisions() kind[*riskv1.Decision] {
	return kind[*riskv1.Decision]{
		collection: resource.Decisions, path: "decisions", attached: true, guarded: true,
		columns: []string{
			"state", "kind", "title", "proposal", "amount", "proposer", "members", "decided_on", "votes_for", "votes_against",
			"abstentions", "executor", "due_on", "done_on", "result", "filed_on", "finding", "checked_on", "reason",
		},
		refers: func(d *riskv1.Decision) []string {
			return append(slices.Clone(d.GetMembers()), d.GetProposerPosition(), d.GetExecutorPosition())
		},
		cells: func(d *riskv1.Decision) []string {
			votes, check := []string{"", "", ""}, last(d.GetChecks())
			if tally := d.GetMeeting().GetTally(); tally != nil {
				votes = []string{number(tally.GetVotesFor()), number(tally.GetVotesAgainst()), number(tally.GetAbstentions())}
			}
			return slices.Concat([]string{
				e.stateOf(d.GetState()), e.in(schemes.TitleIn(e.scheme.GetDecisionKinds(), d.GetKind())), d.GetTitle(),
				d.GetProposal(), amountOf(d), e.called[d.GetProposerPosition()].title, e.calledAll(d.GetMembers()),
				d.GetMeeting().GetHeldOn(),
			}, votes, []string{
				e.called[d.GetExecutorPosition()].title, d.GetDueOn(), d.GetDoneOn(), d.GetResult(), d.GetFiledOn(),
				check.GetFinding(), check.GetCheckedOn(), cmp.Or(d.GetVoidReason(), d.GetCancelReason()),
			})
		},
	}
}

// amountOf is what a decision is about, in yuan; empty where in none.
func amountOf(d *riskv1.Decision) string {
	if d.GetAmount() == 0 {
		return ""
	}
	return strconv.FormatInt(d.GetAmount(), 10)
}

func number(n int32) string { return strconv.Itoa(int(n)) }

func (e *export) appointments() kind[*riskv1.Appointment] {
	return kind[*riskv1.Appointment]{
		collection: resource.Appointments, path: "appointments", attached: true, guarded: true,
		columns: []string{
			"state", "kind", "position", "candidate", "present_position", "nominated_by", "qualification", "inspection",
			"decision", "poll", "appointed_from", "reason",
		},
		cells: func(a *riskv1.Appointment) []string {
			return []string{
				e.stateOf(a.GetState()), e.in(schemes.TitleIn(e.scheme.GetAppointmentKinds(), a.GetKind())),
				a.GetFilled().GetTitle(), a.GetPerson(), a.GetPresent().GetTitle(), e.nominators(a),
				e.outcomeOf(a.GetQualification().GetResult()), e.outcomeOf(a.GetInspection().GetResult()),
				a.GetDecision(), a.GetPoll(), a.GetAppointedFrom(), a.GetRejectReason(),
			}
		},
	}
}

// nominators are who nominated a candidate.
func (e *export) nominators(a *riskv1.Appointment) string {
	titles := make([]words.Title, len(a.GetNominations()))
	for i, n := range a.GetNominations() {
		titles[i] = words.Named("", n.GetNominatedBy())
	}
	return e.in(words.List(titles...))
}

func (e *export) polls() kind[*riskv1.Poll] {
	return kind[*riskv1.Poll]{
		collection: resource.Polls, path: "polls", guarded: true,
		columns: []string{
			"state", "kind", "title", "appointment", "held_on", "asked", "returned", "satisfied", "satisfied_percent", "outcome",
			"closed_on", "reason",
		},
		cells: func(p *riskv1.Poll) []string {
			return []string{
				e.stateOf(p.GetState()), e.in(schemes.TitleIn(e.scheme.GetPollKinds(), p.GetKind())), p.GetTitle(),
				p.GetAppointment(), p.GetHeldOn(), number(p.GetAsked()), number(p.GetReturned()), number(p.GetSatisfied()),
				strconv.FormatFloat(p.GetSatisfiedPercent(), 'f', -1, 64), e.outcomeOf(p.GetOutcome()),
				p.GetClosedOn(), cmp.Or(p.GetVoidReason(), p.GetWithdrawReason()),
			}
		},
	}
}

func (e *export) checks() kind[*riskv1.Check] {
	return kind[*riskv1.Check]{
		collection: resource.Checks, path: "checks", attached: true, guarded: true,
		columns: []string{
			"state", "kind", "checked_unit", "scope", "checkers", "due_on", "done_on", "result", "deficiencies", "reported_on",
			"reason",
		},
		refers: (*riskv1.Check).GetCheckers,
		cells: func(c *riskv1.Check) []string {
			return []string{
				e.stateOf(c.GetState()), e.in(schemes.TitleIn(e.scheme.GetCheckKinds(), c.GetKind())),
				e.titleOf(c.GetCheckedUnit()), c.GetScope(), e.calledAll(c.GetCheckers()), c.GetDueOn(), c.GetDoneOn(),
				c.GetSummary(), strconv.Itoa(len(c.GetDeficiencies())), c.GetReportedOn(),
				c.GetCancelReason(),
			}
		},
	}
}

func (e *export) rotations() kind[*riskv1.Rotation] {
	return kind[*riskv1.Rotation]{
		collection: resource.Rotations, path: "rotations", guarded: true,
		columns: []string{
			"state", "position", "holder", "rule", "since", "due_on", "left_on", "successor", "deferral", "deferred_until",
			"ended_on", "reason",
		},
		cells: func(r *riskv1.Rotation) []string {
			due, deferral := r.GetHolderDue(), r.GetDeferral()
			return []string{
				e.stateOf(r.GetState()), due.GetIncumbent().GetTitle(), due.GetIncumbent().GetPerson(),
				e.in(schemes.TitleOf(due.GetRule(), due.GetTitle())), due.GetSince(), r.GetDueOn(), r.GetLeftOn(),
				r.GetSuccessor().GetPerson(), deferral.GetReason(), deferral.GetUntil(), r.GetEndedOn(),
				r.GetCancelReason(),
			}
		},
	}
}

func (e *export) opennessItems() kind[*riskv1.OpennessItem] {
	return kind[*riskv1.OpennessItem]{
		collection: resource.OpennessItems, path: "openness-items", attached: true, guarded: true,
		columns: []string{
			"state", "rule", "occasion", "occurred_on", "period_from", "period_until", "due_on", "opened_on", "publication",
			"places", "open_until", "address", "reason",
		},
		cells: func(i *riskv1.OpennessItem) []string {
			published, _ := schemes.Find(e.scheme.GetPublicationKinds(), i.GetPublicationKind())
			return []string{
				e.stateOf(i.GetState()), e.in(schemes.TitleOf(i.GetRule(), i.GetRuleTitle())), i.GetOccasion(), i.GetOccurredOn(),
				i.GetPeriodFrom(), i.GetPeriodUntil(), i.GetDueOn(), i.GetOpenedOn(), i.GetPublication(),
				e.in(schemes.TitlesIn(published.GetPlaces(), i.GetPlaces())), i.GetOpenUntil(), i.GetAddress(),
				i.GetCancelReason(),
			}
		},
	}
}
