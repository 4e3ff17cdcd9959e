package findings

import (
	"context"
	"slices"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

const (
	open     = warningv1.FindingState_FINDING_STATE_OPEN
	takenUp  = warningv1.FindingState_FINDING_STATE_TAKEN_UP
	solved   = warningv1.FindingState_FINDING_STATE_SOLVED
	setAside = warningv1.FindingState_FINDING_STATE_SET_ASIDE
	passedUp = warningv1.FindingState_FINDING_STATE_PASSED_UP

	solveAct    lifecycle.Act = "solve"
	setAsideAct lifecycle.Act = "set_aside"
	passUpAct   lifecycle.Act = "pass_up"
	returnAct   lifecycle.Act = "return_finding"
	reopenAct   lifecycle.Act = "reopen_finding"
	describeAct lifecycle.Act = "describe_finding"
	takeUpAct   lifecycle.Act = "take_up"
	releaseAct  lifecycle.Act = "release_finding"
	sourceAct   lifecycle.Act = "note_source"
)

type transition = lifecycle.Transition[warningv1.FindingState]

var (
	handler        = lifecycle.By("the unit that is to handle it")          // isHandler
	handlerOrAbove = lifecycle.By("the unit that handled it, or one above") // isHandlerOrAbove
	reader         = lifecycle.By("whoever reads the finding")
	uploader       = lifecycle.By("who began it")
)

// Lifecycle is the life of a finding (C15).
var Lifecycle = lifecycle.Table[warningv1.FindingState]{
	Resource: "Finding", Start: open, Transitions: slices.Concat(
		handled(open),
		handled(passedUp),
		[]transition{
			{From: passedUp, Act: returnAct, To: open, By: handler},
			{From: passedUp, Act: returnAct, To: passedUp, By: handler},
		},
		reopened(solved, reopenAct, handlerOrAbove),
		reopened(setAside, reopenAct, handlerOrAbove),
		reopened(takenUp, releaseAct, lifecycle.Suite),
		[]transition{
			{From: solved, Act: takeUpAct, To: takenUp, By: lifecycle.Suite},
			{From: setAside, Act: takeUpAct, To: takenUp, By: lifecycle.Suite},
			{From: takenUp, Act: takeUpAct, To: takenUp, By: lifecycle.Suite},
		},
		sourced(open, setAside),
		sourced(passedUp, setAside),
		sourced(takenUp),
		sourced(solved, open, passedUp),
		sourced(setAside, open, passedUp),
		described(open, takenUp, solved, setAside, passedUp),
	),
}

// handled are the transitions of a finding that waits to be handled.
func handled(from warningv1.FindingState) []transition {
	return []transition{
		{From: from, Act: solveAct, To: solved, By: handler},
		{From: from, Act: setAsideAct, To: setAside, By: handler},
		{From: from, Act: passUpAct, To: passedUp, By: handler},
		{From: from, Act: takeUpAct, To: takenUp, By: lifecycle.Suite},
		{From: from, Act: attachments.AttachAct, To: from, By: reader},
		{From: from, Act: attachments.CompleteAct, To: from, By: uploader},
	}
}

// reopened are the transitions of an act by which a finding waits to be handled again, where it did before.
func reopened(from warningv1.FindingState, act lifecycle.Act, by lifecycle.Party) []transition {
	return []transition{{From: from, Act: act, To: open, By: by}, {From: from, Act: act, To: passedUp, By: by}}
}

// sourced are the transitions as the source of a finding comes further, which mostly leaves its state alone.
func sourced(from warningv1.FindingState, to ...warningv1.FindingState) (list []transition) {
	for _, state := range append([]warningv1.FindingState{from}, to...) {
		list = append(list, transition{From: from, Act: sourceAct, To: state, By: lifecycle.Suite})
	}
	return list
}

// described are the transitions as somebody writes what the problem is, which leaves each state alone.
func described(states ...warningv1.FindingState) (list []transition) {
	for _, state := range states {
		list = append(list, transition{From: state, Act: describeAct, To: state, By: handlerOrAbove})
	}
	return list
}

// handlerUnits are the unit that handles a finding and those above it, as identifiers, the root first. Levels are counted from
// the unit that acts for the finder, as the tree is.
func handlerUnits(c *change) []string {
	units := c.Units()
	return units[:max(len(units)-int(c.Record.GetLevelsUp()), 1)]
}

// handlerOf is the unit that handles a finding.
func handlerOf(c *change) string {
	units := handlerUnits(c)
	return resource.Name(resource.Units, units[len(units)-1])
}

// isHandler lets the unit that is to handle a finding do so, or its successor (ADR 037).
func isHandler(ctx context.Context, c *change) error { return access.RequireOwn(ctx, handlerOf(c)) }

// isHandlerOrAbove lets those above the unit that handled a finding act, too.
func isHandlerOrAbove(ctx context.Context, c *change) error {
	if slices.Contains(handlerUnits(c), resource.ID(access.PrincipalOf(ctx).Unit)) {
		return nil
	}
	return isHandler(ctx, c)
}

// moveTo has a finding handled so many levels above the unit that found it.
func moveTo(c *change, levels int) {
	c.Record.LevelsUp, c.Record.State = int32(levels), open
	if levels > 0 {
		c.Record.State = passedUp
	}
}

// levelsUp is how many levels above the unit that found it a finding is handled, as the tree is.
func levelsUp(c *change) int { return len(c.Units()) - len(handlerUnits(c)) }
