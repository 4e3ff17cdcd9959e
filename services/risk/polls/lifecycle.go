package polls

import (
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/risk/reviews"
)

const (
	open      = riskv1.PollState_POLL_STATE_OPEN
	closed    = riskv1.PollState_POLL_STATE_CLOSED
	withdrawn = riskv1.PollState_POLL_STATE_WITHDRAWN
	lapsed    = riskv1.PollState_POLL_STATE_LAPSED
)

const (
	closeAct    lifecycle.Act = "close"
	withdrawAct lifecycle.Act = "withdraw"
	voidAct     lifecycle.Act = "void"
	lapseAct    lifecycle.Act = "lapse"
)

var unit = lifecycle.Own("unit")

// Lifecycle is the life of a poll (T15): once its answers are counted, nothing of it changes, and once people were asked the unit
// itself can't take it back.
var Lifecycle = lifecycle.Table[riskv1.PollState]{
	Resource: "Poll", Start: open, Transitions: []lifecycle.Transition[riskv1.PollState]{
		{From: open, Act: closeAct, To: closed, By: unit},
		{From: open, Act: withdrawAct, To: withdrawn, By: unit},
		{From: open, Act: voidAct, To: closed, By: reviews.Reviewer},
		{From: open, Act: lapseAct, To: lapsed, By: lifecycle.Suite},
	},
}
