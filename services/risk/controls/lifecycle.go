package controls

import (
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/risk/reviews"
)

const (
	planned   = riskv1.ControlState_CONTROL_STATE_PLANNED
	done      = riskv1.ControlState_CONTROL_STATE_DONE
	effective = riskv1.ControlState_CONTROL_STATE_EFFECTIVE
	returned  = riskv1.ControlState_CONTROL_STATE_RETURNED
	cancelled = riskv1.ControlState_CONTROL_STATE_CANCELLED
)

const (
	completeAct lifecycle.Act = "complete"
	confirmAct  lifecycle.Act = "confirm"
	returnAct   lifecycle.Act = "return"
	cancelAct   lifecycle.Act = "cancel"
	retireAct   lifecycle.Act = "retire"
	transferAct lifecycle.Act = "transfer"

	cancelDutyAct lifecycle.Act = "cancel_duty"
)

var (
	unit    = lifecycle.Own("unit")
	shower  = lifecycle.By("who checks")
	either  = lifecycle.By("unit, or who checks")
	checker = reviews.Reviewer.Judging(riskv1.ControlService_CompleteControl_FullMethodName)
)

// Lifecycle is the life of a control (T8): what does not work is done anew.
var Lifecycle = lifecycle.Table[riskv1.ControlState]{
	Resource: "Control", Start: planned, Transitions: []lifecycle.Transition[riskv1.ControlState]{
		{From: planned, Act: collection.UpdateAct, To: planned, By: unit},
		{From: planned, Act: attachments.AttachAct, To: planned, By: unit},
		{From: planned, Act: attachments.CompleteAct, To: planned, By: unit},
		{From: planned, Act: completeAct, To: done, By: unit},
		{From: planned, Act: cancelAct, To: cancelled, By: unit},
		{From: planned, Act: cancelDutyAct, To: cancelled, By: reviews.Reviewer},
		{From: planned, Act: retireAct, To: cancelled, By: lifecycle.Suite},
		{From: planned, Act: transferAct, To: planned, By: lifecycle.Suite},
		{From: done, Act: attachments.AttachAct, To: done, By: shower},
		{From: done, Act: attachments.CompleteAct, To: done, By: shower},
		{From: done, Act: confirmAct, To: effective, By: checker},
		{From: done, Act: returnAct, To: returned, By: checker},
		{From: done, Act: transferAct, To: done, By: lifecycle.Suite},
		{From: effective, Act: transferAct, To: effective, By: lifecycle.Suite},
		{From: returned, Act: collection.UpdateAct, To: returned, By: unit},
		{From: returned, Act: attachments.AttachAct, To: returned, By: either},
		{From: returned, Act: attachments.CompleteAct, To: returned, By: either},
		{From: returned, Act: completeAct, To: done, By: unit},
		{From: returned, Act: cancelAct, To: cancelled, By: unit},
		{From: returned, Act: cancelDutyAct, To: cancelled, By: reviews.Reviewer},
		{From: returned, Act: retireAct, To: cancelled, By: lifecycle.Suite},
		{From: returned, Act: transferAct, To: returned, By: lifecycle.Suite},
	},
}
