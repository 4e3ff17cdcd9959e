package comments

import (
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

const (
	received  = riskv1.CommentState_COMMENT_STATE_RECEIVED
	upheld    = riskv1.CommentState_COMMENT_STATE_UPHELD
	dismissed = riskv1.CommentState_COMMENT_STATE_DISMISSED
	answered  = riskv1.CommentState_COMMENT_STATE_ANSWERED
	withdrawn = riskv1.CommentState_COMMENT_STATE_WITHDRAWN

	forBodyAbove = riskv1.CommentState_COMMENT_STATE_FOR_BODY_ABOVE
)

const (
	answerAct   lifecycle.Act = "answer"
	regradeAct  lifecycle.Act = "regrade"
	withdrawAct lifecycle.Act = "withdraw"
	retractAct  lifecycle.Act = "retract"
	passOnAct   lifecycle.Act = "pass_on"
	passOutAct  lifecycle.Act = "pass_out"

	entryEndedAct lifecycle.Act = "entry_ended"
)

var (
	unit    = lifecycle.Own("unit that answers")
	regrade = lifecycle.By("reviewer at the unit that answers, or above")
)

// Lifecycle is the life of a comment: an objection is right or not (J6, T4), one on a unit is answered (T20), and
// whoever said or entered it takes it back until then. The unit that makes
// something public need not be the one that grades: who does may uphold an objection, or grade anew after it was upheld.
var Lifecycle = lifecycle.Table[riskv1.CommentState]{
	Resource: "Comment", Start: received, Transitions: []lifecycle.Transition[riskv1.CommentState]{
		{From: received, Act: answerAct, To: upheld, By: unit},
		{From: received, Act: answerAct, To: dismissed, By: unit},
		{From: received, Act: answerAct, To: answered, By: unit},
		{From: received, Act: regradeAct, To: upheld, By: regrade},
		{From: received, Act: passOnAct, To: received, By: lifecycle.Suite},
		{From: received, Act: passOutAct, To: forBodyAbove, By: lifecycle.Suite},
		{From: upheld, Act: regradeAct, To: upheld, By: regrade},
		{From: upheld, Act: passOnAct, To: upheld, By: lifecycle.Suite},
		{From: upheld, Act: entryEndedAct, To: upheld, By: lifecycle.Suite},
		{From: received, Act: withdrawAct, To: withdrawn, By: lifecycle.By("unit that entered it, or above")},
		{From: received, Act: retractAct, To: withdrawn, By: lifecycle.By("holder of the receipt")},
	},
}
