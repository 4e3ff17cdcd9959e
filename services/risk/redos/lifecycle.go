package redos

import (
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

const (
	ordered   = riskv1.RedoState_REDO_STATE_ORDERED
	done      = riskv1.RedoState_REDO_STATE_DONE
	withdrawn = riskv1.RedoState_REDO_STATE_WITHDRAWN
)

const (
	completeAct lifecycle.Act = "complete"
	withdrawAct lifecycle.Act = "withdraw"
	leaveAct    lifecycle.Act = "points_leave"
)

// Lifecycle is the life of a redo (J4). Risk points leave it with their power (T12).
var Lifecycle = lifecycle.Table[riskv1.RedoState]{
	Resource: "Redo", Start: ordered, Transitions: []lifecycle.Transition[riskv1.RedoState]{
		{From: ordered, Act: completeAct, To: done, By: lifecycle.Own("unit")},
		{From: ordered, Act: withdrawAct, To: withdrawn, By: lifecycle.By("unit that ordered it, or above")},
		{From: ordered, Act: leaveAct, To: ordered, By: lifecycle.Suite},
		{From: done, Act: leaveAct, To: done, By: lifecycle.Suite},
		{From: withdrawn, Act: leaveAct, To: withdrawn, By: lifecycle.Suite},
	},
}
