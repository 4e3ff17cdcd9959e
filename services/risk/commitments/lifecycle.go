package commitments

import (
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/risk/reviews"
)

const (
	open   = riskv1.CommitmentState_COMMITMENT_STATE_OPEN
	signed = riskv1.CommitmentState_COMMITMENT_STATE_SIGNED
	lapsed = riskv1.CommitmentState_COMMITMENT_STATE_LAPSED
)

const (
	signAct        lifecycle.Act = "sign"
	countersignAct lifecycle.Act = "countersign"
	lapseAct       lifecycle.Act = "lapse"
	cancelAct      lifecycle.Act = "cancel"
)

// Lifecycle is the life of a commitment (T5): the second of the two signatures binds.
var Lifecycle = lifecycle.Table[riskv1.CommitmentState]{
	Resource: "Commitment", Start: open, Transitions: []lifecycle.Transition[riskv1.CommitmentState]{
		{From: open, Act: signAct, To: open, By: lifecycle.Own("unit")},
		{From: open, Act: signAct, To: signed, By: lifecycle.Own("unit")},
		{From: open, Act: countersignAct, To: open, By: lifecycle.By("unit of the other side")},
		{From: open, Act: countersignAct, To: signed, By: lifecycle.By("unit of the other side")},
		{From: open, Act: lapseAct, To: lapsed, By: lifecycle.Suite},
		{From: open, Act: cancelAct, To: lapsed, By: reviews.Reviewer},
		{From: signed, Act: lapseAct, To: lapsed, By: lifecycle.Suite},
	},
}
