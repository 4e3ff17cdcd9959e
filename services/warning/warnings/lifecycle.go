package warnings

import (
	"slices"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

const (
	pending   = warningv1.WarningState_WARNING_STATE_PENDING
	issued    = warningv1.WarningState_WARNING_STATE_ISSUED
	closed    = warningv1.WarningState_WARNING_STATE_CLOSED
	withdrawn = warningv1.WarningState_WARNING_STATE_WITHDRAWN
)

// Acts, as they stand in the table and in a warning's history. A history begins with "issue".
const (
	issue           lifecycle.Act = "issue"
	approve         lifecycle.Act = "approve"
	acknowledge     lifecycle.Act = "acknowledge"
	explain         lifecycle.Act = "explain"
	recordTalk      lifecycle.Act = "record_talk"
	signTalk        lifecycle.Act = "sign_talk"
	submitPlan      lifecycle.Act = "submit_plan"
	rectify         lifecycle.Act = "rectify"
	checkFailed     lifecycle.Act = "check_failed"
	checkPassed     lifecycle.Act = "check_passed"
	lookBack        lifecycle.Act = "look_back"
	findRecurred    lifecycle.Act = "find_recurred"
	decideCase      lifecycle.Act = "decide_case"
	end             lifecycle.Act = "close"
	withdraw        lifecycle.Act = "withdraw"
	object          lifecycle.Act = "object"
	uphold          lifecycle.Act = "uphold_objection"
	dismiss         lifecycle.Act = "dismiss_objection"
	changeLevel     lifecycle.Act = "change_warning_level"
	extend          lifecycle.Act = "extend"
	pause           lifecycle.Act = "pause"
	resume          lifecycle.Act = "resume"
	escalateOverdue lifecycle.Act = "escalate_overdue"
	markOverdue     lifecycle.Act = "overdue"
	fall            lifecycle.Act = "fall_level"
)

type transition = lifecycle.Transition[warningv1.WarningState]

// Lifecycle is the life of a warning (C11, C12b, T6, T7). One whose level needs no approval begins as issued. How far an issued
// one has come, its steps say.
var Lifecycle = lifecycle.Table[warningv1.WarningState]{
	Resource: "Warning",
	Start:    pending,
	Transitions: slices.Concat([]transition{
		{From: pending, Act: approve, To: issued, By: approver},
		{From: pending, Act: approve, To: pending, By: approver},
		{From: pending, Act: withdraw, To: withdrawn, By: judge},
	},
		stepDone(each, acknowledge, explain),
		stepDone(addressee, signTalk, submitPlan, rectify),
		stepDone(stepParty, recordTalk, checkPassed, lookBack, decideCase),
		[]transition{
			{From: issued, Act: checkFailed, To: issued, By: stepParty},
			{From: issued, Act: findRecurred, To: issued, By: stepParty},

			{From: issued, Act: end, To: closed, By: judge},
			{From: issued, Act: withdraw, To: withdrawn, By: judge},
			{From: issued, Act: object, To: issued, By: each},
			{From: issued, Act: uphold, To: issued, By: hearer},
			{From: issued, Act: uphold, To: withdrawn, By: hearer},
			{From: issued, Act: dismiss, To: issued, By: hearer},
			{From: issued, Act: dismiss, To: closed, By: hearer},
			{From: issued, Act: changeLevel, To: issued, By: judge},
			{From: issued, Act: extend, To: issued, By: grantor},
			{From: issued, Act: pause, To: issued, By: grantor},
			{From: issued, Act: resume, To: issued, By: grantor},
			{From: issued, Act: attachments.AttachAct, To: issued, By: reader},
			{From: issued, Act: attachments.CompleteAct, To: issued, By: uploader},
			{From: issued, Act: escalateOverdue, To: issued, By: lifecycle.Suite},
			{From: issued, Act: markOverdue, To: issued, By: lifecycle.Suite},
			{From: issued, Act: fall, To: issued, By: lifecycle.Suite},

			{From: closed, Act: object, To: issued, By: each}, // what is done in haste takes nobody's right to object
			{From: closed, Act: withdraw, To: withdrawn, By: judge},
		}),
}

// stepDone are the transitions of acts by which a step is done: a form may end with it.
func stepDone(by lifecycle.Party, acts ...lifecycle.Act) (list []transition) {
	for _, act := range acts {
		list = append(list,
			transition{From: issued, Act: act, To: issued, By: by}, transition{From: issued, Act: act, To: closed, By: by})
	}
	return list
}

// ofKind is the kind of the step that an act is of.
var ofKind = map[lifecycle.Act]warningv1.StepKind{
	acknowledge: toAcknowledge, explain: toExplain, recordTalk: toTalk, signTalk: toTalk, submitPlan: toPlan, rectify: toRectify,
	checkFailed: toCheck, checkPassed: toCheck, lookBack: toLookBack, findRecurred: toLookBack, decideCase: toDecide,
}

// open tells whether a warning is open to an act: to those of its steps that may be done now, and to what its limit lets.
func open(w *warningv1.Warning, act lifecycle.Act) bool {
	switch act {
	case extend, pause:
		return slices.ContainsFunc(allAwaited(w), func(a *warningv1.Awaited) bool { return stepAwaited(w, a).GetLimit() != nil })
	case resume:
		return slices.ContainsFunc(allAwaited(w), func(a *warningv1.Awaited) bool {
			pauses := stepAwaited(w, a).GetLimit().GetPauses()
			return slices.ContainsFunc(pauses, func(p *typev1.Pause) bool { return p.GetResumeTime() == nil })
		})
	case uphold, dismiss:
		return len(openObjections(w)) > 0
	}
	kind, ok := ofKind[act]
	return !ok || slices.ContainsFunc(w.GetSteps(), func(s *warningv1.WarningStep) bool {
		return s.GetKind() == kind && s.GetState() == stepOpen
	})
}
