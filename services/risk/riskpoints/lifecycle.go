package riskpoints

import (
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/risk/reviews"
)

const (
	draft     = riskv1.RegisterState_REGISTER_STATE_DRAFT
	submitted = riskv1.RegisterState_REGISTER_STATE_SUBMITTED
	returned  = riskv1.RegisterState_REGISTER_STATE_RETURNED
	inForce   = riskv1.RegisterState_REGISTER_STATE_IN_FORCE
	ended     = riskv1.RegisterState_REGISTER_STATE_ENDED
)

const (
	regradeAct lifecycle.Act = "regrade"
	redoAct    lifecycle.Act = "redo"
	releaseAct lifecycle.Act = "release"

	transferAct lifecycle.Act = "transfer"
	retireAct   lifecycle.Act = "retire"
)

const submitCall = riskv1.RiskPointService_SubmitRiskPoint_FullMethodName

// Lifecycle is the life of a risk point: that of every entry, what is in force can be graded anew beside whatever is
// written (T3), which comes back where it was handed in, and a unit is made to search anew, or
// released from that (J4). It goes with its power, and ends with it (T12).
var Lifecycle = withPowersActs(withReviewersActs(reviews.Table("RiskPoint", submitCall)))

func withPowersActs(table lifecycle.Table[riskv1.RegisterState]) lifecycle.Table[riskv1.RegisterState] {
	add := func(from, to riskv1.RegisterState, act lifecycle.Act) {
		table.Transitions = append(table.Transitions,
			lifecycle.Transition[riskv1.RegisterState]{From: from, Act: act, To: to, By: lifecycle.Suite})
	}
	add(draft, draft, transferAct)
	for _, from := range []riskv1.RegisterState{draft, submitted, returned, inForce} {
		add(from, returned, transferAct)
		add(from, ended, retireAct)
	}
	return table
}

func withReviewersActs(table lifecycle.Table[riskv1.RegisterState]) lifecycle.Table[riskv1.RegisterState] {
	regrader := reviews.Reviewer.Judging(submitCall)
	regrade := func(from, to riskv1.RegisterState) {
		table.Transitions = append(table.Transitions,
			lifecycle.Transition[riskv1.RegisterState]{From: from, Act: regradeAct, To: to, By: regrader})
	}
	regrade(inForce, inForce)
	regrade(draft, draft)
	regrade(submitted, returned)
	regrade(returned, returned)
	for _, from := range []riskv1.RegisterState{draft, submitted, returned, inForce} {
		table.Transitions = append(table.Transitions,
			lifecycle.Transition[riskv1.RegisterState]{From: from, Act: redoAct, To: returned, By: reviews.Reviewer})
	}
	for _, step := range [][2]riskv1.RegisterState{
		{returned, returned}, {returned, draft}, {returned, inForce}, {draft, draft}, {submitted, submitted},
	} {
		table.Transitions = append(table.Transitions,
			lifecycle.Transition[riskv1.RegisterState]{From: step[0], Act: releaseAct, To: step[1], By: reviews.Reviewer})
	}
	return table
}
