package rotations

import (
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/risk/reviews"
)

const (
	open     = riskv1.RotationState_ROTATION_STATE_OPEN
	asked    = riskv1.RotationState_ROTATION_STATE_DEFERRAL_ASKED
	deferred = riskv1.RotationState_ROTATION_STATE_DEFERRED
	done     = riskv1.RotationState_ROTATION_STATE_DONE
	lapsed   = riskv1.RotationState_ROTATION_STATE_LAPSED
)

const (
	deferAct    lifecycle.Act = "defer"
	approveAct  lifecycle.Act = "approve_deferral"
	refuseAct   lifecycle.Act = "refuse_deferral"
	completeAct lifecycle.Act = "complete"
	lapseAct    lifecycle.Act = "lapse"
	cancelAct   lifecycle.Act = "cancel"
)

var decider = reviews.Reviewer.Judging(riskv1.RotationService_DeferRotation_FullMethodName)

// Lifecycle is the life of a rotation (T10).
var Lifecycle = lifecycle.Table[riskv1.RotationState]{
	Resource: "Rotation", Start: open, Transitions: []lifecycle.Transition[riskv1.RotationState]{
		{From: open, Act: deferAct, To: asked, By: lifecycle.Own("unit")},
		{From: deferred, Act: deferAct, To: asked, By: lifecycle.Own("unit")},
		{From: asked, Act: approveAct, To: deferred, By: decider},
		{From: asked, Act: refuseAct, To: open, By: decider},
		{From: asked, Act: refuseAct, To: deferred, By: decider},
		{From: open, Act: completeAct, To: done, By: lifecycle.Suite},
		{From: asked, Act: completeAct, To: done, By: lifecycle.Suite},
		{From: deferred, Act: completeAct, To: done, By: lifecycle.Suite},
		{From: open, Act: lapseAct, To: lapsed, By: lifecycle.Suite},
		{From: asked, Act: lapseAct, To: lapsed, By: lifecycle.Suite},
		{From: deferred, Act: lapseAct, To: lapsed, By: lifecycle.Suite},
		{From: open, Act: cancelAct, To: lapsed, By: decider},
		{From: asked, Act: cancelAct, To: lapsed, By: decider},
		{From: deferred, Act: cancelAct, To: lapsed, By: decider},
	},
}
