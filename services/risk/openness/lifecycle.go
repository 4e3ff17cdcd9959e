package openness

import (
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/risk/reviews"
)

const (
	due       = riskv1.OpennessState_OPENNESS_STATE_DUE
	opened    = riskv1.OpennessState_OPENNESS_STATE_OPENED
	cancelled = riskv1.OpennessState_OPENNESS_STATE_CANCELLED
)

const (
	completeAct lifecycle.Act = "complete"
	cancelAct   lifecycle.Act = "cancel"
	reopenAct   lifecycle.Act = "reopen"
)

var unit = lifecycle.Own("unit")

// Lifecycle is the life of what a unit must open (T19): what was opened with a publication is due again once that is withdrawn.
var Lifecycle = lifecycle.Table[riskv1.OpennessState]{
	Resource: "OpennessItem", Start: due, Transitions: []lifecycle.Transition[riskv1.OpennessState]{
		{From: due, Act: attachments.AttachAct, To: due, By: unit},
		{From: due, Act: attachments.CompleteAct, To: due, By: unit},
		{From: due, Act: completeAct, To: opened, By: unit},
		{From: due, Act: cancelAct, To: cancelled, By: reviews.Reviewer},
		{From: opened, Act: reopenAct, To: due, By: lifecycle.Suite},
	},
}
